"""Sampled softmax over one positive and a shared set of negatives."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class SampledSoftmaxLoss(nn.Module):
    """L = mean_b [ -s_b+/tau + log( exp(s_b+/tau) + sum_n exp(s_bn/tau) ) ] with s = <u/|u|, i>.

    The user vector is normalised and the item vector is not, so that an item's length can learn its popularity.

    Args:
        temperature: tau.
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(
        self, users: torch.Tensor, positives: torch.Tensor, negatives: torch.Tensor, excluded: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Users and positives float [B, d], negatives float [N, d] shared by the batch, excluded bool [B, N] marks
        negatives that do not count for a row (they are its positives); returns a scalar.
        """
        users = functional.normalize(users, dim=-1)
        positive = (users * positives).sum(-1, keepdim=True) / self.temperature
        negative = users @ negatives.T / self.temperature
        if excluded is not None:
            negative = negative.masked_fill(excluded, -torch.inf)
        return (torch.cat([positive, negative], dim=1).logsumexp(dim=1) - positive.squeeze(1)).mean()
