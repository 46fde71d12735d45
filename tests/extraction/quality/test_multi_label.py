"""Several motivations of a sentence: clauses, presence by its formula, thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.encoding.encoder import Vectors, normalised
from core.extraction.quality.gold import Nothing
from core.extraction.quality.multi_label import TEMPERATURE, WHOLE, MultiLabelScorer, best_threshold, clauses
from core.extraction.taxonomy import Taxonomy, TaxonomyEntry
from core.extraction.zero_shot import ZeroShotExtractor

WORDS = ("tea", "cake", "staff", "price", "closed")


class WordEncoder:
    """One axis a known word: what the scores should be can be worked out by hand."""

    name = "words"
    fingerprint = "words"
    precision = "float32"
    dim = len(WORDS) + 1

    def encode(self, texts: Sequence[str]) -> Vectors:
        counts = [[float(word in text.lower()) for word in WORDS] + [0.2] for text in texts]
        return normalised(np.array(counts, dtype=np.float64))


TAXONOMY = Taxonomy(
    name="test",
    title="Test",
    motivations=tuple(
        TaxonomyEntry(key=key, name=key, description=f"The {key}.", examples=(f"A {key}.", f"Good {key}."))
        for key in ("tea", "staff", "price")
    ),
)
NOTHING = Nothing(name="Nothing", description="It is closed.", examples=("Closed.",))


def by_hand(texts: list[str]) -> npt.NDArray[np.float64]:
    scores = ZeroShotExtractor(TAXONOMY, WordEncoder()).label(WordEncoder().encode(texts)).scores.astype(np.float64)
    powers = np.exp(scores / TEMPERATURE)
    return powers / powers.sum(axis=1, keepdims=True)


def test_presence_is_the_best_clause_and_the_whole_sentence() -> None:
    text = "The tea was hot, but the staff was kind."
    whole, first, second = (by_hand([part])[0] for part in (text, "The tea was hot", "The staff was kind"))
    found = MultiLabelScorer(TAXONOMY, WordEncoder()).presence([text])[0]
    np.testing.assert_allclose(found, (1 - WHOLE) * np.maximum(first, second) + WHOLE * whole, rtol=1e-5)
    assert found[0] > 0.5
    assert found[1] > 0.5
    assert found[2] < 0.1


def test_text_that_is_a_clause_already_is_taken_as_it_stands() -> None:
    text = "and tea, staff"
    found = MultiLabelScorer(TAXONOMY, WordEncoder(), split_clauses=False).presence([text])
    np.testing.assert_allclose(found, by_hand([text]), rtol=1e-5)


def test_nothing_takes_its_share_and_is_not_returned() -> None:
    scorer = MultiLabelScorer(TAXONOMY, WordEncoder(), NOTHING)
    found = scorer.presence(["It is closed today", "The tea is closed", "The tea"])
    assert found.shape == (3, 3)
    sums = found.sum(axis=1)
    assert sums[0] < sums[1] < sums[2]


def test_praise_counts_for_a_reason_and_complaint_against() -> None:
    plain = MultiLabelScorer(TAXONOMY, WordEncoder(), NOTHING, split_clauses=False)
    praising = MultiLabelScorer(TAXONOMY, WordEncoder(), NOTHING, split_clauses=False, praise=0.1)
    texts = ["excellent tea", "terrible tea", "tea"]
    change = (praising.presence(texts) - plain.presence(texts)).sum(axis=1)
    assert change[0] > 0 > change[1]
    assert change[2] == pytest.approx(0.0)


def test_presence_of_no_sentence_is_empty() -> None:
    assert MultiLabelScorer(TAXONOMY, WordEncoder()).presence([]).shape == (0, 3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(alphabet="tea staff,. but price", max_size=40), min_size=1, max_size=5))
def test_sentence_reads_the_same_alone_and_among_others(texts: list[str]) -> None:
    scorer = MultiLabelScorer(TAXONOMY, WordEncoder(), NOTHING)
    together = scorer.presence(texts)
    np.testing.assert_allclose(together, np.concatenate([scorer.presence([text]) for text in texts]), atol=1e-6)
    assert ((together >= 0) & (together <= 1)).all()


def test_clauses_are_those_of_the_sentence() -> None:
    found = clauses("Great food, nice staff and a lovely view. Too bad it is far!")
    assert found == [
        "Great food, nice staff and a lovely view.",
        "Great food",
        "Nice staff",
        "A lovely view",
        "Too bad it is far!",
    ]


@given(st.text(max_size=200))
def test_every_text_has_clauses_and_none_twice(text: str) -> None:
    found = clauses(text)
    assert found
    assert len(set(found)) == len(found)


def _f1(presence: npt.NDArray[np.float64], labels: npt.NDArray[np.bool_], threshold: float) -> float:
    named = presence >= threshold
    return 2 * float((named & labels).sum()) / float(named.sum() + labels.sum())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=30))
def test_best_threshold_is_not_beaten_by_any_other(pairs: list[tuple[int, bool]]) -> None:
    presence = np.array([value / 8 for value, _ in pairs])
    labels = np.array([label for _, label in pairs], dtype=bool)
    found = best_threshold(presence, labels)
    if not labels.any():
        assert not (presence >= found).any()
        return
    every = [_f1(presence, labels, threshold) for threshold in np.unique(presence)]
    assert _f1(presence, labels, found) == pytest.approx(max(every))
