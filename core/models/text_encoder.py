"""The textual half of the dual encoder: an MLP with LeakyReLU from sentence embeddings to the recommendation space.

Dropout hides the same components from all rows of a step, drawn anew each step: what is hidden is not multiplied at all, so a step costs
less the more it hides (components hidden per row cost more than they spare, and did no better on validation).
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from core.models.config import ModelConfig


class TextLayer(nn.Module):
    """x -> W x + b, with a share of the components of x hidden while training.

    Args:
        width: D, of the input. dim: of the output. dropout: share of the components hidden; the rest is scaled up by 1 / (1 - share).
        generator: source of the initial values. bias: whether there is a b.
    """

    def __init__(self, width: int, dim: int, dropout: float, generator: torch.Generator, *, bias: bool = True) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(dim)) if bias else None
        self.weight = nn.Parameter(torch.randn(dim, width, generator=generator) * (2 / (width + dim)) ** 0.5)
        self.kept = max(1, round(width * (1 - dropout)))

    weight: torch.Tensor
    bias: torch.Tensor | None

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        """Float [n, D] -> [n, dim]."""
        width = self.weight.shape[1]
        if not self.training or self.kept == width:
            return functional.linear(text, self.weight, self.bias)
        columns = torch.randperm(width, device=text.device)[: self.kept]
        weight = self.weight.index_select(1, columns) * (width / self.kept)
        return functional.linear(text.index_select(1, columns), weight, self.bias)


class TextEncoder(nn.Module):
    """D -> H -> d with LeakyReLU (LMMRec, arXiv 2602.05474), shared by users and items.

    Args:
        width: D, of the input. dim: d, of the output.
        config: ``text_dropout``, ``text_hidden`` H; 0 is the paper's (D + d) / 2.
        generator: source of the initial values.
    """

    def __init__(self, width: int, dim: int, config: ModelConfig, generator: torch.Generator) -> None:
        super().__init__()
        hidden = hidden_width(width, dim, config)
        self.first = TextLayer(width, hidden, config.text_dropout, generator)
        self.second = TextLayer(hidden, dim, 0.0, generator)

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        """Float [n, D] -> [n, d]."""
        return self.second(functional.leaky_relu(self.first(text)))


class SlotTextEncoder(nn.Module):
    """One MLP per slot, t_k = MLP_k(x_k), whose first layer all slots share up to the bias; silent slots give zero.

    Args:
        n_slots: K. width: of the input of a slot. dim: of its output. config, generator: as of `TextEncoder`.
    """

    def __init__(self, n_slots: int, width: int, dim: int, config: ModelConfig, generator: torch.Generator) -> None:
        super().__init__()
        hidden = hidden_width(width, dim, config)
        self.first = TextLayer(width, hidden, config.text_dropout, generator, bias=False)
        self.first_bias = nn.Parameter(torch.zeros(n_slots, hidden))
        self.second = nn.Parameter(torch.randn(n_slots, hidden, dim, generator=generator) * (2 / (hidden + dim)) ** 0.5)
        self.second_bias = nn.Parameter(torch.zeros(n_slots, 1, dim))

    def forward(self, text: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Float [n, K, width], bool [n, K] -> float [n, K, dim]."""
        hidden = self.first(text.flatten(0, 1)).unflatten(0, text.shape[:2])
        hidden = functional.leaky_relu(hidden + self.first_bias).transpose(0, 1)
        return torch.baddbmm(self.second_bias, hidden, self.second).transpose(0, 1) * present.unsqueeze(-1)


def hidden_width(width: int, dim: int, config: ModelConfig) -> int:
    """H: ``text_hidden``, or the paper's (D + d) / 2 where that is 0."""
    return config.text_hidden or (width + dim) // 2
