"""How close together the points of a drawing lie, on a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

_MARGIN = 0.06
_SMOOTHING = 1.6


@dataclass(frozen=True)
class DensityGrid:
    """Smoothed counts of points.

    Args:
        x, y: float64 [c], middles of the cells.
        share: float64 [c, c], rows along y: points a cell, as a share of the densest cell's; 0..1.
    """

    x: np.ndarray
    y: np.ndarray
    share: np.ndarray


def density_grid(points: pd.DataFrame, cells: int = 72) -> DensityGrid:
    """Where points are many: counts on a grid over the drawing and a little beyond, with a Gaussian laid over them.

    Args:
        points: columns x and y. cells: along each axis.
    """
    from scipy.ndimage import gaussian_filter

    x, y = (points[column].to_numpy(dtype=np.float64) for column in ("x", "y"))
    if not len(x):
        middles = np.arange(cells, dtype=np.float64)
        return DensityGrid(middles, middles, np.zeros((cells, cells)))
    counts, x_edges, y_edges = np.histogram2d(x, y, bins=cells, range=[_beyond(x), _beyond(y)])
    smooth = gaussian_filter(counts.T, _SMOOTHING)
    return DensityGrid((x_edges[1:] + x_edges[:-1]) / 2, (y_edges[1:] + y_edges[:-1]) / 2, smooth / smooth.max())


def _beyond(values: np.ndarray) -> tuple[float, float]:
    """The range of the values and a margin, so that what lies at the edge has a shore on every side."""
    low, high = float(values.min()), float(values.max())
    margin = _MARGIN * (high - low) or 0.5
    return low - margin, high + margin
