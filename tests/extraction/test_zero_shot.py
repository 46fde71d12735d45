"""The zero-shot extractor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.encoding.encoder import TextEncoder, default_encoder
from core.encoding.tfidf import TfidfEncoder
from core.errors import InputError
from core.extraction.schema import Extractor, Review
from core.extraction.taxonomy import Taxonomy
from core.extraction.zero_shot import Thresholds, ZeroShotExtractor, strengths

TAXONOMY = Taxonomy.default("products")
REVIEW = Review(
    text="The sound is rich and warm. It was a bargain!\nI bought it as a present for my son but it broke within a week.", rating=3
)


@pytest.fixture(scope="module")
def extractor() -> ZeroShotExtractor:
    try:
        return ZeroShotExtractor(TAXONOMY, default_encoder("minilm").encoder)
    except InputError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def fallback() -> ZeroShotExtractor:
    return ZeroShotExtractor(TAXONOMY, _tfidf())


def _tfidf() -> TextEncoder:
    return TfidfEncoder.fit([phrase for entry in TAXONOMY.motivations for phrase in (*entry.examples, entry.description)])


def test_names_the_motivation_of_each_sentence(extractor: Extractor) -> None:
    found = extractor.extract(REVIEW).motivations
    assert [motivation.name for motivation in found] == ["performance", "value_for_money", "gift_social", "build_quality"]
    assert [motivation.polarity for motivation in found] == ["positive", "positive", "positive", "negative"]


def test_sentences_that_fit_any_review_are_other(extractor: Extractor) -> None:
    texts = ["I am pleased.", "Love it!", "Five stars from me.", "Would buy it again."]
    answers = extractor.extract_many([Review(text=text) for text in texts])
    assert [answer.motivations[0].name for answer in answers] == ["other"] * 4


def test_need_is_the_strongest_motivation(extractor: Extractor) -> None:
    assert extractor.extract(Review(text="Great value for the money. So cheap! The sound is fine.")).need == "Value for money"
    assert extractor.extract(Review(text="Hm.")).need == ""


def test_review_reads_the_same_alone_and_in_a_batch(extractor: Extractor) -> None:
    reviews = [REVIEW, Review(text=""), Review(text="Setup took a minute.", rating=5), Review(text="Too small for my case. ok")]
    assert extractor.extract_many(reviews) == [extractor.extract(review) for review in reviews]


def test_reasoning_says_that_no_language_model_read_it(extractor: Extractor) -> None:
    assert "No language model" in extractor.extract(REVIEW).reasoning


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300), st.none() | st.floats(1, 5))
def test_every_quote_stands_in_the_review(text: str, rating: float | None) -> None:
    extractor = ZeroShotExtractor(TAXONOMY, _SMALL)
    answer = extractor.extract(Review(text=text, rating=rating))
    for motivation in answer.motivations:
        assert motivation.quote in text
        assert motivation.name in TAXONOMY.keys
        assert 0.0 <= motivation.strength <= 1.0


_SMALL = _tfidf()


def test_fallback_names_sentences_by_their_words(fallback: Extractor) -> None:
    found = fallback.extract(Review(text="Such a bargain, great value for the money. Zzz qqq.")).motivations
    assert [motivation.name for motivation in found] == ["value_for_money", "other"]


def test_threshold_decides_what_is_other() -> None:
    everything = ZeroShotExtractor(TAXONOMY, _SMALL, Thresholds(evidence=-2.0, temperature=0.1))
    nothing = ZeroShotExtractor(TAXONOMY, _SMALL, Thresholds(evidence=2.0, temperature=0.1))
    vectors = _SMALL.encode(["great value", "it fits"])
    assert (everything.label(vectors).motivation < len(TAXONOMY)).all()
    assert (nothing.label(vectors).motivation == len(TAXONOMY)).all()


def test_one_motivation_is_enough() -> None:
    taxonomy = TAXONOMY.model_copy(update={"motivations": TAXONOMY.motivations[:1]})
    labels = ZeroShotExtractor(taxonomy, _SMALL).label(_SMALL.encode(["warm sound", "zzz"]))
    assert labels.scores.shape == (2, 1)


def test_strength_follows_its_formula() -> None:
    values = strengths(np.array([0.0, 1.0, 0.5]), np.array([0.0, 1.0, 0.5]), np.array([np.nan, 5.0, 3.0]))
    np.testing.assert_allclose(values, [0.3, 1.0, 0.6], atol=1e-6)
