from __future__ import annotations

import pandas as pd
import pytest

from app.charts.palette import NEUTRAL, motivation_colours
from app.charts.profile_bars import counterfactual_bars, motivation_bars, view_comparison

NAMES = ["Sound", "Price", "Ease", "Other"]
TABLE = pd.DataFrame(
    {
        "motivation": [0, 0, 2],
        "polarity": ["positive", "negative", "positive"],
        "share": [0.5, 0.2, 0.3],
        "n_statements": [4, 1, 2],
        "confidence": [0.8, 0.3, 0.5],
    }
)


def test_praise_goes_right_and_complaint_left_in_per_cent() -> None:
    praised, criticised = motivation_bars(TABLE, NAMES).data
    assert dict(zip(praised.y, praised.x, strict=True)) == pytest.approx({"Sound": 50.0, "Ease": 30.0})
    assert dict(zip(criticised.y, criticised.x, strict=True)) == pytest.approx({"Sound": -20.0})


def test_a_motivation_has_its_colour_whatever_else_is_in_the_profile() -> None:
    colours = motivation_colours(NAMES)
    praised = motivation_bars(TABLE, NAMES).data[0]
    assert dict(zip(praised.y, praised.marker.color, strict=True)) == {"Sound": colours["Sound"], "Ease": colours["Ease"]}
    alone = motivation_bars(TABLE[TABLE["motivation"] == 2], NAMES).data[0]
    assert alone.marker.color[0] == colours["Ease"]


def test_less_confidence_is_fainter() -> None:
    praised = motivation_bars(TABLE, NAMES).data[0]
    assert praised.marker.opacity[0] > praised.marker.opacity[1]


def test_both_views_hold_their_shares() -> None:
    said, said_key, done, done_key = view_comparison({"Sound": 0.7, "Ease": 0.3}, {"Sound": 0.1, "Price": 0.9}, NAMES).data
    assert dict(zip(said.y, said.x, strict=True)) == pytest.approx({"Sound": 70, "Ease": 30, "Price": 0})
    assert dict(zip(done.y, done.x, strict=True)) == pytest.approx({"Sound": 10, "Ease": 0, "Price": 90})
    for marks, key in ((said, said_key), (done, done_key)):  # the legend's marks are of no motivation's colour
        assert (marks.showlegend, marks.name, marks.marker.symbol) == (False, key.name, key.marker.symbol)
        assert key.marker.color == NEUTRAL


def test_a_missing_view_has_no_marks() -> None:
    assert {marks.name for marks in view_comparison({}, {"Price": 1.0}, NAMES).data} == {"what behaviour says"}


def test_counterfactual_bars_are_the_places_lost() -> None:
    drops = pd.DataFrame({"name": ["Sound", "Ease"], "rank": [41, 2]})
    bars = counterfactual_bars(drops, {"Sound": "#123456"}, rank=3).data[0]
    assert list(bars.x) == [38, -1]
    assert list(bars.text) == ["41", "2"]
    assert bars.marker.color[0] == "#123456"
