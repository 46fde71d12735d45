"""How far each region of a drawing can be trusted: the mean of its points' trust, on a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class TrustGrid:
    """Mean trust of the points in each cell.

    Args:
        x, y: float64 [c], middles of the cells.
        trust: float64 [c, c], rows along y; NaN where a cell holds too few points.
    """

    x: np.ndarray
    y: np.ndarray
    trust: np.ndarray


def trust_grid(points: pd.DataFrame, cells: int = 40, fewest: int = 2) -> TrustGrid:
    """Mean trust on a grid over the drawing.

    Args:
        points: columns x, y and trust (0..1). cells: along each axis. fewest: cells with fewer points say nothing.
    """
    x, y, trust = (points[column].to_numpy(dtype=np.float64) for column in ("x", "y", "trust"))
    if not len(x):
        places = np.arange(cells, dtype=np.float64)
        return TrustGrid(places, places, np.full((cells, cells), np.nan))
    ranges = [_range(x), _range(y)]
    counts, x_edges, y_edges = np.histogram2d(x, y, bins=cells, range=ranges)
    sums = np.histogram2d(x, y, bins=cells, range=ranges, weights=trust)[0]
    means = np.where(counts >= fewest, sums / np.maximum(counts, 1), np.nan)
    return TrustGrid(middles(x_edges), middles(y_edges), means.T)


def _range(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def middles(edges: np.ndarray) -> np.ndarray:
    """Middles of a grid's cells, float64 [c], from their edges [c + 1]."""
    return np.asarray((edges[1:] + edges[:-1]) / 2)
