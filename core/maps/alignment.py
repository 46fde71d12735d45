"""Laying one drawing over another: turned, mirrored, moved and scaled as a whole, never bent.

A drawing by UMAP has no up and no left; two of them can only be compared by eye when one is turned onto the other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.floating]


def aligned(points: Points, onto: Points) -> npt.NDArray[np.float64]:
    """``points`` after the similarity transform that brings them nearest to ``onto`` (Procrustes; Schoenemann, Psychometrika 1966).

    min over s, R, t of sum_n |s R x_n + t - y_n|^2 with R orthogonal: with both centred and U S V' = svd(X' Y), R = U V' and
    s = sum(S) / |X|^2.

    Args:
        points, onto: [n, d], the same things in the same order.

    Raises:
        ValueError: they are not parallel.
    """
    if points.shape != onto.shape:
        raise ValueError(f"not the same points: {points.shape} and {onto.shape}")
    if len(points) == 0:
        return np.asarray(points, dtype=np.float64)
    source, target = (np.asarray(one, dtype=np.float64) for one in (points, onto))
    centre = target.mean(axis=0)
    source, target = source - source.mean(axis=0), target - centre
    size = float((source**2).sum())
    if size == 0:
        return source + centre
    left, spread, right = np.linalg.svd(source.T @ target)
    return np.asarray(source @ (left @ right) * (spread.sum() / size) + centre)
