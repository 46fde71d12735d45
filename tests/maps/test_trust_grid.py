from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.maps.trust_grid import trust_grid


@given(arrays(np.float64, (40, 2), elements=st.floats(-50, 50)), st.integers(1, 6))
def test_each_cell_is_the_mean_of_its_points(places: np.ndarray, cells: int) -> None:
    trust = np.linspace(0, 1, len(places))
    grid = trust_grid(pd.DataFrame({"x": places[:, 0], "y": places[:, 1], "trust": trust}), cells, fewest=1)
    assert grid.trust.shape == (cells, cells)
    counted = 0
    for column, x in enumerate(grid.x):
        for row, y in enumerate(grid.y):
            half_x, half_y = (np.diff(middles)[0] / 2 if cells > 1 else np.inf for middles in (grid.x, grid.y))
            near = (np.abs(places[:, 0] - x) < half_x * (1 - 1e-9)) & (np.abs(places[:, 1] - y) < half_y * (1 - 1e-9))
            edge = (np.abs(places[:, 0] - x) <= half_x * (1 + 1e-9)) & (np.abs(places[:, 1] - y) <= half_y * (1 + 1e-9))
            counted += int(edge.sum())
            if (near == edge).all() and near.any():
                assert np.isclose(grid.trust[row, column], trust[near].mean())
            elif not edge.any():
                assert np.isnan(grid.trust[row, column])
    assert counted >= len(places)


def test_cells_with_too_few_points_say_nothing() -> None:
    points = pd.DataFrame({"x": [0.0, 0.0, 1.0], "y": [0.0, 0.0, 1.0], "trust": [0.2, 0.4, 1.0]})
    grid = trust_grid(points, cells=2, fewest=2)
    assert np.isclose(grid.trust[0, 0], 0.3)
    assert np.isnan(grid.trust[1, 1])


def test_no_points_and_one_point_are_no_error() -> None:
    assert np.isnan(trust_grid(pd.DataFrame({"x": [], "y": [], "trust": []})).trust).all()
    assert np.nanmax(trust_grid(pd.DataFrame({"x": [2.0], "y": [2.0], "trust": [0.7]}), fewest=1).trust) == 0.7
