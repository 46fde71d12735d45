"""How far a drawing can be trusted: what of each neighbourhood it keeps."""

from __future__ import annotations

import numpy as np
import torch


def preserved(original: np.ndarray, drawing: np.ndarray) -> np.ndarray:
    """float32 [n]: share of each point's nearest neighbours in the space that are among as many nearest in the drawing.

    Args:
        original: int [n, k], rows of the nearest neighbours in the space, the point itself first.
        drawing: float [n, 2 or 3].
    """
    from scipy.spatial import cKDTree

    n, k = original.shape
    if k < 2:
        return np.ones(n, dtype=np.float32)
    found = cKDTree(drawing).query(drawing, k=k)[1]
    drawn = np.where(found == np.arange(n)[:, None], -1, found)
    kept = np.zeros(n)
    for column in range(1, k):
        kept += (drawn == original[:, [column]]).any(axis=1)
    return (kept / (k - 1)).astype(np.float32)


def preserved_among(near: np.ndarray, placed: np.ndarray, drawing: np.ndarray) -> np.ndarray:
    """float32 [m]: share of the nearest points in the space that are among as many nearest in the drawing, for what was placed in it.

    Args:
        near: int [m, k], rows of the drawing's points that are nearest in the space. placed: float [m, 2 or 3]. drawing: float [n, 2 or 3].
    """
    from scipy.spatial import cKDTree

    if len(near) == 0:
        return np.zeros(0, dtype=np.float32)
    drawn = cKDTree(drawing).query(placed, k=list(range(1, near.shape[1] + 1)))[1]
    kept = sum((drawn == near[:, [column]]).any(axis=1).astype(np.float64) for column in range(near.shape[1]))
    return np.asarray(kept / near.shape[1], dtype=np.float32)


def trustworthiness(vectors: torch.Tensor, drawing: np.ndarray, k: int = 15, sample: int = 2000, seed: int = 0) -> float:
    """Whether points near in the drawing are near in the space (Venna & Kaski 2001), 1 = always.

    T(k) = 1 - 2 / (n k (2 n - 3 k - 1)) * sum_i sum_{j in U_k(i)} (r(i, j) - k), where U_k(i) are the k nearest of i in the
    drawing that are not among its k nearest in the space, and r is the rank in the space. The outer sum runs over a sample of
    points where there are more, always against all others.

    Args:
        vectors: float32 [n, d], unit length. drawing: float [n, 2 or 3]. k: cut to what n allows.
    """
    from scipy.spatial import cKDTree

    n = len(vectors)
    k = min(k, (n - 1) // 2)
    if k < 1:
        return 1.0
    anchors = np.sort(np.random.default_rng(seed).choice(n, size=min(sample, n), replace=False))
    near = cKDTree(drawing).query(drawing[anchors], k=k + 1)[1]
    penalty = 0.0
    for start in range(0, len(anchors), 256):
        part = anchors[start : start + 256]
        similarity = vectors[torch.from_numpy(part)] @ vectors.T
        similarity[torch.arange(len(part)), torch.from_numpy(part)] = torch.inf
        for column in range(k + 1):
            other = near[start : start + 256, column]
            rank = (similarity > similarity[torch.arange(len(part)), torch.from_numpy(other)][:, None]).sum(dim=1).numpy()
            penalty += float(np.maximum(rank - k, 0).sum())
    return 1.0 - 2.0 * penalty / (len(anchors) * k * (2 * n - 3 * k - 1))


def mixing(neighbours: np.ndarray, n_users: int) -> float:
    """How well users and items share the space: share of neighbours of the other side over what a random mix would have.

    1 = mixed at random, 0 = two islands.

    Args:
        neighbours: int [n, k], the point itself first; the first ``n_users`` rows are users.
    """
    n, k = neighbours.shape
    n_items = n - n_users
    if k < 2 or not n_users or not n_items:
        return 1.0
    is_user = np.arange(n) < n_users
    other = (is_user[neighbours[:, 1:]] != is_user[:, None]).mean()
    return float(other / (2 * n_users * n_items / (n * (n - 1))))
