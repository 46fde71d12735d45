"""The recommendation objective shared by all models: BPR or sampled softmax over a batch of interactions."""

from __future__ import annotations

from dataclasses import dataclass

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
        number: of the step within its epoch, from 0.
    """

    users: torch.Tensor
    positives: torch.Tensor
    negatives: torch.Tensor
    excluded: torch.Tensor | None = None
    number: int = 0


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
