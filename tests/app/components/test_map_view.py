from __future__ import annotations

import numpy as np
import pandas as pd

from app.components import map_view
from app.components.map_view import drawn_part, joined_rows, points_of_kind
from tests.app.charts.made_points import points


def with_views(n: int) -> pd.DataFrame:
    """Joint points, then text views of all users and items, then interaction views of those with even numbers."""
    joint = points(n)
    nodes = joint[joint["side"] != "statement"]
    parts = [joint, nodes.assign(view="text"), nodes[nodes["node_idx"] % 2 == 0].assign(view="interaction")]
    return pd.concat(parts, ignore_index=True)


def test_joint_maps_show_nodes_and_statements_once_and_views_show_nodes_by_each_view() -> None:
    given = with_views(12)
    assert points_of_kind(given, "joint").index.tolist() == list(range(12))
    assert set(points_of_kind(given, "views")["view"]) == {"text", "interaction"}


def test_a_line_joins_the_two_views_of_the_same_node_and_no_others() -> None:
    given = points_of_kind(with_views(12), "views")
    pairs = joined_rows(given)
    assert len(pairs) == (given["view"] == "interaction").sum() > 0
    for left, right in pairs:
        assert (given.at[left, "view"], given.at[right, "view"]) == ("text", "interaction")
        assert given.loc[left, ["side", "node_idx"]].tolist() == given.loc[right, ["side", "node_idx"]].tolist()


def test_a_large_map_is_drawn_as_a_sample_that_holds_what_stands_out(monkeypatch) -> None:
    monkeypatch.setattr(map_view, "MOST_SHOWN", 100)
    given = points(900)
    drawn = drawn_part(given, np.array([899]), "joint")
    assert 100 <= len(drawn) <= 101
    assert 899 in drawn.index
    pd.testing.assert_frame_equal(drawn, drawn_part(given, np.array([899]), "joint"))


def test_a_map_that_is_small_enough_is_drawn_whole() -> None:
    given = points(30)
    assert drawn_part(given, None, "joint") is given


def test_a_sample_of_views_keeps_both_points_of_a_node(monkeypatch) -> None:
    monkeypatch.setattr(map_view, "MOST_SHOWN", 40)
    given = points_of_kind(with_views(300), "views")
    drawn = drawn_part(given, None, "views")
    assert len(drawn) < len(given)
    whole = given[given["node_idx"].isin(drawn["node_idx"])]
    assert drawn.index.tolist() == whole.index.tolist()
