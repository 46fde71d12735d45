"""Deletion tests of pairs and of runs against counterfactuals asked one by one, and against all orders."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest

from core.errors import InputError
from core.recommend.faithfulness import faithfulness_curves, single_deletions
from core.recommend.pair_faithfulness import deletion_of, pair_faithfulness
from core.recommend.recommender import Recommender
from core.recommend.run_faithfulness import interval, kept_faithfulness, measured, run_faithfulness
from core.recommend.user_terms import UserTerms
from core.workspace import Workspace


@pytest.fixture(scope="module")
def behaving(make_recommender: Callable[..., Recommender]) -> Recommender:
    return make_recommender(behaviour=True, bias=True)


def after(recommender: Recommender, user: str, item: str, order: tuple[str, ...]) -> list[tuple[float, int]]:
    found = [recommender.counterfactual(user, item, list(order[:step])) for step in range(len(order) + 1)]
    return [(one.score_after, one.rank_after) for one in found]


@pytest.mark.parametrize(("user", "item"), [("u3", "i2"), ("u4", "i7")])
def test_a_pair_is_its_counterfactuals_in_order_and_in_all_orders(behaving: Recommender, user: str, item: str) -> None:
    found = pair_faithfulness(behaving, user, item)
    assert found is not None
    assert found.exact
    assert found.order == [part.motivation for part in behaving.explain(user, item).contributions]
    own = after(behaving, user, item, tuple(found.order))
    assert found.scores == pytest.approx([score for score, _ in own])
    assert found.ranks == [rank for _, rank in own]
    every = np.array([after(behaving, user, item, order) for order in permutations(behaving.motivations)])
    assert found.random_scores == pytest.approx(every[..., 0].mean(axis=0).tolist())
    assert found.random_ranks == pytest.approx(every[..., 1].mean(axis=0).tolist())
    assert found.random_reciprocal_ranks == pytest.approx((1 / every[..., 1]).mean(axis=0).tolist())
    backwards = after(behaving, user, item, tuple(found.order[::-1]))
    assert found.insertion_reciprocal_ranks == pytest.approx([1 / rank for _, rank in backwards][::-1])


def test_a_run_agrees_with_the_curves_measured_another_way(behaving: Recommender) -> None:
    found = measured(behaving, users=24)
    curves, single = faithfulness_curves(behaving, n=24, orders=1), single_deletions(behaving, n=24)
    assert found.n == 24
    assert found.deletion.scores == pytest.approx(curves.deletion.scores.tolist())
    assert found.deletion.reciprocal_ranks == pytest.approx(curves.deletion.reciprocal_ranks.tolist())
    assert found.insertion.reciprocal_ranks == pytest.approx(curves.insertion.reciprocal_ranks.tolist())
    assert found.random_insertion.scores == pytest.approx(curves.random_insertion.scores.tolist())
    assert (found.score_beats.value, found.rank_beats.value) == pytest.approx((single.score_share, single.rank_share))
    assert found.rank_holds.value == pytest.approx(single.rank_share + single.rank_tied)
    assert found.deletion.area < found.random_deletion.area < found.insertion.area


def test_more_motivations_than_can_be_counted_are_drawn() -> None:
    generator = np.random.default_rng(0)
    terms = UserTerms(generator.normal(size=(14, 40)), np.zeros(40), 14, np.zeros(40, dtype=bool))
    found = deletion_of(terms, 3, tuple(f"m{n}" for n in range(14)))
    assert (found.exact, found.orders) == (False, 100)
    assert (found.random_ranks[0], found.random_ranks[-1]) == (found.ranks[0], found.ranks[-1])
    assert found == deletion_of(terms, 3, tuple(f"m{n}" for n in range(14)))


def test_figures_of_a_run_are_made_once(behaving: Recommender, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept_faithfulness(workspace, "run-0", 24) is None
    told: list[int] = []
    first = run_faithfulness(workspace, behaving, 24, progress=lambda event: told.append(event.done))
    assert told == [*range(24), 24]
    monkeypatch.setattr("core.recommend.run_faithfulness.measured", None)
    assert run_faithfulness(workspace, behaving, 24) == first == kept_faithfulness(workspace, "run-0", 24)


def test_interval_is_wilsons() -> None:
    """Of 81 successes in 263 trials, the example of Newcombe (1998, table I): 0.2553 to 0.3662; certainty needs endless trials."""
    found = interval(81 / 263, 263)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert interval(1.0, 50).high == 1.0
    assert 0.9 < interval(1.0, 50).low < 1.0


def test_runs_without_names_have_no_deletion_test(make_recommender: Callable[..., Recommender]) -> None:
    unnamed = make_recommender(named=False)
    assert pair_faithfulness(unnamed, "u0", "i1") is None
    with pytest.raises(InputError, match="two named motivations"):
        measured(unnamed)
