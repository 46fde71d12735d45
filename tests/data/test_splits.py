"""Splits: a partition, in proportion, by seed, with something to train on for everybody."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.splits import DROPPED, TEST, TRAIN, VALIDATION, split_by_ratio, split_by_time, split_leave_last_out
from core.errors import InputError

histories = st.lists(st.integers(1, 30), min_size=1, max_size=12)
seeds = st.integers(0, 2**31)


def users_of(lengths: list[int], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(lengths)), lengths))


@settings(deadline=None)
@given(histories, seeds, st.tuples(st.integers(1, 8), st.integers(0, 3), st.integers(0, 3)))
def test_ratio_split_gives_every_user_the_shares_within_rounding(lengths, seed, ratio):
    users = users_of(lengths, seed)
    split = split_by_ratio(users, seed, ratio)
    assert len(split) == len(users)
    assert set(split) <= {TRAIN, VALIDATION, TEST}
    for user, n in enumerate(lengths):
        own = split[users == user]
        counts = [int((own == code).sum()) for code in (TRAIN, VALIDATION, TEST)]
        assert counts[TRAIN] >= 1
        if counts[TRAIN] > 1:
            for code in (VALIDATION, TEST):
                assert abs(counts[code] - n * ratio[code] / sum(ratio)) <= 0.5


@pytest.mark.parametrize(
    ("n", "expected"), [(1, (1, 0, 0)), (2, (2, 0, 0)), (3, (1, 1, 1)), (4, (2, 1, 1)), (5, (3, 1, 1)), (10, (6, 2, 2))]
)
def test_small_users_are_split_as_documented(n, expected):
    split = split_by_ratio(np.zeros(n, dtype=int), seed=3)
    assert tuple(int((split == code).sum()) for code in (TRAIN, VALIDATION, TEST)) == expected


def test_ratio_split_depends_on_the_seed_and_on_nothing_else():
    users = users_of([20] * 20, 1)
    assert np.array_equal(split_by_ratio(users, 5), split_by_ratio(users, 5))
    assert not np.array_equal(split_by_ratio(users, 5), split_by_ratio(users, 6))


def test_ratio_without_a_training_part_is_refused():
    with pytest.raises(InputError, match="ratio"):
        split_by_ratio(np.zeros(3, dtype=int), 0, (0, 1, 1))


@settings(deadline=None)
@given(histories, seeds)
def test_leave_last_out_holds_out_the_latest_two(lengths, seed):
    users = users_of(lengths, seed)
    times = np.random.default_rng(seed).integers(0, 50, len(users))
    split = split_leave_last_out(users, times, seed)
    for user, n in enumerate(lengths):
        own, when = split[users == user], times[users == user]
        assert (own == TEST).sum() == (1 if n > 1 else 0)
        assert (own == VALIDATION).sum() == (1 if n > 2 else 0)
        if n > 2:
            assert when[own == TRAIN].max() <= when[own == VALIDATION].min() <= when[own == TEST].min()


@settings(deadline=None)
@given(histories, seeds)
def test_time_split_never_trains_on_the_future(lengths, seed):
    users = users_of(lengths, seed)
    times = np.random.default_rng(seed).permutation(len(users))
    try:
        split = split_by_time(users, times)
    except InputError:
        assert len(users) < 5  # three fifths of so few is nothing
        return
    train, held_out = times[split == TRAIN], times[(split == TEST) | (split == VALIDATION)]
    if len(held_out):
        assert train.max() < held_out.min()
    assert set(users[split != DROPPED]) == set(users[split == TRAIN])


def test_time_split_keeps_one_moment_together():
    times = np.array([0, 1, 2, 2, 2, 2, 2, 3, 4, 5])
    split = split_by_time(np.zeros(10, dtype=int), times)
    assert len(set(split[times == 2])) == 1


@pytest.mark.parametrize("rule", [lambda users, times: split_leave_last_out(users, times, 0), split_by_time])
def test_splits_by_time_need_times(rule):
    with pytest.raises(InputError, match="needs times"):
        rule(np.array([0, 0, 1]), np.array([-1, -1, -1]))


def test_split_by_time_needs_different_times():
    with pytest.raises(InputError, match="too much alike"):
        split_by_time(np.array([0, 0, 1]), np.array([7, 7, 7]))
