"""What would have to be otherwise: ranks without a motivation, and the fewest motivations an item's place hangs on. All exact.

A motivation is taken away from the user: every item loses its term, then all are ranked anew. Nothing is drawn at random.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.recommend.explanation import Answer, Counterfactual
from core.recommend.recommender import Recommender
from core.recommend.user_terms import UserTerms

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Outcome = Literal["found", "none", "beyond", "not listed"]
"""A set was found; no set does it, whatever its size; none of the sizes looked at does and larger ones were not; nothing to do."""

MOST_SETS = 20_000
"""Sets ranked at most before the search says "beyond"."""
_AT_A_TIME = 256


class Without(Answer):
    """How an item stands when one motivation no longer counts; ``lost``: places it falls (negative: it rises)."""

    motivation: str
    name: str
    value: float
    score: float
    rank: int
    lost: int


class SmallestMotivations(Answer):
    """The fewest motivations without which an item leaves the first k.

    Args:
        outcome: see `Outcome`. change: the set and where the item stands without it; of equally few motivations, those that take
            least from the score. None unless found.
        proven: sizes up to which no set does it (each of them was ranked, or could not do it by a bound).
        ranked: sets that were ranked.
    """

    outcome: Outcome
    k: int
    rank: int
    change: Counterfactual | None
    proven: int
    ranked: int


def without_each(recommender: Recommender, user_id: str, item_id: str) -> list[Without]:
    """The item's score and rank without each motivation, in the run's order; empty where its slots are not named.

    Raises:
        NotFoundError: no such user or item.
    """
    terms, item = recommender.terms(user_id), recommender.dataset.item_idx(item_id)
    return without_each_of(terms, item, recommender.motivations, recommender.run.motivation_names)


def without_each_of(terms: UserTerms, item: int, motivations: Sequence[str], names: Mapping[str, str]) -> list[Without]:
    """The same from the terms of a user or a newcomer; ``motivations``: the slots' keys, ``names``: what people read for them."""
    if not motivations:
        return []
    n = terms.n_slots
    weights = np.concatenate([np.ones((1, terms.n_terms)), _dropping(terms, [(slot,) for slot in range(n)])])
    ranks = terms.ranks(item, weights)
    scores = weights @ terms.terms[:, item] + terms.rest[item]
    return [
        Without(
            motivation=key,
            name=names[key],
            value=float(terms.terms[slot, item]),
            score=float(scores[slot + 1]),
            rank=int(ranks[slot + 1]),
            lost=int(ranks[slot + 1] - ranks[0]),
        )
        for slot, key in enumerate(motivations)
    ]


def smallest_motivations(
    recommender: Recommender, user_id: str, item_id: str, k: int = 10, most_sets: int = MOST_SETS
) -> SmallestMotivations:
    """Search by size: the first size with a set that drops the item out of the first k is the smallest.

    Within a size sets are built motivation by motivation; a beginning is given up as soon as fewer than k items could still get ahead,
    even if each of them lost the motivations that suit it best.

    Raises:
        NotFoundError: no such user or item.
    """
    terms, item = recommender.terms(user_id), recommender.dataset.item_idx(item_id)
    rank = int(terms.ranks(item, np.ones((1, terms.n_terms)))[0])
    if rank > k or not recommender.motivations:
        return SmallestMotivations(outcome="not listed", k=k, rank=rank, change=None, proven=0, ranked=0)
    search = _Search(terms, item, k)
    for size in range(1, terms.n_slots + 1):
        best = search.best_of(size, most_sets)
        if search.ranked > most_sets:
            return SmallestMotivations(outcome="beyond", k=k, rank=rank, change=None, proven=size - 1, ranked=search.ranked)
        if best is not None:
            change = recommender.counterfactual(user_id, item_id, [recommender.motivations[slot] for slot in best])
            return SmallestMotivations(outcome="found", k=k, rank=rank, change=change, proven=size - 1, ranked=search.ranked)
    return SmallestMotivations(outcome="none", k=k, rank=rank, change=None, proven=terms.n_slots, ranked=search.ranked)


class _Search:
    """Sets of motivations that drop an item below place k.

    ``gains`` float64 [K, n]: how far a rival moves ahead of the item for each motivation that is dropped; ``start`` float64 [n]: how far
    it is ahead with all of them. Only rivals that some set could put ahead are kept.
    """

    def __init__(self, terms: UserTerms, item: int, k: int) -> None:
        self.terms, self.item, self.k = terms, item, k
        rivals = np.flatnonzero(~terms.left_out)
        fixed, leads = terms.leads(item, rivals[rivals != item])
        self.slack = terms.slack(item)
        start, gains = fixed + leads.sum(axis=0), -leads
        able = start + gains.clip(0).sum(axis=0) > -self.slack
        self.start, self.gains = start[able], gains[:, able]
        self.ranked = 0

    def best_of(self, size: int, most: int) -> tuple[int, ...] | None:
        """The set of this size that works and takes least from the item's score; None where none works (or ``most`` were ranked)."""
        own = self.terms.terms[: self.terms.n_slots, self.item]
        best: tuple[float, tuple[int, ...]] | None = None
        waiting: list[tuple[int, ...]] = []
        for option in self._promising((), self.start, size):
            waiting.append(option)
            if len(waiting) == _AT_A_TIME:
                best = self._better(best, waiting, own)
                waiting = []
                if self.ranked > most:
                    return None
        best = self._better(best, waiting, own)
        return best[1] if best else None

    def _promising(self, chosen: tuple[int, ...], ahead: Floats, size: int) -> Iterator[tuple[int, ...]]:
        """Sets of this size that begin with ``chosen`` and that the bound does not rule out."""
        left = size - len(chosen)
        if left == 0:
            yield chosen
            return
        first = chosen[-1] + 1 if chosen else 0
        others = self.gains[first:]
        if len(others) < left:
            return
        hopes = others.sum(axis=0) if len(others) == left else np.partition(others, len(others) - left, axis=0)[-left:].sum(axis=0)
        if int((ahead + hopes > -self.slack).sum()) < self.k:
            return
        for slot in range(first, len(self.gains) - left + 1):
            yield from self._promising((*chosen, slot), ahead + self.gains[slot], size)

    def _better(
        self, best: tuple[float, tuple[int, ...]] | None, options: list[tuple[int, ...]], own: Floats
    ) -> tuple[float, tuple[int, ...]] | None:
        if not options:
            return best
        self.ranked += len(options)
        out = self.terms.ranks(self.item, _dropping(self.terms, options)) > self.k
        working = [(float(own[list(option)].sum()), option) for option, works in zip(options, out, strict=True) if works]
        return min([*working, *([best] if best else [])], default=None)


def _dropping(terms: UserTerms, options: list[tuple[int, ...]]) -> Floats:
    """float64 [n, M]: a row of ones for each option, with a zero for each motivation dropped."""
    weights = np.ones((len(options), terms.n_terms))
    for row, option in enumerate(options):
        weights[row, list(option)] = 0.0
    return weights
