from __future__ import annotations

from app.charts.palette import NEUTRAL, motivation_colours
from app.charts.taxonomy import coverage_change, merged_order

BEFORE = {"food": "Food", "price": "Price", "other": "Other"}
AFTER = {"food": "Food", "speed": "Speed", "other": "Other"}


def test_a_motivation_that_is_gone_stays_behind_the_one_it_followed() -> None:
    assert list(merged_order(BEFORE, AFTER)) == ["food", "price", "speed", "other"]
    assert merged_order(BEFORE, AFTER)["price"] == "Price (gone)"
    assert list(merged_order({"price": "Price", "other": "Other"}, AFTER)) == ["price", "food", "speed", "other"]


def test_bars_before_and_after_stand_at_the_same_motivation_in_per_cent() -> None:
    figure = coverage_change({"food": 0.5, "price": 0.3, "other": 0.2}, {"food": 0.5, "speed": 0.4, "other": 0.1}, BEFORE, AFTER)
    after, before = figure.data
    assert list(before.y) == list(after.y) == ["food", "price", "speed", "other"]
    assert list(before.x) == [50.0, 30.0, None, 20.0]
    assert list(after.x) == [50.0, None, 40.0, 10.0]
    assert list(after.text) == ["50.0", "", "40.0", "10.0"]
    assert list(figure.layout.yaxis.ticktext) == ["Food", "Price (gone)", "Speed", "Other"]


def test_colours_are_those_of_the_new_taxonomy() -> None:
    figure = coverage_change({"price": 1.0}, {"speed": 1.0}, BEFORE, AFTER)
    colours = motivation_colours(list(AFTER))
    assert list(figure.data[0].marker.color) == [colours["food"], NEUTRAL, colours["speed"], colours["other"]]
