"""The zero-shot extractor: sentences scored against the taxonomy's descriptions and example phrases; no server, no training.

A sentence (vector v) and a motivation k with example phrases e_1..e_m and a description d:

    score(k) = 0.4 max_j <v, e_j> + 0.3 <v, mean_j e_j / |mean_j e_j|> + 0.3 <v, d>

The best-scoring motivation names the sentence, unless the sentence says no more than any review does. Sentences that fit
every review ("I love it", "Bought it last month") are the background b_1..b_n:

    evidence = score(1st) + 0.5 (score(1st) - score(2nd)) - 0.25 max_j <v, b_j> - 0.25 <v, mean_j b_j / |mean_j b_j|>

and below a threshold of it the sentence is "other". Weights were chosen on the labelled review sentences of ACOS: examples with
the description beat either alone, and the background raises the area under the curve of named against general sentences from 0.78
to 0.87 (restaurants) and from 0.40 to 0.65 (laptops). Subtracting each motivation's mean over the corpus, whitening and self-training
all lowered accuracy there, so scores depend on no corpus: a review reads the same alone and in a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.encoding.encoder import TextEncoder, Vectors, normalised
from core.extraction.polarity import emphasis, is_positive, opinion
from core.extraction.schema import Motivation, Review, ReviewMotivations
from core.extraction.sentences import clean_statement, split_sentences
from core.extraction.taxonomy import Taxonomy

CLOSEST, MEAN, DESCRIPTION = 0.4, 0.3, 0.3  # weights in the score
MARGIN, BACKGROUND = 0.5, 0.25  # weights in the evidence
VERSION = 3  # raise when labels change, so that artefacts made before are not taken for current ones
_BLOCK = 65_536  # sentences scored at once

GENERAL = (
    "I am very pleased with it.",
    "I love it.",
    "Highly recommended.",
    "I would buy it again.",
    "I bought this last month.",
    "Five stars.",
    "It was okay, nothing special.",
    "I have had it for a while now.",
    "We went there last week.",
    "A great product overall.",
    "One of my favorite places in town.",
    "I was disappointed and will not come back.",
    "It is what it is.",
    "Thank you for reading my review.",
)


@dataclass(frozen=True)
class Thresholds:
    """Where a sentence stops belonging to a motivation.

    Args:
        evidence: lowest evidence for a named motivation; below it the sentence is "other".
        temperature: margin between the best two scores at which the confidence reaches 0.76 (tanh 1).
    """

    evidence: float
    temperature: float


THRESHOLDS = {"all-MiniLM-L6-v2": Thresholds(0.15, 0.08), "tfidf-svd": Thresholds(0.10, 0.08)}


@dataclass(frozen=True)
class Labels:
    """Labels of n statements.

    Args:
        motivation: int16 [n], index in the taxonomy; its length means "other".
        confidence: float32 [n], 0..1.
        scores: float32 [n, K], against each named motivation.
    """

    motivation: npt.NDArray[np.int16]
    confidence: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]


class ZeroShotExtractor:
    """Names the motivation of every sentence of a review.

    Args:
        taxonomy: the motivations.
        encoder: makes the vectors of sentences and of the taxonomy's phrases.
        thresholds: None takes those measured for the encoder.
        encode: how to get vectors, e.g. through a cache; None asks the encoder itself.
    """

    name = "zero-shot"

    def __init__(
        self,
        taxonomy: Taxonomy,
        encoder: TextEncoder,
        thresholds: Thresholds | None = None,
        encode: Callable[[list[str]], Vectors] | None = None,
    ) -> None:
        self.taxonomy = taxonomy
        self.encoder = encoder
        self.thresholds = thresholds or THRESHOLDS.get(encoder.name, THRESHOLDS["all-MiniLM-L6-v2"])
        self._encode = encode or encoder.encode
        phrases = [phrase for entry in taxonomy.motivations for phrase in (*entry.examples, entry.description)]
        self._phrases = self._encode(phrases)
        self._sizes = [len(entry.examples) for entry in taxonomy.motivations]
        self._general = self._encode(list(GENERAL))

    def label(self, vectors: Vectors) -> Labels:
        """Labels of statements from their vectors, float32 [n, D]."""
        scores = np.zeros((len(vectors), len(self.taxonomy)), dtype=np.float32)
        background = np.zeros(len(vectors), dtype=np.float32)
        for begin in range(0, len(vectors), _BLOCK):
            block = slice(begin, begin + _BLOCK)
            scores[block] = self._scores(vectors[block])
            background[block] = self._background(vectors[block])
        ranked = np.sort(scores, axis=1)
        margin = ranked[:, -1] - ranked[:, -2] if scores.shape[1] > 1 else ranked[:, -1]
        evidence = ranked[:, -1] + MARGIN * margin - BACKGROUND * background
        other = evidence < self.thresholds.evidence
        motivation = np.where(other, len(self.taxonomy), scores.argmax(axis=1)).astype(np.int16)
        distance = np.where(other, self.thresholds.evidence - evidence, margin)
        return Labels(motivation, np.tanh(distance / self.thresholds.temperature).astype(np.float32), scores)

    def _background(self, vectors: Vectors) -> npt.NDArray[np.float32]:
        centre = normalised(self._general.mean(axis=0, keepdims=True))[0]
        return np.asarray((vectors @ self._general.T).max(axis=1) + vectors @ centre)

    def _scores(self, vectors: Vectors) -> npt.NDArray[np.float32]:
        columns = []
        start = 0
        for size in self._sizes:
            examples, description = self._phrases[start : start + size], self._phrases[start + size]
            centre = normalised(examples.mean(axis=0, keepdims=True))[0]
            closest = (vectors @ examples.T).max(axis=1)
            columns.append(CLOSEST * closest + MEAN * (vectors @ centre) + DESCRIPTION * (vectors @ description))
            start += size + 1
        return np.stack(columns, axis=1).astype(np.float32)

    def extract(self, review: Review) -> ReviewMotivations:
        """What one review says; every sentence of it becomes a motivation or "other"."""
        return self.extract_many([review])[0]

    def extract_many(self, reviews: list[Review]) -> list[ReviewMotivations]:
        """What each review says, their sentences encoded together."""
        quotes = [split_sentences(review.text) for review in reviews]
        statements = [clean_statement(quote) for of_review in quotes for quote in of_review]
        labels = self.label(self._encode(statements)) if statements else None
        answers = []
        start = 0
        for review, of_review in zip(reviews, quotes, strict=True):
            end = start + len(of_review)
            found = self._motivations(review, of_review, statements[start:end], labels, start) if labels else []
            answers.append(self._answer(review, found))
            start = end
        return answers

    def _motivations(self, review: Review, quotes: list[str], statements: list[str], labels: Labels, start: int) -> list[Motivation]:
        rows = slice(start, start + len(quotes))
        ratings = np.full(len(quotes), np.nan if review.rating is None else review.rating)
        positive = is_positive(np.array([opinion(statement) for statement in statements]), ratings)
        weights = strengths(labels.confidence[rows], np.array([emphasis(statement) for statement in statements]), ratings)
        return [
            Motivation(
                name=self.taxonomy.keys[int(labels.motivation[start + position])],
                statement=statements[position],
                quote=quotes[position],
                polarity="positive" if positive[position] else "negative",
                strength=float(weights[position]),
            )
            for position in range(len(quotes))
        ]

    def _answer(self, review: Review, found: list[Motivation]) -> ReviewMotivations:
        named = [motivation for motivation in found if motivation.name in self.taxonomy.keys[:-1]]
        rating = "no rating" if review.rating is None else f"the rating of {review.rating:g}"
        reasoning = (
            f"{len(found)} sentences were compared with {len(self.taxonomy)} motivations by {self.encoder.name}: {len(named)} named, "
            f"{len(found) - len(named)} other; polarity from opinion words and {rating}. No language model read the review."
        )
        return ReviewMotivations(reasoning=reasoning, motivations=found, need=self._need(named))

    def _need(self, named: Sequence[Motivation]) -> str:
        totals: dict[str, float] = {}
        for motivation in named:
            totals[motivation.name] = totals.get(motivation.name, 0.0) + motivation.strength
        if not totals:
            return ""
        top = max(totals, key=lambda key: totals[key])
        return self.taxonomy.motivations[self.taxonomy.keys.index(top)].name


def strengths(
    confidence: npt.NDArray[np.floating], weight_of_words: npt.NDArray[np.floating], rating: npt.NDArray[np.floating]
) -> npt.NDArray[np.float32]:
    """Strength of statements, 0..1: 0.3 + 0.4 confidence + 0.2 emphasis + 0.1 |rating - 3| / 2 (0 where there is no rating).

    Args:
        confidence, weight_of_words, rating: [n]; emphasis as `core.extraction.polarity.emphasis` gives it, rating NaN where none.
    """
    extreme = np.nan_to_num(np.abs(rating - 3.0) / 2.0)
    return np.clip(0.3 + 0.4 * confidence + 0.2 * weight_of_words + 0.1 * extreme, 0.0, 1.0).astype(np.float32)
