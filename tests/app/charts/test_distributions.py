from __future__ import annotations

import numpy as np
import pytest

from app.charts.distributions import histogram, log_edges, round_ticks


def test_bars_count_every_value_once() -> None:
    values = np.random.default_rng(0).zipf(1.6, 2000).clip(max=5000)
    bars = histogram(values, x_title="interactions", y_title="users").data[0]
    assert sum(bars.y) == 2000


def test_zeros_are_left_out_and_nothing_gives_an_empty_figure() -> None:
    assert sum(histogram(np.array([0, 0, 3]), x_title="x", y_title="y").data[0].y) == 1
    assert len(histogram(np.zeros(4, dtype=int), x_title="x", y_title="y").data) == 0


def test_edges_are_whole_numbers_around_all_values() -> None:
    edges = log_edges(np.array([5, 5, 700]))
    assert edges[0] == 5
    assert edges[-1] > 700
    assert (np.diff(edges) >= 1).all()


@pytest.mark.parametrize(("low", "high"), [(1, 4), (5, 60), (14, 15), (1, 20_000), (11, 33)])
def test_ticks_are_few_and_inside(low: float, high: float) -> None:
    ticks = round_ticks(low, high)
    assert 1 <= len(ticks) <= 7
    assert all(low <= tick <= high for tick in ticks)


def test_the_median_is_marked() -> None:
    figure = histogram(np.array([1, 10, 100]), x_title="x", y_title="y")
    assert figure.layout.annotations[0].text == "median 10"
