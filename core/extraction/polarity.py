"""Polarity and emphasis of a sentence from its words: a small lexicon with negation, no model."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from core.extraction.words import opinion_weights, words

_WEIGHTS = opinion_weights()
_NEGATIONS = words("negations")
_INTENSE = words("intensifiers")
_TOKEN = re.compile(r"[a-z]+(?:['’][a-z]+)?|[.,;:!?]", re.IGNORECASE)
_SMILES = re.compile(r"[:;=]-?[)D\]]|[😀😃😄😁😊😍🥰😋🤩👍❤♥🎉💯🙌]")
_FROWNS = re.compile(r"[:;=]-?[(\[]|[😞😠😡😢😭👎🤮😤💔]")
_NEGATION_REACH = 3  # words
RATING_WEIGHT = 0.5  # of a rating one step from the middle, against 1 for a plain opinion word


def opinion(sentence: str) -> float:
    """Sum of the opinion words of a sentence: positive, negative or 0 where it has none.

    A negation turns the words within three words after it and halves them ("not great" is milder than "bad"); "too" before
    an adjective without a weight of its own counts as a complaint ("too long").
    """
    total = 0.0
    negated = 0
    previous = ""
    for token in _TOKEN.findall(sentence.lower().replace("’", "'")):
        if not token[0].isalpha():
            negated = 0
            continue
        if token in _NEGATIONS or token.endswith("n't"):
            negated = _NEGATION_REACH + 1
        weight = _WEIGHTS.get(token, 0.0)
        if previous == "too" and weight >= 0 and token != "much":
            weight = -0.5
        if weight and negated:
            weight *= -0.5
        total += weight
        negated = max(0, negated - 1)
        previous = token
    return total + 1.0 * len(_SMILES.findall(sentence)) - 1.0 * len(_FROWNS.findall(sentence))


def is_positive(opinions: npt.NDArray[np.floating], ratings: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Whether statements speak for their subject.

    Args:
        opinions: [n], the `opinion` of each.
        ratings: [n], 1..5 of the whole review, NaN where none; they decide where the words are silent or weak.
    """
    return opinions + np.nan_to_num(RATING_WEIGHT * (ratings - 3.0)) >= 0.0


def emphasis(sentence: str) -> float:
    """How much weight the author puts on a sentence, 0..1: intensifiers, exclamation marks, capitals, opinion words."""
    tokens = _TOKEN.findall(sentence)
    intense = sum(token.lower() in _INTENSE for token in tokens)
    shouted = sum(len(token) > 2 and token.isupper() for token in tokens)
    return min(
        1.0, 0.25 * min(intense, 2) + 0.2 * min(sentence.count("!"), 2) + 0.15 * min(shouted, 2) + 0.2 * min(abs(opinion(sentence)), 2.0)
    )
