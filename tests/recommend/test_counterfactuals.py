"""Counterfactuals against every set of motivations tried one by one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.recommend.counterfactuals import SmallestMotivations, smallest_motivations, without_each
from core.recommend.recommender import Recommender
from core.training.run import RunVectors


@pytest.fixture(scope="module")
def behaving(make_recommender: Callable[..., Recommender]) -> Recommender:
    return make_recommender(behaviour=True, bias=True)


def brute(recommender: Recommender, user: str, item: str, k: int) -> list[tuple[str, ...]]:
    """The sets of the smallest size that works, all of them."""
    for size in range(1, len(recommender.motivations) + 1):
        options = combinations(recommender.motivations, size)
        if works := [drop for drop in options if recommender.counterfactual(user, item, list(drop)).rank_after > k]:
            return works
    return []


def agrees(found: SmallestMotivations, recommender: Recommender, user: str, item: str, k: int) -> bool:
    works = brute(recommender, user, item, k)
    if not works:
        assert (found.outcome, found.change, found.proven) == ("none", None, len(recommender.motivations))
        return False
    assert found.outcome == "found"
    assert found.change is not None
    assert len(found.change.dropped) == len(works[0]) == found.proven + 1
    assert found.change.rank_after > k
    best = max(recommender.counterfactual(user, item, list(drop)).score_after for drop in works)
    assert found.change.score_after == pytest.approx(best)
    return True


@pytest.mark.parametrize("k", [1, 3])
def test_smallest_motivations_are_minimal_and_take_least(recommender: Recommender, behaving: Recommender, k: int) -> None:
    outcomes = set()
    for one in (recommender, behaving):
        for user in range(0, 24, 2):
            for entry in one.recommend(f"u{user}", k=k).items:
                outcomes.add(agrees(smallest_motivations(one, f"u{user}", entry.item, k=k), one, f"u{user}", entry.item, k))
    assert outcomes == {True, False}


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 6), user=st.integers(0, 23))
def test_any_vectors_give_the_minimal_set(make_recommender: Callable[..., Recommender], seed: int, k: int, user: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    keys = make_recommender().motivations
    # Whole numbers: many items tie, and ties are broken by the item's index.
    users, items = (torch.randint(-2, 3, (n, len(keys), 2), generator=generator).float() for n in (24, 16))
    one = make_recommender(vectors=RunVectors(users, items, keys, torch.zeros(16), {}), profiles=False)
    entry = one.recommend(f"u{user}", k=k).items[-1]
    agrees(smallest_motivations(one, f"u{user}", entry.item, k=k), one, f"u{user}", entry.item, k)


def test_without_each_is_the_counterfactual_of_each(behaving: Recommender) -> None:
    for user, item in (("u3", "i2"), ("u4", "i7"), ("u9", "i1")):
        plain = behaving.counterfactual(user, item, [])
        for one in without_each(behaving, user, item):
            after = behaving.counterfactual(user, item, [one.motivation])
            assert (one.rank, one.lost) == (after.rank_after, after.rank_after - plain.rank)
            assert one.score == pytest.approx(after.score_after)
            assert one.value == pytest.approx(after.score - after.score_after)


def test_a_search_that_ends_early_says_how_far_it_came(behaving: Recommender) -> None:
    for user in range(24):
        first = behaving.recommend(f"u{user}", k=1).items[0].item
        whole = smallest_motivations(behaving, f"u{user}", first, k=1)
        short = smallest_motivations(behaving, f"u{user}", first, k=1, most_sets=0)
        assert short.outcome in ("beyond", "none")
        assert short.proven <= whole.proven


def test_item_outside_the_list_and_runs_without_names_have_nothing_to_drop(
    recommender: Recommender, make_recommender: Callable[..., Recommender]
) -> None:
    last = recommender.recommend("u0", k=16).items[-1]
    outside = smallest_motivations(recommender, "u0", last.item, k=3)
    assert (outside.outcome, outside.rank, outside.change) == ("not listed", last.rank, None)
    unnamed = make_recommender(named=False)
    assert smallest_motivations(unnamed, "u0", "i1", k=16).outcome == "not listed"
    assert without_each(unnamed, "u0", "i1") == []


def test_ranks_of_all_subsets_are_counterfactuals(behaving: Recommender) -> None:
    keys = behaving.motivations
    for user, item in (("u3", 2), ("u4", 7), ("u5", 15)):
        ranks = behaving.terms(user).subset_ranks(item)
        assert len(ranks) == 2 ** len(keys)
        for kept, rank in enumerate(ranks):
            drop = [key for slot, key in enumerate(keys) if not kept >> slot & 1]
            assert rank == behaving.counterfactual(user, f"i{item}", drop).rank_after


def test_too_many_motivations_have_too_many_subsets(make_recommender: Callable[..., Recommender]) -> None:
    terms = make_recommender().terms("u0")
    many = type(terms)(np.repeat(terms.terms, 4, axis=0), terms.rest, 16, terms.left_out)
    with pytest.raises(ValueError, match="too many subsets"):
        many.subset_ranks(0)
