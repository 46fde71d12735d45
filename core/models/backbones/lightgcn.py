"""LightGCN (He et al., SIGIR 2020, arXiv 2002.02126)."""

from __future__ import annotations

import torch
from torch import nn

from core.models.backbones.base import Backbone
from core.models.config import ModelConfig
from core.models.graph import Interactions, NormalisedAdjacency


class LightGCN(Backbone):
    """Linear propagation of trainable embeddings: e = c sum_{l=0..L} A^l e0 (eq. 6-7), c = 1 / (L + 1) for the mean, 1 for the sum.

    The sum over layers is taken by Horner's scheme, y <- e0 + A y, so forward and backward cost L products each and no
    layer has to be kept.

    Args:
        interactions: the training interactions.
        config: ``layers`` L (0 gives matrix factorisation), ``layer_combination``.
        width: dimensions of the embeddings.
        generator: source of the initial values (normal, 0.1 standard deviation).
    """

    def __init__(self, interactions: Interactions, config: ModelConfig, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.n_users, self.n_items, self.dim, self.layers = interactions.n_users, interactions.n_items, width, config.layers
        self.scale = 1 / (config.layers + 1) if config.layer_combination == "mean" else 1.0
        self.adjacency = NormalisedAdjacency(interactions)
        initial = torch.randn(self.n_users + self.n_items, width, generator=generator)
        self.embedding = nn.Parameter(initial * 0.1)

    def forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        nodes = self.embedding
        for _ in range(self.layers):
            nodes = self.embedding + self.adjacency(nodes)
        users, items = (nodes * self.scale).split([self.n_users, self.n_items])
        return users, items

    def initial(self, users: torch.Tensor, items: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.embedding[users], self.embedding[self.n_users + items]
