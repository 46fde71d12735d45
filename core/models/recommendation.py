"""The recommendation objective shared by all models: BPR or sampled softmax over a batch of interactions."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import nn

from core.models.config import ModelConfig
from core.models.losses import BPRLoss, SampledSoftmaxLoss


@dataclass(frozen=True)
class Batch:
    """One step's interactions.

    Args:
        users, positives: int64 [B]. negatives: int64 [B] for BPR (one per interaction), [N] for softmax (shared).
        excluded: bool [B, N] or None, shared negatives that the row's user has interacted with.
        candidates: int64 [C, B] or None, the negatives that `hardest` chooses from; its first row is ``negatives``.
        number: of the step within its epoch, from 0.
    """

    users: torch.Tensor
    positives: torch.Tensor
    negatives: torch.Tensor
    excluded: torch.Tensor | None = None
    candidates: torch.Tensor | None = None
    number: int = 0

    def hardest(self, users: torch.Tensor, items: torch.Tensor) -> Batch:
        """The batch whose negatives are each row's best-scored candidates (dynamic negative sampling; Zhang et al., SIGIR 2013, sec. 4).

        Args:
            users, items: float [n_users, d], [n_items, d], vectors of all nodes; no gradient flows through the choice.
        """
        if self.candidates is None:
            return self
        with torch.no_grad():
            anchors = users.index_select(0, self.users)
            scores = torch.stack([(anchors * items.index_select(0, row)).sum(1) for row in self.candidates])
            hardest = self.candidates.gather(0, scores.argmax(0, keepdim=True)).squeeze(0)
        return replace(self, negatives=hardest, candidates=None)


class RecommendationLoss(nn.Module):
    """BPR or sampled softmax, as the configuration says."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.bpr = BPRLoss() if config.loss == "bpr" else None
        self.softmax = SampledSoftmaxLoss(config.temperature)

    def forward(self, users: torch.Tensor, items: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Users [n_users, d], items [n_items, d] are the vectors of all nodes; returns a scalar."""
        # `index_select` rather than `[]`: its backward pass adds rows up several times as fast. Both kinds of items share one.
        anchors = users.index_select(0, batch.users)
        both = items.index_select(0, torch.cat([batch.positives, batch.negatives]))
        positives, negatives = both.split([len(batch.positives), len(batch.negatives)])
        if self.bpr is not None:
            return self.bpr(anchors, positives, negatives)
        return self.softmax(anchors, positives, negatives, batch.excluded)
