"""Newcomers: the same explanation from words alone, exactly summed, and honest about what it lacks."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import InputError
from core.extraction.schema import Motivation, Review, ReviewMotivations
from core.recommend.newcomer import PICKED, Newcomer, Newcomers
from tests.recommend.trained import Trained

TEXTS = [Review(text="The sound is rich and clear. It was cheap and worth every penny."), Review(text="Setup took two minutes.")]


class Inventing:
    """An extractor that quotes what nobody wrote."""

    name = "inventing"

    def extract(self, review: Review) -> ReviewMotivations:
        said = {"statement": "cheap", "polarity": "positive", "strength": 0.5}
        quotes = ("worth every penny", "I adore the purple colour of it")
        return ReviewMotivations(motivations=[Motivation(name="value_for_money", quote=quote, **said) for quote in quotes])

    def extract_many(self, reviews: list[Review]) -> list[ReviewMotivations]:
        return [self.extract(review) for review in reviews]


@pytest.fixture(scope="module")
def newcomers(trained: Trained) -> Newcomers:
    return Newcomers.open(trained.workspace, trained.recommender)


@pytest.fixture(scope="module")
def newcomer(newcomers: Newcomers) -> Newcomer:
    return newcomers.of_reviews(TEXTS, newcomers.embedded)


def test_every_quote_stands_in_the_pasted_reviews(newcomer: Newcomer) -> None:
    assert len(newcomer.said) == 3
    assert all(any(said.quote in review.text for review in TEXTS) for said in newcomer.said)
    assert all(said.source == "review" and said.interaction_idx == -1 for said in newcomer.said)


def test_terms_sum_to_the_score_and_there_is_no_behaviour(newcomers: Newcomers, newcomer: Newcomer) -> None:
    listed = newcomers.recommend(newcomer, k=5)
    assert [entry.rank for entry in listed.items] == [1, 2, 3, 4, 5]
    for entry in listed.items:
        why = newcomers.explain(newcomer, entry.item)
        assert sum(part.value for part in why.contributions) + why.remainder == pytest.approx(why.score)
        assert why.score == pytest.approx(entry.score, rel=1e-5)
        assert (why.remainder, why.nearest, why.rank, why.in_history) == (0.0, [], entry.rank, False)
        assert "behaviour" not in why.sentence
        assert "the user wrote" not in why.sentence
        for part in why.contributions:
            assert part.user_silent == (not part.user_evidence)
            assert bool(part.silence) == (part.user_silent or part.item_silent)
            assert all(said.quote in "".join(review.text for review in TEXTS) for said in part.user_evidence)


def test_the_list_is_the_ranking_of_the_text_vector(newcomers: Newcomers, newcomer: Newcomer) -> None:
    terms = newcomers.terms(newcomer)
    scores = terms.terms.sum(axis=0) + terms.rest
    expected = sorted(range(16), key=lambda item: (-np.float32(scores[item]), item))
    assert [entry.item_idx for entry in newcomers.recommend(newcomer, k=16).items] == expected


def test_a_training_users_words_alone_make_the_text_part_of_that_users_vector(trained: Trained, newcomers: Newcomers) -> None:
    run = trained.recommender.run
    rows = trained.recommender.dataset.rows("train")
    own = rows[rows["user_idx"] == 5]
    reviews = [Review(text=f"{row.text}", rating=float(row.rating)) for row in own.itertuples()]
    again = newcomers.of_reviews(reviews, newcomers.embedded)
    assert run.profiles is not None
    statements = run.profiles.statements
    of_user = statements[(statements["user_idx"] == 5) & statements["statement"].isin([said.statement for said in again.said])]
    assert sorted(said.quote for said in again.said) == sorted(of_user["quote"])


def test_picked_motivations_pull_their_slot(newcomers: Newcomers, trained: Trained) -> None:
    key = trained.recommender.motivations[1]
    newcomer = newcomers.of_picks([key, key])
    assert set(newcomer.motivation.tolist()) == {1}
    assert {said.source for said in newcomer.said} == {PICKED}
    first = newcomers.recommend(newcomer, k=1).items[0]
    why = newcomers.explain(newcomer, first.item)
    speaking = next(part for part in why.contributions if part.motivation == key)
    assert speaking.user_evidence
    assert "the user wrote" not in why.sentence
    assert why.contributions[0] is not speaking or "which was picked and stands for “" in why.sentence
    assert all(part.user_silent for part in why.contributions if part.motivation != key)


def test_invented_quotes_are_left_out_and_counted(newcomers: Newcomers) -> None:
    found = newcomers.of_reviews(TEXTS[:1], Inventing())
    assert [said.quote for said in found.said] == ["worth every penny"]
    assert found.ungrounded == 1


def test_wrong_input_is_told(newcomers: Newcomers) -> None:
    for reviews, message in (([], "no text"), ([Review(text="  ")], "no text"), ([Review(text="x" * 20_001)], "too much")):
        with pytest.raises(InputError, match=message):
            newcomers.of_reviews(reviews, newcomers.embedded)
    with pytest.raises(InputError, match="No motivation is picked"):
        newcomers.of_picks([])
    with pytest.raises(InputError, match="no motivation 'smell'"):
        newcomers.of_picks(["smell"])
