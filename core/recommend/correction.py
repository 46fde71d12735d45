"""Correcting a profile by hand, as a what-if: other strengths, statements left out, sentences added; nothing that is stored changes.

The user's statements are pooled again as profiles are (`core.motivations.build`) and read by the run's own text encoders and gate
(`core.recommend.text_view`). What the graph says of the user stays, weighed by the new gate. With a_k the factor of motivation k,

    w_s <- a_k w_s for its statements s,    x_k <- sum_s w_s v_s / sum_s w_s,    score(u, i) as before from the vectors that follow
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from core.errors import InputError
from core.extraction.schema import Polarity
from core.motivations.profiles import SlotText
from core.recommend.recommender import Recommender
from core.recommend.text_view import TextView
from core.recommend.user_terms import UserTerms

Encode = Callable[[Sequence[str]], np.ndarray]
"""Sentences -> float32 [n, D] of length 1, by the encoder the run's statements were embedded with."""


class OwnSentence(BaseModel):
    """A statement somebody adds by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=3, max_length=500)
    motivation: str
    polarity: Polarity = "positive"
    strength: float = Field(1.0, gt=0, le=1)


class Correction(BaseModel):
    """What is otherwise in a user's profile.

    Args:
        factors: key of a motivation -> what its statements' strengths are multiplied by, 0 (silent) to 5; 1 where none is given.
        off: rows of the run's statements (`EvidenceIndex.statements`) that do not count.
        sentences: statements added; factors apply to them too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    factors: dict[str, float] = {}
    off: tuple[int, ...] = ()
    sentences: tuple[OwnSentence, ...] = ()

    @property
    def empty(self) -> bool:
        """Nothing is otherwise."""
        return not self.off and not self.sentences and all(factor == 1 for factor in self.factors.values())


@dataclass(frozen=True)
class Shifted:
    """An item of the new or of the old list: its place and score now and before; ``moved``: places it rose (negative: fell)."""

    item: str
    item_idx: int
    title: str
    rank: int
    rank_before: int
    score: float
    score_before: float

    @property
    def moved(self) -> int:
        return self.rank_before - self.rank


@dataclass(frozen=True)
class ShiftedMotivation:
    """A motivation before and after: its share of the summed strength 0..1, statements, and the gate it is weighed with (1 = neither)."""

    motivation: str
    name: str
    share_before: float
    share: float
    n_before: int
    n: int
    gate_before: float
    gate: float


@dataclass(frozen=True)
class Corrected:
    """What follows from a correction: motivations in the taxonomy's order, the first k items, and those that left them."""

    motivations: tuple[ShiftedMotivation, ...]
    items: tuple[Shifted, ...]
    left: tuple[Shifted, ...]


@dataclass(frozen=True)
class _Said:
    """Statements of one user: motivation int64 [n], positive bool [n], strength float64 [n], embeddings float32 [n, D]."""

    motivation: np.ndarray
    positive: np.ndarray
    strength: np.ndarray
    embeddings: torch.Tensor


class Corrector:
    """Answers corrections of any user's profile of one run; reads its encoders once.

    Args:
        recommender: of a run of LMMRec with named slots.

    Raises:
        InputError: the run's text cannot be read again.
    """

    def __init__(self, recommender: Recommender) -> None:
        self.recommender = recommender
        self.view = TextView.open(recommender.run)
        if recommender.evidence is None or recommender.run.statement_embeddings is None:
            raise InputError(
                "The run's statements are not at hand",
                where=f"run {recommender.run.id}",
                hint="Keep the extraction its profiles are made of",
            )

    def correct(self, user_id: str, correction: Correction, encode: Encode | None = None, k: int = 10) -> Corrected:
        """The user's motivations and recommendations as they would be.

        Args:
            encode: needed where sentences are added.

        Raises:
            NotFoundError: no such user. InputError: a motivation the run does not have, a factor out of range, a statement of
                somebody else, or a sentence no encoder is there for.
        """
        user = self.recommender.dataset.user_idx(user_id)
        self._check(user, correction)
        before = self._said(user, Correction())
        after = self._said(user, correction, encode)
        text_before, text = self._pooled(before), self._pooled(after)
        terms = self.recommender.terms(user_id)
        if correction.empty:
            terms_after = terms
        else:
            # The difference of two readings on top of the run's own vector: rounding of the stored profile cannot move an item.
            read = self.view.users(user, _stacked(text_before, text))
            vector = self.recommender.scorer.user(user) + (read[1:] - read[:1])
            terms_after = UserTerms.of(self.recommender.scorer, vector, self.recommender.history(user))
        items, left = self._lists(terms, terms_after, k)
        return Corrected(self._motivations(before, after, text_before, text), items, left)

    def statements(self, user_id: str) -> list[int]:
        """Rows of the run's statements that are a user's, the strongest first.

        Raises:
            NotFoundError: no such user.
        """
        evidence = self.recommender.evidence
        assert evidence is not None
        rows = evidence.rows("user", self.recommender.dataset.user_idx(user_id))
        strength = evidence.statements["strength"].to_numpy()[rows]
        return [int(row) for row in rows[np.argsort(-strength, kind="stable")]]

    def _check(self, user: int, correction: Correction) -> None:
        keys, evidence, where = self.recommender.motivations, self.recommender.evidence, f"run {self.recommender.run.id}"
        assert evidence is not None
        for key in (*correction.factors, *(sentence.motivation for sentence in correction.sentences)):
            if key not in keys:
                raise InputError(f"The run has no motivation '{key}'", where=where, hint=f"Motivations: {', '.join(keys)}")
        for key, factor in correction.factors.items():
            if not 0 <= factor <= 5:
                raise InputError(f"The factor of '{key}' is {factor}", where="correction", hint="Use 0 to 5; 1 changes nothing")
        foreign = set(correction.off) - set(evidence.rows("user", user).tolist())
        if foreign:
            raise InputError(f"Statement {min(foreign)} is not the user's", where=where, hint="Leave out statements of this user only")

    def _said(self, user: int, correction: Correction, encode: Encode | None = None) -> _Said:
        """The user's statements under a correction, those added last."""
        evidence, embeddings = self.recommender.evidence, self.recommender.run.statement_embeddings
        assert evidence is not None
        assert embeddings is not None
        rows = evidence.rows("user", user)
        rows = rows[~np.isin(rows, np.array(correction.off, dtype=np.int64))]
        table = evidence.statements.iloc[rows]
        vectors = [embeddings[torch.tensor(table["embedding_row"].to_numpy(dtype=np.int64))].float()]
        added = correction.sentences
        if added:
            if encode is None:
                raise InputError("A sentence needs an encoder", where="correction", hint="Give the encoder of the run's extraction")
            vectors.append(torch.tensor(np.asarray(encode([sentence.text for sentence in added]), dtype=np.float32)))
            if vectors[1].shape[1] != vectors[0].shape[1]:
                where = f"{vectors[1].shape[1]} dimensions instead of {vectors[0].shape[1]}"
                raise InputError("The encoder at hand is not that of the run's statements", where=where, hint="Extract the reviews anew")
        keys = self.recommender.motivations
        motivation = np.array([*table["motivation"], *(keys.index(sentence.motivation) for sentence in added)], dtype=np.int64)
        factor = np.array([correction.factors.get(key, 1.0) for key in keys])
        strength = np.array([*table["strength"], *(sentence.strength for sentence in added)], dtype=np.float64) * factor[motivation]
        positive = np.array([*(table["polarity"] == "positive"), *(sentence.polarity == "positive" for sentence in added)], dtype=bool)
        counted = strength > 0
        return _Said(motivation[counted], positive[counted], strength[counted], torch.cat(vectors)[torch.from_numpy(counted)])

    def _pooled(self, said: _Said) -> SlotText:
        """The text of one user: [1, K, D] and [1, K], as `core.motivations.build` pools it."""
        n = len(self.recommender.motivations)
        parts = []
        for sign in (said.positive, ~said.positive):
            slot, weight = torch.from_numpy(said.motivation[sign]), torch.from_numpy(said.strength[sign]).float()
            sums = torch.zeros(n, said.embeddings.shape[1]).index_add_(0, slot, said.embeddings[torch.from_numpy(sign)] * weight[:, None])
            weights = torch.zeros(n).index_add_(0, slot, weight)
            parts.append(((sums / weights.clamp_min(1e-12)[:, None])[None], weights[None]))
        (positive, positive_weight), (negative, negative_weight) = parts
        return SlotText(positive, negative, positive_weight, negative_weight)

    def _lists(self, before: UserTerms, after: UserTerms, k: int) -> tuple[tuple[Shifted, ...], tuple[Shifted, ...]]:
        plain = np.ones(before.n_terms)
        old, new = before.top(plain, k)[0], after.top(plain, k)[0]
        left = np.array([item for item in old if item not in set(new.tolist())], dtype=np.int64)
        ids, titles = self.recommender.dataset.items["item_id"], self.recommender.dataset.items["title"]

        def shifted(items: np.ndarray) -> tuple[Shifted, ...]:
            ranks = [terms.all_ranks(items, plain) if len(items) else items for terms in (after, before)]
            scores = [terms.scores_of(items, plain[None])[0] for terms in (after, before)]
            return tuple(
                Shifted(str(ids.iloc[item]), int(item), str(titles.iloc[item]), int(rank), int(was), float(score), float(scored))
                for item, rank, was, score, scored in zip(items, *ranks, *scores, strict=True)
            )

        return shifted(new), shifted(left)

    def _motivations(self, before: _Said, after: _Said, text_before: SlotText, text: SlotText) -> tuple[ShiftedMotivation, ...]:
        names, keys = self.recommender.run.motivation_names, self.recommender.motivations
        shares = [np.bincount(said.motivation, said.strength, len(keys)) / max(1e-12, said.strength.sum()) for said in (before, after)]
        counts = [np.bincount(said.motivation, minlength=len(keys)) for said in (before, after)]
        gates = self.view.read(_stacked(text_before, text))[0].numpy()
        return tuple(
            ShiftedMotivation(
                motivation=key,
                name=names[key],
                share_before=float(shares[0][slot]),
                share=float(shares[1][slot]),
                n_before=int(counts[0][slot]),
                n=int(counts[1][slot]),
                gate_before=float(gates[0, slot]),
                gate=float(gates[1, slot]),
            )
            for slot, key in enumerate(keys)
        )


def _stacked(*texts: SlotText) -> SlotText:
    return SlotText(
        torch.cat([text.positive for text in texts]),
        torch.cat([text.negative for text in texts]),
        torch.cat([text.positive_weight for text in texts]),
        torch.cat([text.negative_weight for text in texts]),
    )
