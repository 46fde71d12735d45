"""Which points lie inside an outline drawn on the map, found without sending the points to the browser and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def inside(points: np.ndarray, xs: Sequence[float], ys: Sequence[float]) -> np.ndarray:
    """Bool [n]: whether each point is inside an outline, by the even-odd rule.

    Args:
        points: float [n, 2].
        xs, ys: the outline's corners in order; two corners stand for the opposite corners of a box.
    """
    if len(xs) == 2:
        low, high = (min(xs), min(ys)), (max(xs), max(ys))
        return np.asarray(((points >= low) & (points <= high)).all(axis=1))
    crossings = np.zeros(len(points), dtype=bool)
    x, y = points[:, 0], points[:, 1]
    for (x1, y1), (x2, y2) in zip(zip(xs, ys, strict=True), [*zip(xs[1:], ys[1:], strict=True), (xs[0], ys[0])], strict=True):
        if y1 == y2:
            continue
        spans = (y1 > y) != (y2 > y)
        crossings ^= spans & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return crossings
