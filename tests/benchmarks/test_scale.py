"""The made-up graphs of the scale benchmark are what it says they are."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from scale import exponent, one_epoch, power_law_graph


def test_a_graph_has_just_as_many_distinct_interactions_as_asked_for() -> None:
    graph = power_law_graph(500, 100, 10_000)
    assert graph.pairs.shape == (10_000, 2)
    assert len(np.unique(graph.pairs, axis=0)) == 10_000
    assert graph.pairs.min() >= 0
    assert (graph.pairs.max(axis=0) < (500, 100)).all()


def test_few_items_have_much_of_the_interactions_and_users_have_alike() -> None:
    graph = power_law_graph(5_000, 1_000, 100_000)
    popularity = np.sort(np.bincount(graph.pairs[:, 1], minlength=1_000))[::-1]
    assert popularity[:100].sum() > 0.25 * 100_000
    assert np.bincount(graph.pairs[:, 0], minlength=5_000).max() < 60


def test_an_epoch_of_it_trains_and_is_measured() -> None:
    measured = one_epoch(2_000, 8, 4)
    assert measured["epoch_cpu_seconds"] > 0
    assert measured["peak_mb"] >= measured["graph_peak_mb"] > 0


def test_exponent_of_a_power() -> None:
    assert exponent([10, 100, 1000], [3 * n**1.5 for n in (10, 100, 1000)]) == pytest.approx(1.5)
