"""An outline holds all its members, a sample for display keeps the shape of the whole, a search finds by id, label and cluster."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.maps.members import Outline, display_sample, inside, outlines, search

COORDINATE = st.integers(-40, 40)


def points_at(places: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(places, columns=["x", "y"])


def enclosed(x: float, y: float, corners: list[tuple[float, float]]) -> bool:
    """By the definition: a ray to the right crosses the outline an odd number of times."""
    crossings = 0
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y1 <= y < y2) or (y2 <= y < y1):
            crossings += x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)
    return crossings % 2 == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=3, max_size=12), st.integers(0, 1000))
def test_lasso_holds_exactly_what_the_even_odd_rule_says(corners: list[tuple[int, int]], seed: int) -> None:
    # Off the integer grid, so that no point lies on an edge's corner, where either answer is right.
    places = np.random.default_rng(seed).uniform(-45, 45, (60, 2)).round(3) + 0.00037
    expected = [row for row, (x, y) in enumerate(places) if enclosed(x, y, [(float(a), float(b)) for a, b in corners])]
    found = inside(points_at(places), Outline(tuple(x for x, _ in corners), tuple(y for _, y in corners)))
    assert found.tolist() == expected


@settings(max_examples=40, deadline=None)
@given(COORDINATE, COORDINATE, COORDINATE, COORDINATE, st.integers(0, 1000))
def test_box_holds_what_lies_between_its_corners_in_any_order(x1: int, x2: int, y1: int, y2: int, seed: int) -> None:
    places = np.random.default_rng(seed).integers(-40, 40, (60, 2)).astype(float)
    expected = [r for r, (x, y) in enumerate(places) if min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2)]
    assert inside(points_at(places), Outline((x1, x2), (y1, y2), box=True)).tolist() == expected


def test_several_outlines_hold_what_any_of_them_holds_and_rows_are_positions() -> None:
    points = points_at(np.array([[0.0, 0.0], [5.0, 5.0], [9.0, 9.0]]))
    points.index = pd.Index([70, 80, 90])
    drawn = outlines({"box": [{"x": [-1, 1], "y": [1, -1]}], "lasso": [{"x": [8, 10, 9], "y": [8, 8, 10]}, {"x": [1, 2], "y": [1, 2]}]})
    assert len(drawn) == 2
    assert inside(points, drawn).tolist() == [0, 2]
    assert inside(points, []).tolist() == []


def test_sample_is_whole_where_it_fits() -> None:
    points = pd.DataFrame({"cluster": [0, 1, 1], "side": ["user", "item", "user"]})
    assert display_sample(points, 3).tolist() == [0, 1, 2]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=6), st.integers(0, 120), st.integers(0, 5))
def test_sample_keeps_the_size_and_the_shares_of_clusters(sizes: list[int], most: int, seed: int) -> None:
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    points = pd.DataFrame({"cluster": cluster, "side": "user"}).sample(frac=1, random_state=seed).reset_index(drop=True)
    rows = display_sample(points, most, seed)
    assert len(rows) == min(most, len(points)) == len(set(rows.tolist()))
    assert (np.diff(rows) > 0).all()
    assert rows.tolist() == display_sample(points, most, seed).tolist()
    if len(points) > most >= sum(size > 0 for size in sizes):
        kept = np.bincount(points["cluster"].iloc[rows], minlength=len(sizes))
        for size, drawn in zip(sizes, kept, strict=True):
            assert bool(drawn) == bool(size)
            assert abs(drawn - size * most / len(points)) < len(sizes) + 1


def test_search_finds_by_id_label_and_cluster_best_first() -> None:
    points = pd.DataFrame(
        {
            "id": ["u1", "i12", "i1", "u7"],
            "label": ["Ada (i1)", "Warm guitar", "Guitar", "Bo+b"],
            "cluster": [0, 0, 1, 1],
        }
    )
    clusters = pd.DataFrame({"cluster": [0, 1], "name": ["Gifts", "Guitar people"]})
    assert search(points, "I1").tolist() == [2, 1, 0]
    assert search(points, "guitar").tolist() == [2, 1]
    assert search(points, "guitar", clusters).tolist() == [2, 1, 3]
    assert search(points, "o+b").tolist() == [3]
    assert search(points, "  ").tolist() == []


@pytest.mark.parametrize("most", [0, 1])
def test_sample_of_next_to_nothing(most: int) -> None:
    points = pd.DataFrame({"cluster": [0, 1, 2], "side": ["user"] * 3})
    assert len(display_sample(points, most)) == most
