"""Motivation Coordination Strategy: InfoNCE between the two views of the same nodes (LMMRec, arXiv 2602.05474)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class InfoNCELoss(nn.Module):
    """L = -mean_n log( exp(cos(a_n, b_n)/tau) / sum_m exp(cos(a_n, b_m)/tau) ), for one or several slots.

    Each node may stand in the batch only once: a node met twice would be its own negative.

    Args:
        temperature: tau.
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, first: torch.Tensor, second: torch.Tensor, present: torch.Tensor | None = None) -> torch.Tensor:
        """Views float [n, d], or [n, K, d] with present bool [n, K]: where the text is silent (False) a slot is neither
        an anchor nor a negative. Slots are weighted by the number of nodes that speak. Returns a scalar.
        """
        first, second = functional.normalize(first, dim=-1), functional.normalize(second, dim=-1)
        if first.dim() == 2:
            logits = first @ second.T / self.temperature
            return (logits.logsumexp(1) - logits.diagonal()).mean()
        assert present is not None
        logits = torch.bmm(first.transpose(0, 1), second.permute(1, 2, 0)) / self.temperature
        speaking = present.T
        logits = logits.masked_fill(~speaking[:, None, :], -torch.inf)
        distance = logits.logsumexp(2) - logits.diagonal(dim1=1, dim2=2)
        return torch.where(speaking, distance, 0.0).sum() / speaking.sum().clamp(min=1)
