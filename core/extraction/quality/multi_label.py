"""Which motivations a sentence speaks of, by the zero-shot extractor's scores: a sentence may speak of several, or of none.

A dataset's extraction gives each sentence one motivation. Sentences of the gold sets carry several, so they are cut into clauses
(c_1 .. c_m), and with s_k the extractor's score of motivation k (`core.extraction.zero_shot`)

    share_k(x)  = exp(s_k(x) / T) / sum_j exp(s_j(x) / T)
    presence_k  = 0.7 max_i share_k(c_i) + 0.3 share_k(whole sentence)

k is present where its presence reaches its threshold. The sum goes over the motivations and, where the set has sentences with none,
over "nothing". No model is trained: T, the two weights and the thresholds were chosen on the train and dev parts, as were the
descriptions and example phrases (macro-F1 there by cross-validation, restaurants: 0.58 with scores instead of shares, 0.65 without
clauses, 0.73 so).
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from core.encoding.encoder import TextEncoder, Vectors
from core.extraction.polarity import opinion
from core.extraction.quality.gold import Nothing
from core.extraction.sentences import clean_statement, split_sentences
from core.extraction.taxonomy import Taxonomy
from core.extraction.zero_shot import ZeroShotExtractor

TEMPERATURE = 0.1
WHOLE = 0.3  # weight of the whole sentence; the rest is its best clause's
Presence = npt.NDArray[np.float32]
_JOINT = re.compile(r"[,;:.!?()]+\s+|\s+[-–—]+\s+|\s+(?=(?:and|but|with|although|though|while|because|however|yet|or)\b)", re.IGNORECASE)


class MultiLabelScorer:
    """Says how present each motivation of a taxonomy is in a sentence.

    Args:
        taxonomy: the K motivations.
        encoder: makes the vectors.
        none: what sentences without any motivation are like; None where every sentence has one.
        split_clauses: False takes every text as one clause as it stands: presence_k = share_k.
        praise: added to s_k of every motivation, times the `opinion` of the text's words cut to -1..1; only "nothing" goes without.
        encode: how to get vectors, e.g. through a cache; None asks the encoder itself.
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        encoder: TextEncoder,
        none: Nothing | None = None,
        split_clauses: bool = True,
        praise: float = 0.0,
        encode: Callable[[list[str]], Vectors] | None = None,
    ) -> None:
        compared = taxonomy if none is None else taxonomy.model_copy(update={"motivations": (*taxonomy.motivations, none.entry)})
        self.taxonomy = taxonomy
        self._split_clauses = split_clauses
        self._praise = praise
        self._encode = encode or encoder.encode
        self._extractor = ZeroShotExtractor(compared, encoder, encode=encode)

    def presence(self, texts: list[str]) -> Presence:
        """Presence of every motivation in every sentence, float32 [n, K], each 0..1."""
        if not texts:
            return np.zeros((0, len(self.taxonomy)), dtype=np.float32)
        whole = self._shares(texts)
        if not self._split_clauses:
            return whole
        cut = [clauses(text) for text in texts]
        owners = np.repeat(np.arange(len(texts)), [len(of_text) for of_text in cut])
        shares = self._shares([clause for of_text in cut for clause in of_text])
        best = np.zeros((len(texts), len(self.taxonomy)), dtype=np.float32)
        np.maximum.at(best, owners, shares)
        return (1.0 - WHOLE) * best + WHOLE * whole

    def _shares(self, texts: list[str]) -> Presence:
        scores = self._extractor.label(self._encode(texts)).scores
        if self._praise:
            opinions = np.clip([opinion(text) for text in texts], -1.0, 1.0)
            scores[:, : len(self.taxonomy)] += (self._praise * opinions[:, None]).astype(np.float32)
        powers = np.exp((scores - scores.max(axis=1, keepdims=True)) / TEMPERATURE)
        return np.asarray((powers / powers.sum(axis=1, keepdims=True))[:, : len(self.taxonomy)])


def clauses(text: str) -> list[str]:
    """The sentences and clauses of a text, distinct, each as a sentence of its own; never none."""
    found: list[str] = []
    for sentence in split_sentences(text):
        parts = [part.strip(" ,.;") for part in _JOINT.split(sentence)]
        parts = [part for part in parts if len(part) > 3]
        found += [sentence, *(parts if len(parts) > 1 else [])]
    spoken = (clean_statement(clause) for clause in found if any(map(str.isalnum, clause)))
    return list(dict.fromkeys(spoken)) or [text]


def best_threshold(presence: npt.NDArray[np.floating], labels: npt.NDArray[np.bool_]) -> float:
    """The threshold with the highest F1; half-way to the next presence below, and 1.01 (never) where no label is true.

    Args:
        presence: [n]. labels: bool [n].
    """
    if not labels.any():
        return 1.01
    order = np.argsort(-presence, kind="stable")
    ranked = presence[order].astype(np.float64)
    hits = np.cumsum(labels[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + labels.sum())
    ends = np.append(ranked[:-1] > ranked[1:], True)  # equal presences stand or fall together
    last = int(np.where(ends, f1, -1.0).argmax())
    below = ranked[last + 1] if last + 1 < len(ranked) else ranked[last] - 0.01
    return float((ranked[last] + below) / 2)
