"""Faithfulness of one explanation: its motivations deleted in their order, beside the exact mean over all orders.

Deleting a motivation takes its term from every item, as in `core.recommend.counterfactuals`. The mean over all orders needs no draw: after
m deletions every set of m motivations is equally likely, and up to twelve motivations all sets are ranked (`UserTerms.subset_ranks`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.recommend.explanation import Answer
from core.recommend.recommender import Recommender
from core.recommend.user_terms import MOST_SUBSETS_OF, UserTerms

Floats = npt.NDArray[np.float64]
_ORDERS = 100


class PairFaithfulness(Answer):
    """What deletion does to one item of one user; lists have K + 1 entries, after 0 .. K deletions.

    Args:
        order: keys, largest term first. scores, ranks: deleted in this order.
        insertion_scores, insertion_reciprocal_ranks: motivations added in this order to none.
        random_scores, random_ranks: mean over all orders; the ranks of ``orders`` drawn orders where ``exact`` is False.
        reciprocal_ranks, random_reciprocal_ranks: the same of 1 / rank, which no far fall rules.
        score_beats, rank_beats, rank_ties: share of the other motivations without which the score (the rank) falls less far than without
            the first, or equally far.
    """

    order: list[str]
    scores: list[float]
    ranks: list[int]
    reciprocal_ranks: list[float]
    insertion_scores: list[float]
    insertion_reciprocal_ranks: list[float]
    random_scores: list[float]
    random_ranks: list[float]
    random_reciprocal_ranks: list[float]
    exact: bool
    orders: int
    score_beats: float
    rank_beats: float
    rank_ties: float


def pair_faithfulness(recommender: Recommender, user_id: str, item_id: str) -> PairFaithfulness | None:
    """The deletion test of one explanation; None where fewer than two motivations have names.

    Raises:
        NotFoundError: no such user or item.
    """
    if len(recommender.motivations) < 2:
        return None
    return deletion_of(recommender.terms(user_id), recommender.dataset.item_idx(item_id), recommender.motivations)


def deletion_of(terms: UserTerms, item: int, motivations: tuple[str, ...], seed: int = 0) -> PairFaithfulness:
    """The same from a user's terms.

    Args:
        motivations: keys of the slots. seed: of the orders that are drawn where there are too many motivations for all sets.
    """
    n = terms.n_slots
    own = terms.terms[:n, item]
    fixed = float(terms.terms[n:, item].sum() + terms.rest[item])
    order = np.argsort(-own, kind="stable")
    place = order.argsort()
    steps = np.arange(n + 1)[:, None]
    left, added = place >= steps, place < steps
    ranks, inserted = _ranks(terms, item, left), _ranks(terms, item, added)
    singles = _ranks(terms, item, ~np.eye(n, dtype=bool))
    exact = n <= MOST_SUBSETS_OF
    random_ranks, random_reciprocal = _over_all_sets(terms, item) if exact else _over_orders(terms, item, seed)
    others = np.arange(n) != order[0]
    return PairFaithfulness(
        order=[motivations[slot] for slot in order],
        scores=(left @ own + fixed).tolist(),
        ranks=ranks.tolist(),
        reciprocal_ranks=(1.0 / ranks).tolist(),
        insertion_scores=(added @ own + fixed).tolist(),
        insertion_reciprocal_ranks=(1.0 / inserted).tolist(),
        random_scores=(fixed + np.linspace(1.0, 0.0, n + 1) * own.sum()).tolist(),
        random_ranks=random_ranks.tolist(),
        random_reciprocal_ranks=random_reciprocal.tolist(),
        exact=exact,
        orders=0 if exact else _ORDERS,
        score_beats=float((own[order[0]] > own[others]).mean()),
        rank_beats=float((singles[order[0]] > singles[others]).mean()),
        rank_ties=float((singles[order[0]] == singles[others]).mean()),
    )


def _ranks(terms: UserTerms, item: int, kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """int64 [m]: the item's rank where only the motivations ``kept`` (bool [m, K]) count, and behaviour."""
    return terms.ranks(item, np.concatenate([kept, np.ones((len(kept), terms.n_terms - terms.n_slots))], axis=1).astype(np.float64))


def _over_all_sets(terms: UserTerms, item: int) -> tuple[Floats, Floats]:
    """Mean rank and reciprocal rank after 0 .. K deletions over all sets of so many."""
    ranks = terms.subset_ranks(item)
    deleted = terms.n_slots - np.bitwise_count(np.arange(len(ranks), dtype=np.int64))
    counts = np.bincount(deleted)
    return np.bincount(deleted, weights=ranks) / counts, np.bincount(deleted, weights=1.0 / ranks) / counts


def _over_orders(terms: UserTerms, item: int, seed: int) -> tuple[Floats, Floats]:
    """The same over drawn orders."""
    generator, n = np.random.default_rng(seed), terms.n_slots
    place = np.argsort(generator.random((_ORDERS, n)), axis=1)
    kept = place[:, None, :] >= np.arange(n + 1)[:, None]
    ranks = _ranks(terms, item, kept.reshape(-1, n)).reshape(_ORDERS, n + 1)
    return np.asarray(ranks.mean(axis=0)), np.asarray((1.0 / ranks).mean(axis=0))
