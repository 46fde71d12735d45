"""All terms of all scores of one user at once: what counterfactuals and what-if weights are computed from, exactly.

    score_w(i) = sum_m w_m t_mi + b_i      t_mi = <e_um, e_im>, and behaviour as the last term

A change of weights costs one small product over the catalogue and no look at a vector, so 100,000 items are ranked anew in milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from core.recommend.scoring import Scorer

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_CELLS = 4_000_000
MOST_SUBSETS_OF = 12
"""Motivations up to which all subsets are ranked one by one (4,096)."""


@dataclass(frozen=True)
class UserTerms:
    """The terms of one user over all items.

    Args:
        terms: float64 [M, n_items]: one row a motivation (or one for an unnamed slot), then one for behaviour where the run has it.
        rest: float64 [n_items]: what belongs to no term, the items' bias.
        n_slots: how many of the rows are slots.
        left_out: bool [n_items]: the items that are not ranked, those of the user's training history.
    """

    terms: Floats
    rest: Floats
    n_slots: int
    left_out: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, scorer: Scorer, user: torch.Tensor, history: Integers) -> UserTerms:
        """Split the scores of a user's vector (float64 [1, D], see `Scorer.users`)."""
        left_out = np.zeros(scorer.n_items, dtype=bool)
        left_out[history] = True
        return cls(scorer.all_terms(user), scorer.bias, scorer.n_slots, left_out)

    @property
    def n_terms(self) -> int:
        return len(self.terms)

    @property
    def has_behaviour(self) -> bool:
        return self.n_terms > self.n_slots

    def scores(self, weights: Floats) -> npt.NDArray[np.float32]:
        """float32 [n, n_items] for weights [n, M]."""
        return np.asarray(weights @ self.terms + self.rest, dtype=np.float32)

    def top(self, weights: Floats, k: int) -> tuple[Integers, npt.NDArray[np.float32]]:
        """The best k items under one row of weights [M], and their scores; fewer where the catalogue runs out. Ties by item index."""
        scores = self.scores(weights[None])[0]
        ranked = np.where(self.left_out, -np.inf, scores)
        k = min(k, int((~self.left_out).sum()))
        if k == 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        bar = np.partition(ranked, len(ranked) - k)[len(ranked) - k]
        among = np.flatnonzero((ranked >= bar) & ~self.left_out)
        best = among[np.lexsort((among, -ranked[among]))][:k]
        return best, scores[best]

    def ranks(self, item: int, weights: Floats) -> Integers:
        """int64 [n]: the item's 1-based rank under each row of weights [n, M], among the items not left out and itself."""
        rivals = np.flatnonzero(~self.left_out)
        return self._ranks(item, weights, rivals[rivals != item])

    def all_ranks(self, items: Integers, weights: Floats) -> Integers:
        """int64 [len(items)]: the ranks of several items under one row of weights [M]."""
        scores = self.scores(weights[None])[0]
        ordered = np.sort(scores[~self.left_out])
        first, last = (np.searchsorted(ordered, scores[items], side=side) for side in ("left", "right"))
        ranks = np.asarray(len(ordered) - last + 1, dtype=np.int64)
        for place in np.flatnonzero(last - first + self.left_out[items] > 1):  # ties, which are rare
            item = int(items[place])
            ranks[place] += int(((scores[:item] == scores[item]) & ~self.left_out[:item]).sum())
        return ranks

    def subset_ranks(self, item: int) -> Integers:
        """int64 [2^K]: the item's rank for every set of motivations that still count: bit m of the position stands for motivation m.

        Items that are ahead, or behind, whatever set it is, are counted once and not 2^K times.

        Raises:
            ValueError: more motivations than `MOST_SUBSETS_OF`.
        """
        if self.n_slots > MOST_SUBSETS_OF:
            raise ValueError(f"{self.n_slots} motivations have too many subsets")
        rivals = np.flatnonzero(~self.left_out)
        rivals = rivals[rivals != item]
        fixed, lead = self.leads(item, rivals)
        slack = self.slack(item)
        ever, always = fixed + lead.clip(0).sum(axis=0) > -slack, fixed + lead.clip(max=0).sum(axis=0) > slack
        kept = (np.arange(2**self.n_slots)[:, None] >> np.arange(self.n_slots)) & 1
        weights = np.concatenate([kept, np.ones((len(kept), self.n_terms - self.n_slots))], axis=1)
        return self._ranks(item, weights, rivals[ever & ~always]) + int(always.sum())

    def leads(self, item: int, rivals: Integers) -> tuple[Floats, Floats]:
        """How far rivals are ahead of an item: by what is no motivation float64 [n], and by each motivation float64 [K, n]."""
        lead = self.terms[:, rivals] - self.terms[:, [item]]
        return np.asarray(lead[self.n_slots :].sum(axis=0) + self.rest[rivals] - self.rest[item]), lead[: self.n_slots]

    def slack(self, item: int) -> float:
        """How far apart two scores may be and yet be tied, or turned round, as float32 values."""
        return 1e-6 * float(np.abs(self.terms[:, item]).sum() + abs(self.rest[item]) + 1.0)

    def _ranks(self, item: int, weights: Floats, rivals: Integers) -> Integers:
        own = self.scores_of(np.array([item]), weights)
        ranks = np.ones(len(weights), dtype=np.int64)
        chunk = max(1, _CELLS // max(1, len(rivals)))
        before = rivals < item
        for start in range(0, len(weights), chunk):
            part = slice(start, start + chunk)
            scores = self.scores_of(rivals, weights[part])
            ranks[part] += (scores > own[part]).sum(axis=1) + ((scores == own[part]) & before).sum(axis=1)
        return ranks

    def scores_of(self, items: Integers, weights: Floats) -> npt.NDArray[np.float32]:
        """float32 [n, len(items)]: the scores of some items."""
        return np.asarray(weights @ self.terms[:, items] + self.rest[items], dtype=np.float32)
