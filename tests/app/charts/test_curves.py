from __future__ import annotations

import pandas as pd
import pytest

from app.charts.curves import curves, history_frame, mark_epoch, smoothed, without_zeros

HISTORY = [
    {"epoch": 1, "seconds": 0.1, "losses": {"recommendation": 4.0, "mcs": 2.0}},
    {"epoch": 2, "seconds": 0.1, "losses": {"recommendation": 2.0, "mcs": 1.0}, "validation": {"recall@20": 0.2}},
    {"epoch": 3, "seconds": 0.1, "losses": {"recommendation": 1.0, "mcs": 0.5}, "validation": None},
]


def test_history_becomes_one_row_per_value() -> None:
    frame = history_frame(HISTORY)
    assert len(frame) == 7
    assert frame[frame["group"] == "validation"].to_dict("records") == [
        {"epoch": 2, "group": "validation", "name": "recall@20", "value": 0.2}
    ]


def test_one_line_per_series_with_its_values() -> None:
    frame = history_frame(HISTORY)
    figure = curves(frame[frame["group"] == "losses"], series="name")
    assert {line.name: list(line.y) for line in figure.data} == {"recommendation": [4.0, 2.0, 1.0], "mcs": [2.0, 1.0, 0.5]}
    assert list(figure.data[0].x) == [1, 2, 3]


def test_smoothing_keeps_the_raw_values_as_a_faint_line() -> None:
    frame = history_frame(HISTORY)
    raw, smooth = curves(frame[frame["name"] == "mcs"], series="name", smoothing=0.5).data
    assert list(raw.y) == [2.0, 1.0, 0.5]
    assert list(smooth.y) == pytest.approx([2.0, 4 / 3, 6 / 7])


def test_smoothing_a_constant_changes_nothing() -> None:
    assert smoothed(pd.Series([3.0] * 9), 0.9).tolist() == pytest.approx([3.0] * 9)


def test_log_scale_is_the_axis_type() -> None:
    frame = history_frame(HISTORY)
    assert curves(frame, series="name", log_scale=True).layout.yaxis.type == "log"


def test_no_history_gives_an_empty_figure() -> None:
    assert len(curves(history_frame([]), series="name").data) == 0


def test_parts_of_weight_zero_are_left_out_and_named() -> None:
    frame = history_frame(
        [{"epoch": 1, "losses": {"mcs": 0.0, "recommendation": 1.0}}, {"epoch": 2, "losses": {"mcs": 0.0, "recommendation": 0.0}}]
    )
    drawn, idle = without_zeros(frame)
    assert (set(drawn["name"]), idle) == ({"recommendation"}, ["mcs"])


def test_the_best_epoch_is_marked_on_the_side_with_room() -> None:
    frame = history_frame([{"epoch": epoch, "losses": {"mcs": 1.0}} for epoch in range(1, 11)])
    early, late = (mark_epoch(curves(frame, series="name"), epoch, "best").layout.annotations[-1] for epoch in (2, 9))
    assert (early.xanchor, late.xanchor) == ("left", "right")
    assert (early.x, late.x) == (2, 9)
