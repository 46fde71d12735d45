"""The paired bootstrap against scipy, the normal formula, cases with a known answer, and its promise to cover the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.errors import InputError
from core.evaluation.paired import bootstrap_interval, paired_change


def figures(seed: int, n_seeds: int = 3, n_users: int = 400, gain: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    """Two models whose users differ much more from each other than the models do."""
    generator = np.random.default_rng(seed)
    hardness = generator.beta(1, 4, size=n_users)
    a = hardness + generator.normal(0, 0.03, size=(n_seeds, n_users))
    return a, hardness + gain + generator.normal(0, 0.03, size=(n_seeds, n_users))


def test_means_changes_and_spread_are_those_of_the_formulas() -> None:
    a, b = figures(0)
    found = paired_change(a, b)
    assert found.mean_a == pytest.approx(np.mean(a))
    assert found.mean_b == pytest.approx(np.mean(b))
    assert found.change == pytest.approx(np.mean(b) - np.mean(a))
    expected = [np.mean(b[seed]) - np.mean(a[seed]) for seed in range(3)]
    assert found.by_seed == pytest.approx(expected)
    assert found.seed_sd == pytest.approx(np.std(expected, ddof=1))
    assert found.n_users == 400


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_interval_is_scipys_percentile_bootstrap(level: float) -> None:
    a, b = figures(1)
    found = paired_change(a, b, level=level, resamples=20_000)
    differences = (b - a).mean(axis=0)
    expected = stats.bootstrap(
        (differences,), np.mean, method="percentile", confidence_level=level, n_resamples=20_000, rng=np.random.default_rng(5)
    ).confidence_interval
    width = expected.high - expected.low
    assert found.low == pytest.approx(expected.low, abs=0.03 * width)
    assert found.high == pytest.approx(expected.high, abs=0.03 * width)


def test_interval_is_the_normal_one_where_users_are_many() -> None:
    a, b = figures(2, n_users=5_000)
    differences = (b - a).mean(axis=0)
    half = stats.norm.ppf(0.975) * differences.std(ddof=1) / math.sqrt(len(differences))
    found = paired_change(a, b)
    assert found.low == pytest.approx(differences.mean() - half, abs=0.05 * half)
    assert found.high == pytest.approx(differences.mean() + half, abs=0.05 * half)


def test_pairing_cancels_what_makes_users_hard() -> None:
    a, b = figures(3)
    paired = paired_change(a, b)
    unpaired = bootstrap_interval(b.mean(axis=0))
    assert paired.excludes_zero
    assert (paired.high - paired.low) * 5 < unpaired[1] - unpaired[0]


def test_the_same_gain_for_everybody_has_no_width() -> None:
    a = np.random.default_rng(4).random((2, 50))
    found = paired_change(a, a + 0.25)
    assert (found.low, found.high) == pytest.approx((0.25, 0.25))
    assert found.excludes_zero
    assert found.seeds_agree


def test_two_users_have_the_three_means_there_are() -> None:
    """Of differences 0 and 1 a draw of two has mean 0, 1/2 or 1 with chances 1/4, 1/2, 1/4."""
    a, b = np.zeros((1, 2)), np.array([[0.0, 1.0]])
    assert bootstrap_interval(b[0], level=0.4) == (0.5, 0.5)
    found = paired_change(a, b)
    assert (found.low, found.high) == (0.0, 1.0)
    assert not found.excludes_zero


def test_no_change_is_told_as_none() -> None:
    a = np.random.default_rng(5).random((3, 30))
    found = paired_change(a, a.copy())
    assert (found.change, found.low, found.high, found.seed_sd) == (0, 0, 0, 0)
    assert not found.excludes_zero
    assert not found.seeds_agree


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    generator = np.random.default_rng(6)
    covered = 0
    for trial in range(300):
        values = generator.exponential(1.0, size=120) - 1.0  # true mean 0, far from normal
        low, high = bootstrap_interval(values, resamples=600, seed=trial)
        covered += low <= 0 <= high
    assert 0.90 <= covered / 300 <= 0.985


def test_seeds_that_disagree_are_told() -> None:
    a = np.zeros((2, 4))
    b = np.array([[0.1] * 4, [-0.02] * 4])
    found = paired_change(a, b)
    assert not found.seeds_agree
    assert found.excludes_zero  # over users; the seeds say that it is no more than that
    assert found.seed_sd == pytest.approx(np.std([0.1, -0.02], ddof=1))


def test_one_seed_has_no_spread() -> None:
    assert math.isnan(paired_change(np.zeros((1, 3)), np.ones((1, 3))).seed_sd)


def test_equal_seeds_give_equal_intervals_in_chunks_or_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(7).random(37)
    whole = bootstrap_interval(values, resamples=500, seed=3)
    assert bootstrap_interval(values, resamples=500, seed=3) == whole
    monkeypatch.setattr("core.evaluation.paired._CELLS", 37 * 7)
    assert bootstrap_interval(values, resamples=500, seed=3) == whole
    assert bootstrap_interval(values, resamples=500, seed=4) != whole


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30), st.floats(-1, 1))
def test_interval_lies_within_the_values_and_moves_with_them(values: list[float], shift: float) -> None:
    given_values = np.array(values)
    low, high = bootstrap_interval(given_values, resamples=200)
    assert min(values) - 1e-12 <= low <= high <= max(values) + 1e-12
    moved = bootstrap_interval(given_values + shift, resamples=200)
    assert moved == pytest.approx((low + shift, high + shift), abs=1e-9)


def test_wrong_input_is_told() -> None:
    with pytest.raises(InputError, match="No user to compare on"):
        paired_change(np.zeros((2, 0)), np.zeros((2, 0)))
    with pytest.raises(ValueError, match="not the same seeds and users"):
        paired_change(np.zeros((2, 3)), np.zeros((2, 4)))
