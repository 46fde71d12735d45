"""Placing further points (statements, single views of a node) in a drawing that is not moved by them.

As UMAP places new points (McInnes et al., arXiv 1802.03426): a point begins at the mean of its neighbours in the drawing, weighted by
membership, and is then pulled to them and pushed from others, while the drawing stays. So users and items lie where they lie on every
map of the same settings, whatever else is shown on it.
"""

from __future__ import annotations

import numpy as np

_EPOCHS_OF_FEW, _EPOCHS_OF_MANY, _MANY = 100, 30, 10_000  # umap-learn's own
_ALPHA = 0.25  # a quarter of the step new drawings begin with, as in umap-learn


def place(drawing: np.ndarray, near: tuple[np.ndarray, np.ndarray], *, min_dist: float = 0.1, seed: int = 0) -> np.ndarray:
    """float32 [m, dimensions]: where the further points lie.

    Args:
        drawing: float32 [n, dimensions].
        near: (rows of ``drawing`` [m, k], distances in the space [m, k]) of their neighbours among the drawing's points, nearest first.
        min_dist: as the drawing was made with. seed: equal seeds give equal places.
    """
    from umap.layouts import optimize_layout_euclidean
    from umap.umap_ import compute_membership_strengths, find_ab_params, make_epochs_per_sample, smooth_knn_dist

    rows, distances = near
    m, k = rows.shape
    if m == 0 or k < 2:
        return np.asarray(drawing[rows[:, 0]] if k else np.zeros((m, drawing.shape[1])), dtype=np.float32)
    sigmas, rhos = smooth_knn_dist(distances, float(k), local_connectivity=0.0)
    strengths = compute_membership_strengths(rows, distances, sigmas, rhos, bipartite=True)[2].reshape(m, k)
    share = strengths / np.maximum(strengths.sum(axis=1, keepdims=True), 1e-12)
    placed = np.einsum("mk,mkd->md", share, drawing[rows]).astype(np.float32)
    n_epochs = _EPOCHS_OF_FEW if m <= _MANY else _EPOCHS_OF_MANY
    kept = strengths.ravel() >= strengths.max() / n_epochs
    a, b = find_ab_params(1.0, min_dist)
    moved = optimize_layout_euclidean(
        placed,
        np.array(drawing, dtype=np.float32),
        np.repeat(np.arange(m, dtype=np.int32), k)[kept],
        rows.ravel()[kept].astype(np.int32),
        n_epochs,
        len(drawing),
        make_epochs_per_sample(strengths.ravel()[kept], n_epochs),
        a,
        b,
        np.random.RandomState(seed).randint(np.iinfo(np.int32).min + 1, np.iinfo(np.int32).max - 1, 3).astype(np.int64),
        1.0,
        _ALPHA,
        5.0,
        parallel=False,
    )
    return np.asarray(moved, dtype=np.float32)


def majority(near: np.ndarray, assigned: np.ndarray) -> np.ndarray:
    """int32 [m]: the cluster most neighbours of each further point are in; among equals that of the nearest.

    Args:
        near: int [m, k], rows of ``assigned``, nearest first. assigned: int [n], clusters of the drawing's points (-1 = in none).
    """
    numbers = assigned[near] + 1
    votes = np.zeros((len(near), int(assigned.max(initial=-1)) + 2))
    for place_, column in enumerate(numbers.T):
        votes[np.arange(len(near)), column] += 1 - 1e-6 * place_
    return np.asarray(votes.argmax(axis=1) - 1, dtype=np.int32)
