"""A taxonomy discovered from the statements themselves: clusters of their vectors, named by their words, shown by their sentences.

k-means over statement vectors, K by the silhouette (Rousseeuw, 1987) on a sample; `core.motivations.naming` names them.
An extraction holds training statements only, so nothing held out shapes a taxonomy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.encoding.encoder import Vectors, normalised
from core.errors import InputError
from core.extraction.taxonomy import Taxonomy, TaxonomyEntry
from core.motivations.naming import NameCluster, cluster_entry, telling_words
from core.progress import Progress, ProgressEvent, silent
from core.storage import read_tensors
from core.workspace import Artefact

MIN_WORDS = 4  # shorter statements ("Great!") name nothing to cluster by
FIT_SAMPLE = 20_000
SILHOUETTE_SAMPLE = 2_000
CANDIDATES = (4, 6, 8, 10, 12, 16)


def discover_taxonomy(
    extraction: Artefact,
    *,
    n_motivations: int | None = None,
    seed: int = 0,
    name_cluster: NameCluster | None = None,
    progress: Progress = silent,
) -> Taxonomy:
    """A taxonomy from the statements of an artefact of kind "extraction".

    Args:
        n_motivations: K; None chooses it by the silhouette.
        name_cluster: names the clusters; None names them by their words.

    Raises:
        InputError: there are fewer distinct statements than motivations.
    """
    statements = pd.read_parquet(extraction.path / "statements.parquet", columns=["statement", "embedding_row"])
    distinct = statements.drop_duplicates("embedding_row")
    distinct = distinct[[len(str(statement).split()) >= MIN_WORDS for statement in distinct["statement"]]]
    vectors = read_tensors(extraction.path / "embeddings.safetensors")["embeddings"].float().numpy()
    rows = distinct["embedding_row"].to_numpy()
    name = f"{extraction.manifest.name}-discovered"
    return discover(
        distinct["statement"].tolist(),
        vectors[rows],
        name=name,
        n_motivations=n_motivations,
        seed=seed,
        name_cluster=name_cluster,
        progress=progress,
    )


def discover(
    statements: Sequence[str],
    vectors: Vectors,
    *,
    name: str,
    n_motivations: int | None = None,
    seed: int = 0,
    name_cluster: NameCluster | None = None,
    progress: Progress = silent,
) -> Taxonomy:
    """A taxonomy from distinct statements and their vectors, float32 [n, D], rows of length 1. The largest cluster comes first.

    Raises:
        InputError: there are fewer statements than motivations, or no words to name them by.
    """
    least = n_motivations or min(CANDIDATES)
    if len(statements) <= least:
        raise InputError(
            f"Only {len(statements)} distinct statements of {MIN_WORDS} words or more", where=name, hint="Extract from more reviews"
        )
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.permutation(len(statements))[:FIT_SAMPLE])
    progress(ProgressEvent("Clustering statements", 0, len(CANDIDATES) + 1))
    k = n_motivations or _best_k(vectors[chosen], generator, seed, progress)
    centres = _centres(vectors[chosen], k, seed)
    labels = np.argmax(vectors @ centres.T, axis=1)
    sizes = np.bincount(labels, minlength=k)
    order = [int(cluster) for cluster in np.argsort(-sizes, kind="stable") if sizes[cluster]]
    words = telling_words(statements, labels, k)
    if not any(words):
        raise InputError("The statements hold no words to name motivations by", where=name, hint="Use the default taxonomy")
    entries: list[TaxonomyEntry] = []
    for cluster in order:
        members = np.flatnonzero(labels == cluster)
        nearest = members[np.argsort(-(vectors[members] @ centres[cluster]), kind="stable")]
        entries.append(cluster_entry(words[cluster], [statements[row] for row in nearest], entries, name_cluster))
    progress(ProgressEvent("Clustering statements", len(CANDIDATES) + 1, len(CANDIDATES) + 1))
    return Taxonomy(name=name, title="Discovered from the reviews", motivations=tuple(entries))


def _best_k(vectors: Vectors, generator: np.random.Generator, seed: int, progress: Progress) -> int:
    from sklearn.metrics import silhouette_score

    sample = vectors[np.sort(generator.permutation(len(vectors))[:SILHOUETTE_SAMPLE])]
    scores: dict[int, float] = {}
    for step, k in enumerate(CANDIDATES, start=1):
        if k < len(sample):
            labels = np.argmax(sample @ _centres(sample, k, seed).T, axis=1)
            scores[k] = float(silhouette_score(sample, labels, metric="cosine")) if len(np.unique(labels)) > 1 else -1.0
            progress(ProgressEvent("Clustering statements", step, len(CANDIDATES) + 1, {"k": k, "silhouette": round(scores[k], 4)}))
    return max(scores, key=lambda k: scores[k])


def _centres(vectors: Vectors, k: int, seed: int) -> Vectors:
    from sklearn.cluster import KMeans

    return normalised(KMeans(k, n_init=3, random_state=seed).fit(vectors).cluster_centers_)
