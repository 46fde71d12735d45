"""What the command line writes: tables, documents and the progress line."""

from __future__ import annotations

import io
import json

import pytest

from core.cli.console import ProgressLine, answer, duration, table
from core.progress import ProgressEvent


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_table_aligns_text_left_and_numbers_right():
    assert table(["item", "score"], [["B01", 1.5], ["B0002", 12.25]]).splitlines() == [
        "item     score",
        "-----  -------",
        "B01     1.5000",
        "B0002  12.2500",
    ]


def test_table_keeps_one_line_a_row():
    assert len(table(["title"], [["two\nlines"]]).splitlines()) == 3


def test_table_without_rows_is_its_head():
    assert table(["item"], []).splitlines() == ["item", "----"]


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (3900, "1 h 05 min"), (-1, "0 s")])
def test_duration_as_people_say_it(seconds: float, words: str):
    assert duration(seconds) == words


def test_numbers_json_does_not_know_become_null(capsys: pytest.CaptureFixture[str]):
    answer({"recall@20": float("nan"), "best": [float("inf"), 0.5]}, True, str)
    assert json.loads(capsys.readouterr().out) == {"recall@20": None, "best": [None, 0.5]}


def test_plain_answer_is_not_made_for_json(capsys: pytest.CaptureFixture[str]):
    answer({"a": 1}, False, lambda: "one")
    assert capsys.readouterr().out == "one\n"


def test_progress_shows_rate_and_time_left():
    stream, clock = Terminal(), Clock()
    line = ProgressLine(stream, clock)
    line(ProgressEvent("Embedding", 0, 1000))
    clock.now = 10.0
    line(ProgressEvent("Embedding", 250, 1000, {"loss": 0.25}))
    assert stream.getvalue().split("\r")[-1] == "Embedding  250/1,000 (25%)  25/s  30 s left  loss 0.25"


def test_progress_draws_a_few_times_a_second_and_the_end():
    stream, clock = Terminal(), Clock()
    line = ProgressLine(stream, clock)
    for done in range(1001):
        clock.now = done / 1000
        line(ProgressEvent("Embedding", done, 1000))
    line.close()
    assert stream.getvalue().count("\r") < 20
    assert "1,000/1,000 (100%)" in stream.getvalue()
    assert stream.getvalue().endswith("\n")


def test_progress_away_from_a_terminal_is_a_line_a_stage_and_now_and_then():
    stream, clock = io.StringIO(), Clock()
    line = ProgressLine(stream, clock)
    for second in range(25):
        clock.now = float(second)
        line(ProgressEvent("Training", second, 100))
    line(ProgressEvent("Mapping"))
    lines = stream.getvalue().splitlines()
    assert "\r" not in stream.getvalue()
    assert [text.split("  ")[0] for text in lines] == ["Training", "Training", "Training", "Mapping"]


def test_short_line_leaves_nothing_of_a_longer_one():
    stream, clock = Terminal(), Clock()
    line = ProgressLine(stream, clock)
    line(ProgressEvent("Training", 1_000_000, 2_000_000))
    clock.now = 1.0
    line(ProgressEvent("Training", 1))
    longest, shorter = stream.getvalue().split("\r")[1:]
    assert len(shorter) == len(longest)
