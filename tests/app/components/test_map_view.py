from __future__ import annotations

import pandas as pd

from app.components.map_view import caught_points

POINTS = pd.DataFrame(
    {"side": ["user", "user", "item"], "node_idx": [0, 1, 0], "id": ["u0", "u1", "i0"], "x": [0.0, 1.0, 2.0], "y": [0.0, 1.0, 2.0]}
)


def test_clicked_points_are_found_by_their_identity_not_their_position() -> None:
    selection = {"points": [{"customdata": ["item", 0, "i0"], "point_index": 1}]}
    assert caught_points(POINTS, selection, complete=True)["id"].tolist() == ["i0"]


def test_an_outline_catches_points_that_are_not_drawn() -> None:
    selection = {"points": [], "box": [{"x": [0.5, 2.5], "y": [2.5, 0.5]}], "lasso": []}
    assert caught_points(POINTS, selection, complete=False)["id"].tolist() == ["u1", "i0"]


def test_nothing_selected_catches_nothing() -> None:
    assert caught_points(POINTS, {}, complete=True).empty
    assert caught_points(POINTS, {"points": [{"x": 1}]}, complete=True).empty
