"""Segments of users and items: k-means in the map's space or HDBSCAN in its drawing, named by what sets them apart."""

from __future__ import annotations

import numpy as np
import torch

from core.maps.motivations import NodeMotivations

_CANDIDATES = (4, 5, 6, 7, 8, 10, 12)  # more than a dozen nobody tells apart on a map
_FEWEST_PER_CLUSTER = 4
_MOST_FOR_DENSITY = 20_000  # HDBSCAN's time grows with the square: 5 s for so many, 29 s for 50,000
UNCLUSTERED = -1
_AS_GOOD = 0.05  # where silhouettes are this close, the finer division says more


def cluster(vectors: torch.Tensor, n_clusters: int | None, seed: int, sample: int = 3000) -> np.ndarray:
    """int32 [n]: the cluster of every point, the largest cluster first.

    Args:
        vectors: float32 [n, d], unit length.
        n_clusters: how many; None chooses by the silhouette of a sample.
    """
    from sklearn.cluster import KMeans

    points = vectors.numpy()
    most = max(1, len(points) // _FEWEST_PER_CLUSTER)
    chosen = min(n_clusters or _by_silhouette(points, most, seed, sample), most)
    if chosen < 2:
        return np.zeros(len(points), dtype=np.int32)
    return _largest_first(KMeans(chosen, n_init=4, random_state=seed).fit_predict(points))


def cluster_by_density(drawing: np.ndarray, smallest: int | None = None, seed: int = 0) -> np.ndarray:
    """int32 [n]: the cluster of every point by HDBSCAN (Campello et al. 2013), the largest first; `UNCLUSTERED` between them.

    In the drawing, where density can be seen and has a meaning (in a space of many dimensions nearly everything is noise). Of more
    than 20,000 points a random 20,000 are clustered and each of the others goes with the nearest of them.

    Args:
        drawing: float [n, 2 or 3]. smallest: fewest points that make a cluster; None: a sixtieth of them, five at least.
    """
    from scipy.spatial import cKDTree
    from sklearn.cluster import HDBSCAN

    n = len(drawing)
    least = max(2, smallest or max(5, n // 60))
    if n < 2 * least:
        return np.zeros(n, dtype=np.int32)
    chosen = np.sort(np.random.default_rng(seed).choice(n, size=min(n, _MOST_FOR_DENSITY), replace=False))
    smallest_drawn = max(2, round(least * len(chosen) / n))
    found = HDBSCAN(min_cluster_size=smallest_drawn, min_samples=min(10, smallest_drawn), copy=True).fit_predict(drawing[chosen])
    if found.max() < 0:
        return np.zeros(n, dtype=np.int32)  # no denser parts: one whole, not nothing
    return _largest_first(found if len(chosen) == n else found[cKDTree(drawing[chosen]).query(drawing)[1]])


def _largest_first(assigned: np.ndarray) -> np.ndarray:
    """int32 [n]: clusters numbered anew by size; `UNCLUSTERED` stays."""
    sizes = np.bincount(assigned[assigned >= 0])
    position = np.full(len(sizes) + 1, UNCLUSTERED, dtype=np.int32)
    position[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes), dtype=np.int32)
    return position[assigned]


def _by_silhouette(points: np.ndarray, most: int, seed: int, sample: int) -> int:
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    chosen = np.sort(np.random.default_rng(seed).choice(len(points), size=min(sample, len(points)), replace=False))
    scores = {}
    for n_clusters in _CANDIDATES:
        if n_clusters > most:
            break
        assigned = KMeans(n_clusters, n_init=1, random_state=seed).fit_predict(points[chosen])
        if len(np.unique(assigned)) == n_clusters:
            scores[n_clusters] = silhouette_score(points[chosen], assigned)
    if not scores:
        return 1
    best = max(scores.values())
    return max(n_clusters for n_clusters, score in scores.items() if score >= best - _AS_GOOD * abs(best))


def typical_motivations(assigned: np.ndarray, motivations: NodeMotivations) -> list[str | None]:
    """For each cluster the motivation that sets it most apart, or None where nothing is known.

    By the motivation's term p log(p / q) of the divergence of the cluster's mean shares p from everybody's q: neither a rare
    motivation with a large ratio nor a common one that all clusters have wins. "Other" is left out.
    """
    n_clusters = int(assigned.max()) + 1
    if not motivations.keys:
        return [None] * n_clusters
    known = motivations.shares.sum(axis=1) > 0
    everybody = _mean(motivations.shares[known])
    typical: list[str | None] = []
    for number in range(n_clusters):
        share = _mean(motivations.shares[known & (assigned == number)])
        telling = share * np.log((share + 1e-9) / (everybody + 1e-9))
        telling[motivations.other] = -np.inf
        best = int(telling.argmax())
        typical.append(motivations.keys[best] if share[best] > 0 and np.isfinite(telling[best]) else None)
    return typical


def distinct_names(typical: list[str | None], names: dict[str, str], words: list[list[str]]) -> list[str]:
    """Names such as "Sound quality: tone, warm", no two alike.

    Args:
        typical: motivation of each cluster. names: key -> name. words: the words that set each cluster apart, best first.
    """
    chosen: list[str] = []
    for number, (motivation, own) in enumerate(zip(typical, words, strict=True)):
        head = names[motivation] if motivation else ""
        options = [", ".join(own[:count]) for count in range(2, len(own) + 1)] or [", ".join(own)]
        named = [": ".join(filter(None, (head, option))) or f"Cluster {number + 1}" for option in options]
        fresh = next((name for name in named if name not in chosen), None)
        chosen.append(fresh or f"{named[-1]} ({number + 1})")
    return chosen


def _mean(shares: np.ndarray) -> np.ndarray:
    return shares.mean(axis=0) if len(shares) else np.zeros(shares.shape[1])
