from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.errors import InputError, NotFoundError
from core.recommend.faithfulness import deletion_test
from core.recommend.portrait import behaviour_shares, disagreements, portrait, similar_nodes
from core.recommend.recommender import Recommender
from core.training.opened import mean_contributions
from core.training.run import RunVectors


def test_portrait_shows_both_views_and_only_training_history(recommender: Recommender) -> None:
    splits = recommender.dataset.interactions["split"]
    for side, node, size in (("user", "u3", 5), ("item", "i3", None)):
        shown = portrait(recommender, side, node)  # type: ignore[arg-type]
        assert shown.has_text
        assert shown.has_behaviour
        assert 0 <= shown.agreement <= 1
        assert sum(view.text_share for view in shown.motivations) == pytest.approx(1)
        assert sum(view.behaviour_share for view in shown.motivations) == pytest.approx(1)
        assert (splits[shown.history["interaction_idx"]] == "train").all()
        assert size is None or len(shown.history) == size
        assert shown.history["timestamp"].is_monotonic_decreasing
        quotes = [quote for view in shown.motivations for quote in view.quotes]
        assert quotes
        assert not any("held out" in quote.statement for quote in quotes)


def test_portrait_of_an_unknown_node_is_refused(recommender: Recommender) -> None:
    with pytest.raises(NotFoundError, match="No item 'u3'"):
        portrait(recommender, "item", "u3")


def test_portrait_without_text_shows_behaviour(make_recommender: Callable[..., Recommender]) -> None:
    shown = portrait(make_recommender(profiles=False), "user", "u0")
    assert not shown.has_text
    assert shown.has_behaviour
    assert np.isnan(shown.agreement)
    assert [view.motivation for view in shown.motivations]


def test_portrait_without_named_slots_shows_text(make_recommender: Callable[..., Recommender]) -> None:
    shown = portrait(make_recommender(named=False), "user", "u0")
    assert shown.has_text
    assert not shown.has_behaviour
    assert shown.similar


def test_similar_nodes_are_the_brute_force_cosines(recommender: Recommender) -> None:
    vectors = recommender.run.vectors.item.flatten(1)
    cosines = torch.nn.functional.cosine_similarity(vectors[6:7].double(), vectors.double())
    expected = [index for index in cosines.argsort(descending=True).tolist() if index != 6][:4]
    assert [node.idx for node in similar_nodes(recommender, "item", 6, 4)] == expected
    of_slot = similar_nodes(recommender, "item", 6, 1, motivation="price")[0]
    slot = recommender.run.vectors.item[:, 1].double()
    assert of_slot.similarity == pytest.approx(float(torch.nn.functional.cosine_similarity(slot[6], slot[of_slot.idx], dim=0)))
    with pytest.raises(InputError, match="no motivation 'smell'"):
        similar_nodes(recommender, "item", 6, 1, motivation="smell")


def test_mean_contributions_are_means_of_the_terms(recommender: Recommender) -> None:
    run = recommender.run
    means = mean_contributions(run.vectors.user, run.vectors.item, run.training_pairs, chunk=7)
    own = [recommender.scorer.terms(2, int(item)) for item in recommender.history(2)]
    np.testing.assert_allclose(means["user"][2], np.mean(own, axis=0), rtol=1e-9)
    assert not mean_contributions(run.vectors.user, run.vectors.item, np.empty((0, 2), dtype=np.int64))["item"].any()


def test_behaviour_prefers_the_interaction_view(make_recommender: Callable[..., Recommender], recommender: Recommender) -> None:
    vectors = recommender.run.vectors
    only_price = torch.zeros(24, 4, 3), torch.zeros(16, 4, 3)
    for view in only_price:
        view[:, 1] = 1.0
    views = {"user_interaction": only_price[0], "item_interaction": only_price[1]}
    with_views = make_recommender(vectors=RunVectors(vectors.user, vectors.item, vectors.motivations, vectors.item_bias, views))
    np.testing.assert_allclose(behaviour_shares(with_views, "user"), np.tile([0, 1, 0, 0], (24, 1)), atol=1e-9)


def test_deleting_the_top_motivation_costs_more_than_another(recommender: Recommender) -> None:
    outcome = deletion_test(recommender, n=500, seed=1)
    assert outcome.n == 24
    assert outcome.top_drop > outcome.random_drop
    assert outcome.top_rank >= 1
    assert outcome.random_rank >= 1
    assert 0 <= outcome.top_hurts_more <= 1
    assert outcome == deletion_test(recommender, n=500, seed=1)


def test_deletion_test_agrees_with_counterfactuals(recommender: Recommender) -> None:
    falls, drops = [], []
    for user in range(24):
        first = recommender.recommend(f"u{user}", k=1).items[0].item
        top = recommender.explain(f"u{user}", first).contributions[0]
        after = recommender.counterfactual(f"u{user}", first, [top.motivation])
        falls.append(after.rank_after)
        drops.append(after.score - after.score_after)
    outcome = deletion_test(recommender, n=24)
    assert outcome.top_rank == pytest.approx(np.mean(falls))
    assert outcome.top_drop == pytest.approx(np.mean(drops))


def test_deletion_needs_named_motivations(make_recommender: Callable[..., Recommender]) -> None:
    with pytest.raises(InputError, match="two named motivations"):
        deletion_test(make_recommender(named=False))


def test_behaviour_of_one_node_is_its_row_of_all(recommender: Recommender) -> None:
    for side in ("user", "item"):
        rows = behaviour_shares(recommender, side)  # type: ignore[arg-type]
        for node in (0, 5, 11):
            shown = portrait(recommender, side, f"{side[0]}{node}")  # type: ignore[arg-type]
            own = {view.motivation: view.behaviour_share for view in shown.motivations}
            np.testing.assert_allclose([own[key] for key in recommender.motivations], rows[node], atol=1e-9)


def test_disagreements_say_where_text_and_behaviour_differ_largest_first(recommender: Recommender) -> None:
    shown = portrait(recommender, "user", "u3")
    told = disagreements(shown, least=0.01)
    differing = sorted((view for view in shown.motivations if abs(view.disagreement) >= 0.01), key=lambda view: -abs(view.disagreement))
    assert [line.split(":")[0] for line in told] == [view.name for view in differing]
    for line, view in zip(told, differing, strict=True):
        assert f"{100 * abs(view.disagreement):.0f} percentage points" in line
    assert disagreements(shown, least=1.01) == []


def test_without_one_of_the_views_nothing_disagrees(make_recommender: Callable[..., Recommender]) -> None:
    for missing in ({"profiles": False}, {"named": False}):
        assert disagreements(portrait(make_recommender(**missing), "user", "u0")) == []
