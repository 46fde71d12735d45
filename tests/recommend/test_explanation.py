from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pytest

from core.recommend.evidence import EvidenceIndex
from core.recommend.recommender import Recommender

PAIRS = [(user, item) for user in range(0, 24, 3) for item in range(16)]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("behaviour", [True, False])
def test_contributions_and_remainder_sum_to_the_score(
    make_recommender: Callable[..., Recommender], named: bool, bias: bool, behaviour: bool
) -> None:
    recommender = make_recommender(named=named, bias=bias, behaviour=behaviour)
    vectors = recommender.run.vectors
    for user, item in PAIRS:
        explained = recommender.explain(f"u{user}", f"i{item}")
        outside = float(vectors.item_bias[item])
        if behaviour:
            outside += float(vectors.views["user_behaviour"][user].double() @ vectors.views["item_behaviour"][item].double())
        direct = float((vectors.user[user].double() * vectors.item[item].double()).sum()) + outside
        assert explained.score == pytest.approx(direct, rel=1e-9, abs=1e-12)
        parts = sum(contribution.value for contribution in explained.contributions) + explained.remainder
        assert parts == pytest.approx(explained.score, rel=1e-9, abs=1e-12)
        if named:
            assert explained.remainder == pytest.approx(outside, rel=1e-12, abs=1e-15)
        else:
            assert explained.contributions == []
            assert explained.remainder == pytest.approx(explained.score)


def test_behaviour_counts_in_lists_ranks_and_counterfactuals(make_recommender: Callable[..., Recommender]) -> None:
    recommender = make_recommender(behaviour=True)
    dropped = recommender.motivations[0]
    for entry in recommender.recommend("u4", k=8).items:
        explained = recommender.explain("u4", entry.item)
        assert explained.score == pytest.approx(entry.score, rel=1e-6)
        assert explained.rank == entry.rank
        without = recommender.counterfactual("u4", entry.item, drop=[dropped])
        term = next(one.value for one in explained.contributions if one.motivation == dropped)
        assert without.score_after == pytest.approx(explained.score - term)
        reweighted = recommender.reweighted("u4", {dropped: 0.0}, k=16)
        assert {one.item: one.rank for one in reweighted.items}[entry.item] == without.rank_after


def test_sentence_says_how_much_no_review_explains(make_recommender: Callable[..., Recommender]) -> None:
    recommender = make_recommender(behaviour=True)
    told = 0
    for user, item in PAIRS:
        explained = recommender.explain(f"u{user}", f"i{item}")
        speaking = sum(max(0.0, value) for value in [*(one.value for one in explained.contributions), explained.remainder])
        share = explained.remainder / speaking if speaking > 0 else 0.0
        said = f"{100 * share:.0f} % comes from behaviour alone" in explained.sentence
        assert said == (share >= 0.1)
        told += said
    assert 0 < told < len(PAIRS)


def test_remainder_of_the_slot_form_is_exactly_zero(recommender: Recommender) -> None:
    assert all(recommender.explain(f"u{user}", f"i{item}").remainder == 0.0 for user, item in PAIRS)


def test_explained_score_is_the_listed_score_and_rank(recommender: Recommender) -> None:
    for entry in recommender.recommend("u4", k=8).items:
        explained = recommender.explain("u4", entry.item)
        assert explained.score == pytest.approx(entry.score, rel=1e-6)
        assert explained.rank == entry.rank
        assert not explained.in_history


def test_contributions_are_sorted_and_shares_are_of_what_speaks_for_the_item(recommender: Recommender) -> None:
    for user, item in PAIRS:
        contributions = recommender.explain(f"u{user}", f"i{item}").contributions
        values = [contribution.value for contribution in contributions]
        assert values == sorted(values, reverse=True)
        positive = sum(value for value in values if value > 0)
        if positive:
            assert sum(contribution.share for contribution in contributions if contribution.value > 0) == pytest.approx(1)
            assert contributions[0].share == pytest.approx(values[0] / positive)


def test_evidence_is_never_from_a_held_out_review(recommender: Recommender) -> None:
    splits = recommender.dataset.interactions["split"]
    assert recommender.run.profiles is not None
    assert recommender.run.profiles.statements["statement"].str.contains("held out").any()
    for user, item in PAIRS:
        for contribution in recommender.explain(f"u{user}", f"i{item}", evidence=50).contributions:
            for evidence in contribution.user_evidence + contribution.item_evidence:
                assert "held out" not in evidence.statement
                assert evidence.interaction_idx < 0 or splits[evidence.interaction_idx] == "train"


def test_evidence_is_of_the_user_the_item_and_the_motivation(recommender: Recommender) -> None:
    for user, item in PAIRS:
        for contribution in recommender.explain(f"u{user}", f"i{item}").contributions:
            for evidence in contribution.user_evidence:
                assert evidence.user == f"u{user}"
                assert evidence.statement.endswith(contribution.motivation)
            for evidence in contribution.item_evidence:
                assert evidence.item == f"i{item}"
                assert evidence.statement.endswith(contribution.motivation)


def test_own_review_is_marked(recommender: Recommender) -> None:
    user, item = (int(index) for index in recommender.dataset.pairs("train")[0])
    explained = recommender.explain(f"u{user}", f"i{item}", evidence=50)
    assert explained.in_history
    found = [evidence for contribution in explained.contributions for evidence in contribution.user_evidence + contribution.item_evidence]
    assert any(evidence.own_review for evidence in found)
    assert all(evidence.own_review == (evidence.item == f"i{item}" and evidence.user == f"u{user}") for evidence in found)


def test_own_review_is_not_compared_with_itself(recommender: Recommender) -> None:
    for user, item in recommender.dataset.pairs("train")[:20]:
        for contribution in recommender.explain(f"u{user}", f"i{item}", evidence=50).contributions:
            assert all((evidence.similarity or 0) < 1 - 1e-9 for evidence in contribution.user_evidence)


def test_silent_sides_are_said_plainly(recommender: Recommender) -> None:
    ease = next(part for part in recommender.explain("u1", "i0").contributions if part.motivation == "ease")
    assert ease.item_silent
    assert ease.item_evidence == []
    assert ease.silence == "No review of the item mentions The ease; the item's side of the term comes from behaviour and other words."


def test_run_without_profiles_explains_without_evidence(make_recommender: Callable[..., Recommender]) -> None:
    explained = make_recommender(profiles=False).explain("u0", "i1")
    assert [part.motivation for part in explained.contributions]
    assert all(part.user_silent and part.item_silent and not part.user_evidence for part in explained.contributions)
    assert all(part.name == part.motivation.capitalize() for part in explained.contributions)


def test_same_quote_is_shown_once(recommender: Recommender) -> None:
    profiles = recommender.run.profiles
    assert profiles is not None
    said_twice = profiles.statements.assign(quote="Worth  EVERY penny", statement="Worth it")
    index = EvidenceIndex(said_twice, profiles.taxonomy.keys, recommender.dataset, None)
    assert len(index.for_pair(0, 0, "sound", 1.0, 10)[0]) == 1


def test_telling_statements_come_first(recommender: Recommender) -> None:
    assert recommender.evidence is not None
    for item in range(16):
        _, of_item = recommender.evidence.for_pair(0, item, "sound", 1.0, 50)
        telling = [
            evidence.strength
            * evidence.confidence
            * (1 + max(evidence.similarity or 0, 0))
            * (1 if evidence.polarity == "positive" else 0.5)
            for evidence in of_item
        ]
        assert telling == sorted(telling, reverse=True)


def test_similarity_is_the_highest_cosine_to_the_other_side(recommender: Recommender) -> None:
    index, embeddings = recommender.evidence, recommender.run.statement_embeddings
    assert index is not None
    assert embeddings is not None
    of_user, _ = index.for_pair(0, 3, "sound", 1.0, 50)
    others = index.statements.iloc[index.rows("item", 3, "sound")]["embedding_row"]
    for evidence in of_user:
        row = index.statements[index.statements["statement"] == evidence.statement]["embedding_row"].iloc[0]
        cosines = [float(embeddings[row] @ embeddings[other] / embeddings[row].norm() / embeddings[other].norm()) for other in others]
        assert evidence.similarity == pytest.approx(max(cosines), abs=1e-6)


def test_document_has_the_fields_of_the_contract(recommender: Recommender) -> None:
    document = json.loads(json.dumps(recommender.explain("u0", "i1").document()))
    assert {"user", "item", "score", "contributions", "remainder"} <= document.keys()
    for part in document["contributions"]:
        assert {"motivation", "value", "user_evidence", "item_evidence"} <= part.keys()
        for evidence in part["user_evidence"] + part["item_evidence"]:
            assert {"quote", "statement", "item"} <= evidence.keys()


def test_sentence_names_the_top_motivation_and_its_share(recommender: Recommender, make_recommender: Callable[..., Recommender]) -> None:
    explained = recommender.explain("u4", recommender.recommend("u4", k=1).items[0].item)
    top = explained.contributions[0]
    assert explained.sentence.startswith(f"“{explained.title}”: {top.name} makes {100 * top.share:.0f} % of what speaks for it")
    assert top.user_evidence[0].quote in explained.sentence
    assert "does not split" in make_recommender(named=False).explain("u4", "i3").sentence


def test_counterfactual_is_the_ranking_without_the_motivations(recommender: Recommender) -> None:
    user, item = 4, recommender.recommend("u4", k=1).items[0].item_idx
    for drop in (["sound"], ["price", "other"], list(recommender.motivations)):
        kept = [slot for slot, key in enumerate(recommender.motivations) if key not in drop]
        scores = np.array([recommender.scorer.terms(user, other)[kept].sum() for other in range(16)])
        after = recommender.counterfactual("u4", f"i{item}", drop)
        left_out = set(recommender.history(user).tolist())
        ahead = [
            other
            for other in range(16)
            if other not in left_out and (-np.float32(scores[other]), other) < (-np.float32(scores[item]), item)
        ]
        assert after.rank == 1
        assert after.rank_after == len(ahead) + 1
        assert after.score_after == pytest.approx(scores[item], rel=1e-9, abs=1e-12)


def test_dropping_nothing_changes_nothing(recommender: Recommender) -> None:
    same = recommender.counterfactual("u4", "i2", [])
    assert (same.score, same.rank) == (same.score_after, same.rank_after)


def test_statements_of_another_taxonomy_are_no_evidence(recommender: Recommender) -> None:
    index = recommender.evidence
    assert index is not None
    assert index.for_pair(0, 0, "not a motivation", 1.0, 5) == ([], [])


def test_run_is_immutable(recommender: Recommender) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        recommender.run.id = "other"  # type: ignore[misc]
