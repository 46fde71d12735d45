from __future__ import annotations

import pytest

from app.charts.palette import motivation_colours
from app.charts.profile_bars import view_comparison
from app.charts.profile_comparison import AgainstAll, Both, against_everybody, back_to_back

NAMES = ["Sound", "Price", "Ease", "Other"]
ROWS = [Both("Price", 0.5, 0.2), Both("Sound", 0.1, 0.3), Both("Ease", 0.0, 0.0)]


def test_the_left_goes_left_and_the_right_goes_right_in_per_cent() -> None:
    left, right = back_to_back(ROWS, "Ada", "Ben", NAMES).data
    assert (left.name, right.name) == ("Ada", "Ben")
    assert dict(zip(left.y, left.x, strict=True)) == pytest.approx({"Price": -50, "Sound": -10})
    assert dict(zip(right.y, right.x, strict=True)) == pytest.approx({"Price": 20, "Sound": 30})
    assert {row[1] for row in right.customdata} == {"-30", "+20"}


def test_motivations_keep_their_colours_on_both_sides() -> None:
    colours = motivation_colours(NAMES)
    for bars in back_to_back(ROWS, "Ada", "Ben", NAMES).data:
        assert dict(zip(bars.y, bars.marker.color, strict=True)) == {name: colours[name] for name in ("Price", "Sound")}


def test_names_of_people_are_never_markup_nor_templates() -> None:
    figure = back_to_back(ROWS, "<b>%{y}</b>", "B", NAMES)
    assert "%{y}</b><br>&lt;b>% {y}&lt;/b>" in figure.data[0].hovertemplate
    assert "<b>&lt;b>" in figure.layout.annotations[0].text


def test_nothing_to_compare_draws_an_empty_chart() -> None:
    figure = back_to_back([], "Ada", "Ben", NAMES)
    assert all(len(bars.y) == 0 for bars in figure.data)


def test_a_segment_stands_against_everybody_with_its_spread() -> None:
    bars, marks, _ = against_everybody([AgainstAll("Price", 0.4, 0.1, 0.25), AgainstAll("Sound", 0.05, 0.2, 0.3)], NAMES).data
    assert dict(zip(bars.y, bars.x, strict=True)) == pytest.approx({"Price": 40, "Sound": 5})
    assert dict(zip(bars.y, bars.error_x.array, strict=True)) == pytest.approx({"Price": 10, "Sound": 20})
    assert dict(zip(bars.y, bars.error_x.arrayminus, strict=True)) == pytest.approx({"Price": 10, "Sound": 5})  # a share is not below 0
    assert dict(zip(marks.y, marks.x, strict=True)) == pytest.approx({"Price": 25, "Sound": 30})


def test_two_views_say_what_they_are() -> None:
    figure = view_comparison({"Price": 0.2}, {"Price": 0.6}, NAMES, labels=("as it is", "as corrected"))
    assert [marks.name for marks in figure.data if marks.showlegend is None] == ["as it is", "as corrected"]
