from __future__ import annotations

import pytest

from app.components.page import duration, literal, moment, shortened


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min 01 s"), (3660, "1 h 01 min")])
def test_durations_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_markdown_in_reviews_is_taken_literally() -> None:
    assert literal("*bold* [link](x) $5 :smile: <b>") == "\\*bold\\* \\[link\\](x) \\$5 \\:smile\\: \\<b\\>"


def test_long_texts_are_cut_at_a_word() -> None:
    assert shortened("one two three", 9) == "one two…"
    assert shortened("one", 9) == "one"


def test_moments_are_utc_to_the_minute() -> None:
    assert moment("2026-01-02T03:04:05.678+00:00") == "2026-01-02 03:04 UTC"
