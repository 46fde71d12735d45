from __future__ import annotations

from dataclasses import replace

import pytest

from app.components.map_controls import Controls, kept
from tests.app.charts.made_points import points

ALL = Controls("distinctive", "", ("user", "item", "statement"))


def passing(**changes: object) -> list[int]:
    return points().index[kept(points(), replace(ALL, **changes))].tolist()


def test_nothing_chosen_keeps_everything() -> None:
    assert passing() == list(range(12))


def test_kinds_motivations_and_clusters_each_narrow_what_is_shown() -> None:
    assert passing(kinds=("item",)) == [1, 4, 7, 10]
    assert passing(motivations=("sound",), motivation_column="motivation") == [0, 4, 8]
    assert passing(motivations=("sound",), motivation_column="distinctive") == [1, 3, 5, 7, 9, 11]
    assert passing(clusters=(1,), kinds=("user",)) == [3, 9]


def test_activity_is_a_range_and_does_not_concern_statements() -> None:
    assert passing(activity=(4, 7)) == [2, 3, 4, 5, 6, 8, 11]


def test_least_trust_keeps_what_the_drawing_keeps() -> None:
    assert passing(least_trust=0.5) == [6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize("trust", [0.0, 1.0])
def test_the_ends_of_the_trust_range_are_included(trust: float) -> None:
    assert passing(least_trust=trust)[-1] == 11
