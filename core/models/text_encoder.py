"""The textual half of the dual encoder: an MLP with LeakyReLU from sentence embeddings to the recommendation space."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class TextEncoder(nn.Module):
    """D -> (D + d) / 2 -> d with LeakyReLU and dropout on the input (LMMRec, arXiv 2602.05474), shared by users and items.

    Args:
        width: D, of the input. dim: d, of the output.
        dropout: share of input values dropped while training.
        generator: source of the initial values.
    """

    def __init__(self, width: int, dim: int, dropout: float, generator: torch.Generator) -> None:
        super().__init__()
        hidden = (width + dim) // 2
        self.dropout = dropout
        self.first = _linear(width, hidden, generator)
        self.second = _linear(hidden, dim, generator)

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        """Float [n, D] -> [n, d]."""
        text = functional.dropout(text, self.dropout, self.training)
        return self.second(functional.leaky_relu(self.first(text)))


class SlotTextEncoder(nn.Module):
    """One `TextEncoder` per slot, evaluated together: t_k = MLP_k(x_k); silent slots give zero.

    Args:
        n_slots: K. width: of the input of a slot. dim: of its output.
    """

    def __init__(self, n_slots: int, width: int, dim: int, dropout: float, generator: torch.Generator) -> None:
        super().__init__()
        hidden = (width + dim) // 2
        self.dropout = dropout
        self.first = nn.Parameter(torch.randn(n_slots, width, hidden, generator=generator) * (2 / (width + hidden)) ** 0.5)
        self.first_bias = nn.Parameter(torch.zeros(n_slots, 1, hidden))
        self.second = nn.Parameter(torch.randn(n_slots, hidden, dim, generator=generator) * (2 / (hidden + dim)) ** 0.5)
        self.second_bias = nn.Parameter(torch.zeros(n_slots, 1, dim))

    def forward(self, text: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Float [n, K, width], bool [n, K] -> float [n, K, dim]."""
        text = functional.dropout(text.transpose(0, 1), self.dropout, self.training)
        hidden = functional.leaky_relu(torch.baddbmm(self.first_bias, text, self.first))
        vectors = torch.baddbmm(self.second_bias, hidden, self.second).transpose(0, 1)
        return vectors * present.unsqueeze(-1)


def _linear(width: int, dim: int, generator: torch.Generator) -> nn.Linear:
    layer = nn.Linear(width, dim)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(dim, width, generator=generator) * (2 / (width + dim)) ** 0.5)
        layer.bias.zero_()
    return layer
