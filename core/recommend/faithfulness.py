"""Faithfulness of explanations: deleting what they name first has to hurt more than deleting something else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.errors import InputError
from core.recommend.recommender import Recommender


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


def deletion_test(recommender: Recommender, n: int = 500, seed: int = 0) -> DeletionTest:
    """Delete the top motivation of each first recommendation, and a random other one, from the user's vector.

    Raises:
        InputError: the run has fewer than two named motivations, or its dataset has no items.
    """
    n_slots = len(recommender.motivations)
    if n_slots < 2:
        raise InputError(
            "A deletion test needs at least two named motivations", where=f"run {recommender.run.id}", hint="Train LMMRec in the slot form"
        )
    generator = np.random.default_rng(seed)
    n_users = recommender.dataset.n_users
    users = np.sort(generator.choice(n_users, size=min(n, n_users), replace=False))
    firsts = recommender.recommend_many(users, 1)[0][:, 0]
    users, firsts = users[firsts >= 0], firsts[firsts >= 0]
    vectors = recommender.run.vectors
    slots = vectors.user[torch.from_numpy(users)].double()
    terms = (slots * vectors.item[torch.from_numpy(firsts)].double()).sum(dim=-1).numpy()
    top = terms.argmax(axis=1)
    other = (top + generator.integers(1, n_slots, size=len(users))) % n_slots
    each = np.arange(len(users))
    top_rank, other_rank = (_ranks_without(recommender, users, slots, slot, firsts) for slot in (top, other))
    return DeletionTest(
        n=len(users),
        top_drop=float(terms[each, top].mean()),
        random_drop=float(terms[each, other].mean()),
        top_rank=float(top_rank.mean()),
        random_rank=float(other_rank.mean()),
        top_hurts_more=float((top_rank >= other_rank).mean()),
    )


def _ranks_without(
    recommender: Recommender, users: np.ndarray, slots: torch.Tensor, dropped: np.ndarray, items: np.ndarray, chunk: int = 256
) -> np.ndarray:
    remaining = slots.clone()
    remaining[torch.arange(len(users)), torch.from_numpy(dropped)] = 0
    history = recommender.histories["train"]
    ranks = [
        recommender.scorer.ranks(
            remaining[start : start + chunk].flatten(1), items[start : start + chunk], history.cells(users[start : start + chunk])
        )
        for start in range(0, len(users), chunk)
    ]
    return np.concatenate(ranks) if ranks else np.empty(0)
