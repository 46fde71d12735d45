"""Names of clusters on a map: none lies on another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from app.charts.motivation_map_marks import name_clusters

HEIGHT = 560


def labels(places: list[tuple[float, float]], names: list[str]) -> list[tuple[float, float, str]]:
    """Where the names of clusters stand whose points lie around ``places``, on a map from 0 to 10 both ways."""
    corners = pd.DataFrame({"x": [0.0, 10.0], "y": [0.0, 10.0], "cluster": [-1, -1]})
    points = pd.concat([corners, *(pd.DataFrame({"x": [x], "y": [y], "cluster": [n]}) for n, (x, y) in enumerate(places))])
    figure = go.Figure()
    name_clusters(figure, points, pd.DataFrame({"cluster": range(len(names)), "name": names}), HEIGHT)
    return [(one.x, one.y, one.text) for one in figure.layout.annotations]


@pytest.mark.parametrize("seed", range(5))
def test_names_do_not_lie_on_each_other(seed: int) -> None:
    generator = np.random.default_rng(seed)
    names = ["Performance & sound: strings, fingers", "Looks & comfort: strap", "Value: mic", "Other"] * 3
    found = labels([(x, y) for x, y in generator.uniform(3, 7, (12, 2))], names)
    pixel = 10 / HEIGHT
    for one, (x, y, text) in enumerate(found):
        for other_x, other_y, other_text in found[:one]:
            apart = (len(text.replace("&amp;", "&")) + len(other_text.replace("&amp;", "&"))) / 2 * 6 * pixel
            assert abs(x - other_x) >= apart or abs(y - other_y) >= 20 * pixel, (text, other_text)


def test_names_with_room_stay_where_their_points_are() -> None:
    assert labels([(2, 2), (8, 8)], ["Price & value", "Sound"]) == [(2, 2, "Price &amp; value"), (8, 8, "Sound")]
