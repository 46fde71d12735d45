from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.charts.motivation_map import motivation_map, shown_sample
from app.charts.palette import motivation_colours

NAMES = {"sound": "Sound", "price": "Price", "other": "Other"}
CLUSTERS = pd.DataFrame({"cluster": [0, 1], "name": ["Listeners", "Savers"]})


def points(n: int = 12) -> pd.DataFrame:
    number = np.arange(n)
    return pd.DataFrame(
        {
            "side": np.where(number % 2, "item", "user"),
            "node_idx": number,
            "id": [f"n{index}" for index in number],
            "label": [f"Label <{index}>" for index in number],
            "x": number * 1.0,
            "y": -number * 1.0,
            "cluster": number % 2,
            "motivation": np.array(["sound", "price", "none"])[number % 3],
            "distinctive": np.array(["price", "sound"])[number % 2],
            "confidence": 0.5,
            "activity": number + 1,
            "trust": 0.9,
        }
    )


@pytest.mark.parametrize("colour_by", ["distinctive", "motivation", "cluster", "side", "activity", "trust"])
def test_every_point_is_drawn_once_with_its_place_and_identity(colour_by: str) -> None:
    given = points()
    drawn = [
        (custom[2], x, y)
        for trace in motivation_map(given, NAMES, CLUSTERS, colour_by=colour_by).data
        for custom, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)
    ]
    assert sorted(drawn) == sorted(zip(given["id"], given["x"], given["y"], strict=True))


def test_customdata_is_side_node_and_id() -> None:
    trace = motivation_map(points(2), NAMES, CLUSTERS, colour_by="side").data[0]
    assert list(trace.customdata[0]) == ["user", 0, "n0"]


def test_motivations_keep_their_colour_when_some_are_filtered_out() -> None:
    colours = motivation_colours(list(NAMES))
    only = points()[lambda frame: frame["motivation"] == "price"]
    (trace,) = motivation_map(only, NAMES, CLUSTERS, colour_by="motivation").data
    assert trace.name == "Price"
    assert trace.marker.color == colours["price"]


def test_found_points_get_a_ring_and_the_others_step_back() -> None:
    given = points()
    found = (given["id"] == "n3").to_numpy()
    *groups, rings = motivation_map(given, NAMES, CLUSTERS, highlighted=found).data
    assert [custom[2] for custom in rings.customdata] == ["n3"]
    assert all(group.marker.opacity < 0.5 for group in groups)


def test_labels_are_shown_as_text_not_as_markup() -> None:
    trace = motivation_map(points(1), NAMES, CLUSTERS).data[0]
    assert "Label &lt;0&gt;" in trace.text[0]


def test_clusters_are_named_at_their_middle() -> None:
    annotations = motivation_map(points(), NAMES, CLUSTERS).layout.annotations
    assert [note.text for note in annotations] == ["Listeners", "Savers"]
    assert annotations[0].x == pytest.approx(points().query("cluster == 0")["x"].median())
    assert not motivation_map(points(), NAMES, CLUSTERS, label_clusters=False).layout.annotations


def test_a_large_map_is_sampled_the_same_way_each_time_and_keeps_what_was_found() -> None:
    given = points(500)
    kept = (given["id"] == "n499").to_numpy()
    first = shown_sample(given, kept, limit=100)
    assert len(first) == 100
    assert "n499" in set(first["id"])
    pd.testing.assert_frame_equal(first, shown_sample(given, kept, limit=100))
    assert shown_sample(given, kept, limit=500) is given
