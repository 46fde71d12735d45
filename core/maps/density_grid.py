"""How close together the points of a drawing lie, on a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from core.maps.trust_grid import middles

_MARGIN, _LEAST_MARGIN = 0.06, 1e-3  # of the range; in the drawing's own unit, where all points lie in one place
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
    x, y = (points[column].to_numpy(dtype=np.float64) for column in ("x", "y"))
    if not len(x):
        places = np.arange(cells, dtype=np.float64)
        return DensityGrid(places, places, np.zeros((cells, cells)))
    counts, x_edges, y_edges = np.histogram2d(x, y, bins=cells, range=[_beyond(x), _beyond(y)])
    smooth = gaussian_filter(counts.T, _SMOOTHING)
    return DensityGrid(middles(x_edges), middles(y_edges), smooth / smooth.max())


def _beyond(values: np.ndarray) -> tuple[float, float]:
    """The range of the values and a margin, so that what lies at the edge has a shore on every side."""
    low, high = float(values.min()), float(values.max())
    margin = max(_MARGIN * (high - low), _LEAST_MARGIN)
    return low - margin, high + margin
