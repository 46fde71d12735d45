"""Independence of slots: what one motivation says should not be told by another."""

from __future__ import annotations

import torch
from torch import nn


class IndependenceLoss(nn.Module):
    """Mean squared cross-correlation between the dimensions of different slots over the batch.

    With v[n, k, a] standardised over n:  C[ka, lb] = mean_n v[n,k,a] v[n,l,b];  L = mean_{k != l, a, b} C[ka, lb]^2.
    """

    def forward(self, slots: torch.Tensor) -> torch.Tensor:
        """slots: float [n, K, s]; returns a scalar, zero for one slot."""
        n_nodes, n_slots, width = slots.shape
        if n_slots < 2 or n_nodes < 2:
            return slots.new_zeros(())
        flat = slots.reshape(n_nodes, n_slots * width)
        flat = flat - flat.mean(0)
        flat = flat / flat.std(0, unbiased=False).clamp(min=1e-6)
        squared = (flat.T @ flat / n_nodes).square().reshape(n_slots, width, n_slots, width).sum((1, 3))
        between = squared.sum() - squared.diagonal().sum()
        return between / (n_slots * (n_slots - 1) * width * width)
