"""Deletions and curves against counterfactuals asked one by one, and against orders that are known to be right or wrong."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, permutations

import numpy as np
import pytest
import torch

from core.errors import InputError
from core.recommend.faithfulness import faithfulness_curves, single_deletions
from core.recommend.recommender import Recommender
from core.training.run import RunVectors

N_USERS, N_SLOTS = 24, 4


@pytest.fixture(scope="module")
def biased(make_recommender: Callable[..., Recommender]) -> Recommender:
    return make_recommender(bias=True)


def firsts(recommender: Recommender, k: int = 1) -> list[tuple[str, str]]:
    return [(f"u{user}", one.item) for user in range(N_USERS) for one in recommender.recommend(f"u{user}", k=k).items]


def order_of(recommender: Recommender, user: str, item: str) -> list[str]:
    return [one.motivation for one in recommender.explain(user, item).contributions]


def test_single_deletions_are_counterfactuals_over_all_others(biased: Recommender) -> None:
    drops, ranks, lower_score, lower_rank, tied = [], [], [], [], []
    for user, item in firsts(biased, k=2):
        top, *others = order_of(biased, user, item)
        after = {key: biased.counterfactual(user, item, [key]) for key in (top, *others)}
        drops.append([after[key].score - after[key].score_after for key in (top, *others)])
        ranks.append([after[key].rank_after for key in (top, *others)])
        lower_score.append(np.mean([after[top].score_after < after[key].score_after for key in others]))
        lower_rank.append(np.mean([after[top].rank_after > after[key].rank_after for key in others]))
        tied.append(np.mean([after[top].rank_after == after[key].rank_after for key in others]))
    found = single_deletions(biased, n=N_USERS, k=2)
    assert found.n == len(drops)
    assert (found.top_drop, found.other_drop) == pytest.approx((np.mean(drops, axis=0)[0], np.mean(drops, axis=0)[1:].mean()))
    assert (found.top_rank, found.other_rank) == pytest.approx((np.mean(ranks, axis=0)[0], np.mean(ranks, axis=0)[1:].mean()))
    assert found.score_share == pytest.approx(np.mean(lower_score))
    assert (found.rank_share, found.rank_tied) == pytest.approx((np.mean(lower_rank), np.mean(tied)))


def test_curves_are_counterfactuals_step_by_step(biased: Recommender) -> None:
    deletion, insertion = [], []
    for user, item in firsts(biased):
        order = order_of(biased, user, item)
        away = [biased.counterfactual(user, item, order[:step]) for step in range(N_SLOTS + 1)]
        added = [biased.counterfactual(user, item, order[step:]) for step in range(N_SLOTS + 1)]
        deletion.append([(one.score_after, one.rank_after, 1 / one.rank_after) for one in away])
        insertion.append([(one.score_after, one.rank_after, 1 / one.rank_after) for one in added])
    found = faithfulness_curves(biased, n=N_USERS, orders=1)
    for curve, expected in ((found.deletion, deletion), (found.insertion, insertion)):
        means = np.mean(expected, axis=0).T
        assert curve.scores == pytest.approx(means[0], abs=1e-5)
        assert curve.ranks == pytest.approx(means[1])
        assert curve.reciprocal_ranks == pytest.approx(means[2])
        areas = [sum((one[step] + one[step + 1]) / 2 for step in range(N_SLOTS)) / N_SLOTS for one in means]
        assert (curve.score_area, curve.reciprocal_rank_area) == pytest.approx((areas[0], areas[2]), abs=1e-5)


def test_random_curves_are_the_mean_over_all_orders(biased: Recommender) -> None:
    """Scores exactly; ranks, of which only some orders are drawn, within their error."""
    scores, reciprocal = [], []
    for user, item in firsts(biased):
        subsets = [chosen for size in range(N_SLOTS + 1) for chosen in combinations(biased.motivations, size)]
        after = {frozenset(one): biased.counterfactual(user, item, list(one)) for one in subsets}
        for order in permutations(biased.motivations):
            away = [after[frozenset(order[:step])] for step in range(N_SLOTS + 1)]
            scores.append([one.score_after for one in away])
            reciprocal.append([1 / one.rank_after for one in away])
    found = faithfulness_curves(biased, n=N_USERS, orders=60)
    assert found.random_deletion.scores == pytest.approx(np.mean(scores, axis=0))
    assert found.random_deletion.reciprocal_ranks == pytest.approx(np.mean(reciprocal, axis=0), abs=0.03)
    assert found.random_insertion.scores.tolist() == found.random_deletion.scores[::-1].tolist()
    assert found.random_insertion.reciprocal_ranks.tolist() == found.random_deletion.reciprocal_ranks[::-1].tolist()


def test_the_explanations_order_beats_random_ones(recommender: Recommender) -> None:
    found = faithfulness_curves(recommender, n=N_USERS)
    assert found.n == N_USERS
    assert found.deletion.score_area < found.random_deletion.score_area < found.insertion.score_area
    assert found.deletion.reciprocal_rank_area < found.random_deletion.reciprocal_rank_area < found.insertion.reciprocal_rank_area
    assert found.deletion.ranks[0] == found.insertion.ranks[-1] == 1
    assert single_deletions(recommender, n=N_USERS).score_share == 1


def test_equal_motivations_cannot_be_told_apart(make_recommender: Callable[..., Recommender]) -> None:
    """Where every slot holds the same vector no motivation matters more, and no order is better than another."""
    generator = torch.Generator().manual_seed(1)
    user, item = (torch.randn(n, 1, 3, generator=generator).repeat(1, N_SLOTS, 1) for n in (N_USERS, 16))
    keys = make_recommender().motivations
    same = make_recommender(vectors=RunVectors(user, item, keys, torch.zeros(16), {}))
    found = single_deletions(same, n=N_USERS)
    assert (found.score_share, found.rank_share, found.rank_tied) == (0, 0, 1)
    curves = faithfulness_curves(same, n=N_USERS, orders=2)
    assert curves.deletion.score_area == pytest.approx(curves.random_deletion.score_area)
    assert curves.deletion.ranks == pytest.approx(curves.random_deletion.ranks)


def test_draws_repeat_with_their_seed(recommender: Recommender) -> None:
    first, again, other = (faithfulness_curves(recommender, n=9, orders=2, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.random_deletion.ranks, again.random_deletion.ranks)
    assert not np.array_equal(first.deletion.scores, other.deletion.scores)


def test_wrong_input_is_told(make_recommender: Callable[..., Recommender]) -> None:
    unnamed = make_recommender(named=False)
    with pytest.raises(InputError, match="two named motivations"):
        single_deletions(unnamed)
    with pytest.raises(InputError, match="two named motivations"):
        faithfulness_curves(unnamed)
    with pytest.raises(ValueError, match="0 random orders"):
        faithfulness_curves(make_recommender(), orders=0)
