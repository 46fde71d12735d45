"""What-if lists against lists ranked by the definition, and how long they take."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from core.errors import InputError
from core.recommend.recommender import Recommender
from core.recommend.user_terms import UserTerms
from core.recommend.what_if import BEHAVIOUR, weights_of, what_if


@pytest.fixture(scope="module")
def behaving(make_recommender: Callable[..., Recommender]) -> Recommender:
    return make_recommender(behaviour=True, bias=True)


def test_a_list_is_the_ranking_by_weighed_terms(behaving: Recommender) -> None:
    vectors, views = behaving.run.vectors, behaving.run.vectors.views
    weights = {"sound": 2.0, "price": 0.0, BEHAVIOUR: 0.5}
    for user in range(0, 24, 5):
        terms = behaving.terms(f"u{user}")
        found = what_if(terms, weights_of(terms, behaving.motivations, weights), k=4)
        slots = (vectors.user[user].double() * vectors.item.double()).sum(dim=2).numpy()
        own = (views["item_behaviour"].double() @ views["user_behaviour"][user].double()).numpy()
        scores = slots @ np.array([2.0, 0.0, 1.0, 1.0]) + 0.5 * own + vectors.item_bias.double().numpy()
        allowed = [item for item in range(16) if item not in behaving.history(user)]
        expected = sorted(allowed, key=lambda item: (-np.float32(scores[item]), item))
        assert [one.item_idx for one in found.items] == expected[:4]
        assert [one.rank for one in found.items] == [1, 2, 3, 4]
        assert [one.rank_before for one in found.items] == [behaving.rank_of(f"u{user}", f"i{one.item_idx}") for one in found.items]
        before = {entry.item_idx for entry in behaving.recommend(f"u{user}", k=4).items}
        assert {one.item_idx for one in found.left} == before - set(expected[:4])
        assert all(one.rank == expected.index(one.item_idx) + 1 > 4 >= one.rank_before for one in found.left)
        assert found.entered == len(set(expected[:4]) - before)


def test_weights_of_one_move_nothing(recommender: Recommender) -> None:
    terms = recommender.terms("u7")
    found = what_if(terms, weights_of(terms, recommender.motivations, {"sound": 1.0}), k=16)
    assert [one.item_idx for one in found.items] == [entry.item_idx for entry in recommender.recommend("u7", k=16).items]
    assert all(one.gained == 0 for one in found.items)
    assert found.left == ()


def test_ties_go_to_the_smaller_index_as_in_every_list() -> None:
    terms = UserTerms(np.zeros((2, 9)), np.zeros(9), 2, np.arange(9) == 4)
    items, _ = terms.top(np.ones(2), 5)
    assert items.tolist() == [0, 1, 2, 3, 5]
    assert terms.all_ranks(items, np.ones(2)).tolist() == [1, 2, 3, 4, 5]
    assert terms.ranks(5, np.ones((1, 2))).tolist() == [5]


def test_wrong_weights_are_told(recommender: Recommender) -> None:
    terms = recommender.terms("u7")
    with pytest.raises(InputError, match="no motivation 'smell'"):
        weights_of(terms, recommender.motivations, {"smell": 0.5})
    with pytest.raises(InputError, match="no motivation 'behaviour'"):
        weights_of(terms, recommender.motivations, {BEHAVIOUR: 0.5})
    for weight in (-1.0, float("nan")):
        with pytest.raises(InputError, match="weight of 'sound'"):
            weights_of(terms, recommender.motivations, {"sound": weight})


def test_a_hundred_thousand_items_are_ranked_anew_within_200_ms() -> None:
    generator = np.random.default_rng(0)
    terms = UserTerms(generator.normal(size=(10, 100_000)), generator.normal(size=100_000), 9, generator.random(100_000) < 0.001)
    weights = np.ones(10)
    took = []
    for weight in (0.0, 0.5, 2.0, 3.0, 1.5):
        weights[3] = weight
        started = time.process_time()  # of this process alone: the machine may have other work
        assert len(what_if(terms, weights, k=10).items) == 10
        took.append(time.process_time() - started)
    assert min(took) < 0.2
