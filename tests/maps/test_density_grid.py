from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.maps.density_grid import density_grid


@given(arrays(np.float64, (30, 2), elements=st.floats(-50, 50)), st.integers(2, 30))
def test_shares_lie_between_nothing_and_the_densest_cell(places: np.ndarray, cells: int) -> None:
    grid = density_grid(pd.DataFrame({"x": places[:, 0], "y": places[:, 1]}), cells)
    assert grid.share.shape == (cells, cells)
    assert grid.share.min() >= 0
    assert np.isclose(grid.share.max(), 1)
    assert grid.x.min() <= places[:, 0].max()
    assert grid.x.max() >= places[:, 0].min()


def test_the_densest_place_is_where_most_points_are_with_rows_along_y() -> None:
    crowd = np.random.default_rng(0).normal((8, 2), 0.2, (300, 2))
    few = np.random.default_rng(1).uniform(0, 10, (60, 2))
    grid = density_grid(pd.DataFrame(np.concatenate([crowd, few]), columns=["x", "y"]))
    row, column = np.unravel_index(grid.share.argmax(), grid.share.shape)
    assert abs(grid.x[column] - 8) < 0.5
    assert abs(grid.y[row] - 2) < 0.5


def test_no_points_and_one_point_are_no_error() -> None:
    assert not density_grid(pd.DataFrame({"x": [], "y": []})).share.any()
    assert density_grid(pd.DataFrame({"x": [2.0], "y": [2.0]})).share.max() == 1
