"""Tests over users and splits against scipy and written-out formulas, their edge cases, and what overlapping splits do to them."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.errors import InputError
from core.evaluation.significance import (
    SplitFigures,
    compare_models,
    holm,
    over_splits,
    over_users,
    p_clause,
    p_words,
    user_differences,
    wilcoxon,
)

A = [0.20, 0.22, 0.19, 0.24, 0.21]
B = [0.22, 0.23, 0.20, 0.27, 0.21]


def test_over_splits_is_the_paired_t_test() -> None:
    found = over_splits(A, B)
    assert found.p == pytest.approx(stats.ttest_rel(B, A).pvalue)
    assert found.p_corrected == found.p
    assert found.gain == pytest.approx(sum(B) / sum(A) - 1)
    assert found.sd == pytest.approx(np.std([b / a - 1 for a, b in zip(A, B, strict=True)], ddof=1))
    assert found.n_splits == 5


def test_corrected_test_is_nadeau_and_bengios() -> None:
    gains = np.array(B) - A
    t = gains.mean() / math.sqrt((1 / 5 + 1 / 3) * gains.var(ddof=1))
    found = over_splits(A, B, overlap=1 / 3)
    assert found.p_corrected == pytest.approx(2 * stats.t.sf(t, df=4))
    assert found.p_corrected > found.p


def test_wilcoxon_is_the_normal_approximation_with_pratts_zeros_and_mean_ranks() -> None:
    differences = np.array([0, 0, 0.1, 0.1, -0.1, 0.2, 0.3, -0.2, 0.5, 0, 0.3, 0.4])
    ranks = np.array([np.mean([1 + sum(abs(other) < abs(one) for other in differences), sum(abs(o) <= abs(one) for o in differences)])
                      for one in differences])  # fmt: skip
    kept = differences != 0
    plus = ranks[differences > 0].sum()
    mean, variance = ranks[kept].sum() / 2, (ranks[kept] ** 2).sum() / 4
    assert wilcoxon(differences) == pytest.approx(2 * stats.norm.sf(abs(plus - mean) / math.sqrt(variance)))


def test_users_are_averaged_over_the_splits_that_hold_them() -> None:
    splits = [
        SplitFigures(np.array(["u1", "u2"]), np.array([0.1, 0.2]), np.array([0.3, 0.2])),
        SplitFigures(np.array(["u3", "u1"]), np.array([0.5, 0.1]), np.array([0.0, 0.2])),
    ]
    assert user_differences(splits) == pytest.approx([0.15, 0.0, -0.5])
    found = compare_models(splits)
    assert found.users.change == pytest.approx(-0.35 / 3)
    assert found.users.n_users == 3
    assert (found.users.better, found.users.worse) == (1 / 3, 1 / 3)
    assert (found.mean_a, found.mean_b) == pytest.approx((np.mean([0.15, 0.3]), np.mean([0.25, 0.1])))
    assert found.splits.gain == pytest.approx(found.mean_b / found.mean_a - 1)


def test_repeating_a_split_makes_the_test_over_users_no_surer() -> None:
    """The (split, user) pairs would be five times as many, and their p-value far smaller, though nothing new was measured."""
    generator = np.random.default_rng(0)
    a = generator.random(60)
    split = SplitFigures(np.arange(60), a, a + generator.normal(0.02, 0.1, 60))
    once, repeated = compare_models([split]), compare_models([split] * 5)
    assert repeated.users.p == pytest.approx(once.users.p)
    assert (repeated.users.low, repeated.users.high) == pytest.approx((once.users.low, once.users.high))
    assert wilcoxon(np.tile(split.b - split.a, 5)) < once.users.p / 3


def test_p_over_users_is_uniform_without_a_difference() -> None:
    generator = np.random.default_rng(1)
    p_values = [wilcoxon(generator.integers(-3, 4, size=200) / 10.0) for _ in range(400)]
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.03)
    assert stats.kstest(p_values, "uniform").pvalue > 0.01


def test_rounding_does_not_break_ties() -> None:
    clean = np.array([0.1, 0.1, -0.1, 0.2, 0.0, 0.0])
    noisy = clean + np.array([1, -1, 2, 0, 1, -2]) * 1e-17
    assert over_users(noisy).p == over_users(clean).p
    assert over_users(noisy).better == 0.5


def test_a_clear_gain_is_found_and_its_mirror_too() -> None:
    generator = np.random.default_rng(2)
    splits = []
    for _ in range(5):
        users = np.sort(generator.choice(300, size=250, replace=False))
        a = generator.beta(1, 4, size=250)
        splits.append(SplitFigures(users, a, a + 0.03 + generator.normal(0, 0.05, 250)))
    mirrored = [SplitFigures(one.users, one.b, one.a) for one in splits]
    there, back = compare_models(splits), compare_models(mirrored)
    assert there.users.p < 1e-6
    assert there.splits.p < 0.01
    assert there.users.low > 0 > back.users.high
    assert (there.users.p, there.splits.p, there.users.change) == pytest.approx((back.users.p, back.splits.p, -back.users.change))


def test_where_nothing_can_be_said_p_is_nan_and_no_warning_is_given() -> None:
    same = SplitFigures(np.arange(4), np.full(4, 0.5), np.full(4, 0.5))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        equal = compare_models([same, same])
        one_split = compare_models([SplitFigures(np.arange(3), np.zeros(3), np.ones(3))])
        one_user = compare_models([SplitFigures(np.array([7]), np.array([0.1]), np.array([0.2]))] * 2)
        by_the_same = over_splits([0.1, 0.2, 0.3], [0.2, 0.3, 0.4])
    assert math.isnan(equal.users.p)
    assert math.isnan(equal.splits.p)
    assert (equal.users.change, equal.splits.gain, equal.splits.sd) == (0, 0, 0)
    assert math.isnan(one_split.splits.p)
    assert math.isnan(one_split.splits.sd)
    assert math.isnan(one_split.splits.gain)  # of nothing
    assert math.isnan(one_user.users.p)
    assert math.isnan(by_the_same.p)


def test_wrong_input_is_told() -> None:
    with pytest.raises(InputError, match="No user"):
        compare_models([])
    with pytest.raises(InputError, match="No user"):
        compare_models([SplitFigures(np.array([]), np.array([]), np.array([]))])
    with pytest.raises(ValueError, match="1 distinct"):
        compare_models([SplitFigures(np.array([1, 1]), np.zeros(2), np.zeros(2))])
    with pytest.raises(ValueError, match="not the same splits"):
        over_splits([0.1], [0.1, 0.2])


def test_holm_is_the_worked_example_and_leaves_out_nan() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.01, math.nan, 0.04])[::2] == pytest.approx([0.02, 0.04])
    assert math.isnan(holm([math.nan])[0])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_rejects_what_its_step_down_procedure_rejects(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= one <= 1 for p, one in zip(p_values, adjusted, strict=True))
    level = 0.1
    rejected = set()
    for rank, position in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if (len(p_values) - rank) * p_values[position] > level:
            break
        rejected.add(position)
    assert rejected == {position for position, one in enumerate(adjusted) if one <= level}


@pytest.mark.parametrize(
    ("value", "words", "clause"), [(0.00003, "< 0.0001", "p < 0.0001"), (0.0213, "0.0213", "p = 0.0213"), (1.0, "1.0000", "p = 1.0000")]
)
def test_p_values_in_words(value: float, words: str, clause: str) -> None:
    assert (p_words(value), p_clause(value)) == (words, clause)
    assert p_words(None) == ""
