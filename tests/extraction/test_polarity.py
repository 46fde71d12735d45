"""Polarity from words and rating."""

from __future__ import annotations

import numpy as np
import pytest

from core.extraction.polarity import emphasis, is_positive, opinion


@pytest.mark.parametrize(
    "sentence", ["I love the sound.", "Not bad at all.", "No problems so far.", "So much fun", "Works 👍", "It never fails."]
)
def test_praise_is_positive(sentence: str) -> None:
    assert opinion(sentence) > 0


@pytest.mark.parametrize(
    "sentence", ["It broke.", "This is not great.", "I don't like it", "It doesn’t work.", "Too long and too heavy", "Bad :("]
)
def test_complaint_is_negative(sentence: str) -> None:
    assert opinion(sentence) < 0


def test_negation_ends_with_its_clause() -> None:
    assert opinion("I was not there, great service though") > 0


def test_rating_decides_where_words_are_silent() -> None:
    verdict = is_positive(np.array([0.0, 0.0, 0.0, -1.5, 1.5]), np.array([1.0, 5.0, np.nan, 5.0, 1.0]))
    assert verdict.tolist() == [False, True, True, False, True]


def test_emphasis_grows_and_stays_within_one() -> None:
    calm, loud = emphasis("It arrived on Monday."), emphasis("ABSOLUTELY the BEST, I really really LOVE it!!!")
    assert calm == 0.0
    assert 0.8 < loud <= 1.0
