"""Faithfulness of explanations: deleting what they name first has to hurt more than deleting something else.

Of a recommendation with terms t_k = <e_uk, e_ik>, motivation k is deleted by leaving slot k out of the user's vector: every item loses
its own term, so the rank changes as it would if the motivation did not count. Score and rank without a set D of motivations are exact:

    score(D) = sum_{k not in D} t_k + b_i          rank(D): of the item among those not in the user's training history

Curves (Petsiuk, Das & Saenko, "RISE", BMVC 2018, section 4.1, for motivations in place of pixels): deletion takes motivations away from
the largest term to the smallest, insertion adds them to none in the same order; m of K deleted is drawn at m / K, and the area below is
that of the trapezoids. An explanation that ranks motivations rightly has a small area of deletion and a large one of insertion, each
judged beside random orders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from core.errors import InputError
from core.recommend.recommender import Recommender

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class DeletionTest:
    """Means over sampled users and their first recommendation.

    Args:
        n: users sampled.
        top_drop, random_drop: how far the score falls when the top motivation, or a random other one, no longer counts.
        top_rank, random_rank: mean rank of the item afterwards (it was 1).
        top_hurts_more: share of users whose item falls at least as far without the top motivation as without the other one.
    """

    n: int
    top_drop: float
    random_drop: float
    top_rank: float
    random_rank: float
    top_hurts_more: float


@dataclass(frozen=True)
class SingleDeletions:
    """The top motivation against a random other one, as the exact expectation over all K - 1 others, averaged over recommendations.

    Args:
        n: recommendations.
        top_drop, other_drop: how far the score falls. top_rank, other_rank: rank afterwards.
        score_share: probability that the score falls further without the top motivation. In an exact sum the top motivation is the
            largest term, so anything below 1 is a tie: this checks the sum, not the model.
        rank_share: probability that the rank falls further without the top motivation. rank_tied: that it falls equally far.
    """

    n: int
    top_drop: float
    other_drop: float
    top_rank: float
    other_rank: float
    score_share: float
    rank_share: float
    rank_tied: float


@dataclass(frozen=True)
class Curve:
    """Means over recommendations after 0 .. K steps: float64 [K + 1] each; reciprocal ranks keep a few far falls from ruling the mean."""

    scores: Floats
    ranks: Floats
    reciprocal_ranks: Floats

    @property
    def score_area(self) -> float:
        """Area below the scores."""
        return _area(self.scores)

    @property
    def reciprocal_rank_area(self) -> float:
        """Area below the reciprocal ranks, 0..1."""
        return _area(self.reciprocal_ranks)

    def backwards(self) -> Curve:
        """Deletion read as insertion: in a random order, what is left after K - m deletions is what m insertions make."""
        return Curve(self.scores[::-1], self.ranks[::-1], self.reciprocal_ranks[::-1])


@dataclass(frozen=True)
class FaithfulnessCurves:
    """Deletion and insertion by the explanation's order, and by random orders; of ``n`` recommendations."""

    n: int
    deletion: Curve
    insertion: Curve
    random_deletion: Curve
    random_insertion: Curve


@dataclass(frozen=True)
class _Sample:
    """Recommendations with their terms: users, items int64 [n]; terms float64 [n, K]; remainder float64 [n], what no term holds."""

    users: Integers
    items: Integers
    terms: Floats
    remainder: Floats

    @classmethod
    def draw(cls, recommender: Recommender, n: int, k: int, generator: np.random.Generator) -> _Sample:
        """The first ``k`` recommendations of at most ``n`` users."""
        if len(recommender.motivations) < 2:
            raise InputError(
                "A deletion test needs at least two named motivations",
                where=f"run {recommender.run.id}",
                hint="Train LMMRec in the slot form",
            )
        n_users = recommender.dataset.n_users
        chosen = np.sort(generator.choice(n_users, size=min(n, n_users), replace=False))
        ranked = recommender.recommend_many(chosen, k)[0]
        rows, places = np.nonzero(ranked >= 0)
        if len(rows) == 0:
            raise InputError("No recommendation to explain", where=f"run {recommender.run.id}", hint="Every item is in the users' history")
        users, items = chosen[rows], ranked[rows, places]
        vectors = recommender.run.vectors
        slots, others = vectors.user[torch.from_numpy(users)].double(), vectors.item[torch.from_numpy(items)].double()
        return cls(users, items, (slots * others).sum(dim=-1).numpy(), recommender.scorer.remainders(users, items))

    def ranks(self, recommender: Recommender, kept: npt.NDArray[np.bool_], chunk: int = 256) -> Integers:
        """int64 [n]: each item's rank where only the motivations ``kept`` (bool [n, K]) count."""
        history = recommender.histories["train"]
        ranks = [
            recommender.scorer.ranks(
                recommender.scorer.users(self.users[start : start + chunk], kept[start : start + chunk]),
                self.items[start : start + chunk],
                history.cells(self.users[start : start + chunk]),
            )
            for start in range(0, len(self.users), chunk)
        ]
        return np.concatenate(ranks)

    def ranks_without(self, recommender: Recommender, dropped: Integers) -> Integers:
        """int64 [n]: each item's rank without one motivation (``dropped``, int64 [n])."""
        return self.ranks(recommender, np.arange(self.terms.shape[1]) != dropped[:, None])

    def deletion_curve(self, recommender: Recommender, order: Integers) -> Curve:
        """Score and rank while motivations are deleted in an order of one's own (int64 [n, K])."""
        place = order.argsort(axis=1)
        scores, ranks, reciprocal = [], [], []
        for deleted in range(self.terms.shape[1] + 1):
            kept = place >= deleted
            rank = self.ranks(recommender, kept)
            scores.append((self.terms * kept).sum(axis=1).mean() + self.remainder.mean())
            ranks.append(rank.mean())
            reciprocal.append((1.0 / rank).mean())
        return Curve(np.array(scores), np.array(ranks), np.array(reciprocal))


def deletion_test(recommender: Recommender, n: int = 500, seed: int = 0) -> DeletionTest:
    """Delete the top motivation of each first recommendation, and a random other one, from the user's vector.

    Raises:
        InputError: the run has fewer than two named motivations, or nothing can be recommended.
    """
    generator = np.random.default_rng(seed)
    sample = _Sample.draw(recommender, n, 1, generator)
    n_slots, size = len(recommender.motivations), len(sample.users)
    top = sample.terms.argmax(axis=1)
    other = (top + generator.integers(1, n_slots, size=size)) % n_slots
    each = np.arange(size)
    top_rank, other_rank = (sample.ranks_without(recommender, slot) for slot in (top, other))
    return DeletionTest(
        n=size,
        top_drop=float(sample.terms[each, top].mean()),
        random_drop=float(sample.terms[each, other].mean()),
        top_rank=float(top_rank.mean()),
        random_rank=float(other_rank.mean()),
        top_hurts_more=float((top_rank >= other_rank).mean()),
    )


def single_deletions(recommender: Recommender, n: int = 500, k: int = 1, seed: int = 0) -> SingleDeletions:
    """Delete the top motivation of each recommendation, and each of the others in its place.

    Args:
        n: users drawn. k: recommendations of each. seed: of the draw.

    Raises:
        InputError: the run has fewer than two named motivations, or nothing can be recommended.
    """
    sample = _Sample.draw(recommender, n, k, np.random.default_rng(seed))
    n_slots, size = len(recommender.motivations), len(sample.users)
    ranks = np.stack([sample.ranks_without(recommender, np.full(size, slot)) for slot in range(n_slots)], axis=1)
    top = sample.terms.argmax(axis=1)[:, None]
    others = np.arange(n_slots) != top
    top_term, top_rank = np.take_along_axis(sample.terms, top, axis=1), np.take_along_axis(ranks, top, axis=1)
    return SingleDeletions(
        n=size,
        top_drop=float(top_term.mean()),
        other_drop=float(sample.terms[others].mean()),
        top_rank=float(top_rank.mean()),
        other_rank=float(ranks[others].mean()),
        score_share=float((top_term > sample.terms)[others].mean()),
        rank_share=float((top_rank > ranks)[others].mean()),
        rank_tied=float((top_rank == ranks)[others].mean()),
    )


def faithfulness_curves(recommender: Recommender, n: int = 500, k: int = 1, orders: int = 10, seed: int = 0) -> FaithfulnessCurves:
    """Deletion and insertion curves of recommendations.

    Args:
        n: users drawn. k: recommendations of each. orders: random orders of each, averaged. seed: of both draws.

    Raises:
        InputError: the run has fewer than two named motivations, or nothing can be recommended. ValueError: no random order.
    """
    if orders < 1:
        raise ValueError(f"{orders} random orders")
    generator = np.random.default_rng(seed)
    sample = _Sample.draw(recommender, n, k, generator)
    by_term = np.argsort(-sample.terms, axis=1, kind="stable")
    random = [
        sample.deletion_curve(recommender, generator.permuted(np.broadcast_to(np.arange(by_term.shape[1]), by_term.shape), axis=1))
        for _ in range(orders)
    ]
    deletion_at_random = Curve(
        scores=_random_scores(sample),
        ranks=np.mean([curve.ranks for curve in random], axis=0),
        reciprocal_ranks=np.mean([curve.reciprocal_ranks for curve in random], axis=0),
    )
    return FaithfulnessCurves(
        n=len(sample.users),
        deletion=sample.deletion_curve(recommender, by_term),
        insertion=sample.deletion_curve(recommender, by_term[:, ::-1]).backwards(),
        random_deletion=deletion_at_random,
        random_insertion=deletion_at_random.backwards(),
    )


def _random_scores(sample: _Sample) -> Floats:
    """float64 [K + 1]: the score's exact mean over all orders, which falls in a straight line to what no term holds."""
    left = np.linspace(1.0, 0.0, sample.terms.shape[1] + 1)
    return np.asarray(sample.remainder.mean() + left * sample.terms.sum(axis=1).mean())


def _area(values: Floats) -> float:
    return float(np.trapezoid(values, dx=1.0 / (len(values) - 1)))
