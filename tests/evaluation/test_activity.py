"""Groups by activity partition the users, keep equals together, and average what they are given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.evaluation.activity import activity_groups

counts = st.lists(st.integers(0, 60), min_size=1, max_size=80)


@given(counts, st.integers(1, 8))
def test_every_user_is_in_exactly_one_group_within_its_edges(values: list[int], asked: int) -> None:
    n_training = np.array(values)
    found = activity_groups(n_training, asked)
    assert 1 <= len(found.sizes) <= asked
    assert found.sizes.sum() == len(values)
    assert (found.sizes > 0).all()
    for user, number in enumerate(values):
        inside = [low <= number <= high for low, high in zip(found.lows, found.highs, strict=True)]
        assert inside == [group == found.group[user] for group in range(len(found.sizes))]
    assert list(found.lows) == sorted(set(found.lows))
    assert all(high < low for high, low in zip(found.highs, found.lows[1:], strict=False))


@given(counts, st.integers(1, 8))
def test_group_means_weigh_up_to_the_mean_of_all(values: list[int], asked: int) -> None:
    figures = np.random.default_rng(len(values)).random(len(values))
    found = activity_groups(np.array(values), asked)
    means = found.means(figures)
    assert means @ found.sizes / len(values) == pytest.approx(figures.mean())
    for group in range(len(found.sizes)):
        own = [figure for figure, one in zip(figures, found.group, strict=True) if one == group]
        assert means[group] == pytest.approx(sum(own) / len(own))


@given(st.permutations(range(24)), st.integers(1, 6))
def test_distinct_activities_make_groups_of_equal_size(values: list[int], asked: int) -> None:
    found = activity_groups(np.array(values), asked)
    assert len(found.sizes) == asked
    assert found.sizes.max() - found.sizes.min() <= 1


def test_groups_go_from_cold_to_warm_and_say_so() -> None:
    found = activity_groups(np.array([3, 3, 3, 9, 4, 30, 12, 3]), 4)
    assert found.labels == ("3", "4-9", "12-30")
    assert found.sizes.tolist() == [4, 2, 2]
    assert found.group.tolist() == [0, 0, 0, 1, 1, 2, 2, 0]


def test_wrong_input_is_told() -> None:
    with pytest.raises(InputError, match="No user to group"):
        activity_groups(np.empty(0, dtype=np.int64))
    with pytest.raises(ValueError, match="0 groups"):
        activity_groups(np.array([1]), 0)
    with pytest.raises(ValueError, match="figures of"):
        activity_groups(np.array([1, 2])).means([1.0])
