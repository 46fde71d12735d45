"""All-rank evaluation: every item the user has not trained on is ranked (the protocol of RLMRec, arXiv 2310.15950)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.evaluation.metrics import hits, ndcg, recall
from core.models.graph import Interactions
from core.models.top_k import top_k

CUTOFFS = (5, 10, 20)


@dataclass(frozen=True)
class Evaluation:
    """Figures of one evaluation.

    Args:
        users: int64 [n], the users with at least one held-out item.
        per_user: name ("recall@20") -> float64 [n].
    """

    users: np.ndarray
    per_user: dict[str, np.ndarray]

    @property
    def means(self) -> dict[str, float]:
        """Mean over users of each figure."""
        return {name: float(values.mean()) if len(values) else 0.0 for name, values in self.per_user.items()}


def evaluate(
    users: torch.Tensor,
    items: torch.Tensor,
    held_out: Interactions,
    seen: Interactions,
    *,
    item_bias: torch.Tensor | None = None,
    cutoffs: tuple[int, ...] = CUTOFFS,
) -> Evaluation:
    """Recall@K and NDCG@K of the held-out interactions, averaged over the users that have any.

    Args:
        users: float [n_users, d]; items: float [n_items, d]; score = inner product + item_bias.
        held_out: what has to be found. seen: what is left out of the ranking (the training interactions).
        cutoffs: the K.
    """
    wanted = held_out.matrix()
    n_relevant = np.diff(wanted.indptr)
    active = np.flatnonzero(n_relevant)
    ranked, _ = top_k(
        users[torch.from_numpy(active).to(users.device)], items, max(cutoffs), item_bias=item_bias, exclude=seen.matrix()[active]
    )
    subset = wanted[active]
    relevance = hits(ranked, subset.indptr, subset.indices)
    per_user = {}
    for k in cutoffs:
        per_user[f"recall@{k}"] = recall(relevance, n_relevant[active], k)
        per_user[f"ndcg@{k}"] = ndcg(relevance, n_relevant[active], k)
    return Evaluation(active, per_user)
