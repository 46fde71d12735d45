"""Bayesian personalised ranking (Rendle et al., UAI 2009)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class BPRLoss(nn.Module):
    """L = -mean log sigmoid(<u, i> - <u, j>) over a positive item i and a negative item j."""

    def forward(self, users: torch.Tensor, positives: torch.Tensor, negatives: torch.Tensor) -> torch.Tensor:
        """All three float [B, d]; returns a scalar."""
        margin = (users * (positives - negatives)).sum(-1)
        return -functional.logsigmoid(margin).mean()
