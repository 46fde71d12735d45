from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.charts.waterfall import Term, waterfall, with_remainder

TERMS = [Term("price", 0.6, "#111111"), Term("sound", -0.25, "#222222"), Term("ease", 0.9, "#333333")]


def test_bars_hold_the_values_of_the_terms_largest_first() -> None:
    bars = waterfall(TERMS, 1.25).data[0]
    assert list(bars.y) == ["ease", "price", "sound"]
    assert list(bars.x) == [0.9, 0.6, -0.25]
    assert list(bars.marker.color) == ["#333333", "#111111", "#222222"]


def test_every_bar_starts_where_the_one_before_ended_and_the_last_ends_at_the_score() -> None:
    bars, score = waterfall(TERMS, 1.25).data
    ends = np.array(bars.base) + np.array(bars.x)
    assert list(bars.base) == pytest.approx([0.0, *ends[:-1]])
    assert ends[-1] == pytest.approx(1.25)
    assert list(score.x) == [1.25]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=12), st.floats(-2, 2))
def test_bars_sum_to_the_score_whatever_the_terms(values: list[float], remainder: float) -> None:
    score = sum(values) + remainder
    terms = [Term(f"motivation {number}", value, "#000000") for number, value in enumerate(values)]
    bars = waterfall(terms, score, remainder).data[0]
    assert sum(bars.x) == pytest.approx(score, rel=1e-5, abs=1e-4)


def test_remainder_is_shown_only_where_it_is_not_zero() -> None:
    assert [term.name for term in with_remainder(TERMS, 0.0, 1.25)] == ["ease", "price", "sound"]
    assert [term.name for term in with_remainder(TERMS, 1e-9, 1.25)] == ["ease", "price", "sound"]
    assert with_remainder(TERMS, 0.5, 1.75)[-1].value == 0.5
