"""LightGCN (He et al., SIGIR 2020, arXiv 2002.02126)."""

from __future__ import annotations

import torch
from torch import nn

from core.models.backbones.base import Backbone
from core.models.config import ModelConfig
from core.models.graph import Interactions, NormalisedAdjacency
from core.models.propagation import symmetric_power_sum
from core.models.recommendation import Batch


class LightGCN(Backbone):
    """Linear propagation of trainable embeddings: e = c sum_{l=0..L} A^l e0 (eq. 6-7), c = 1 / (L + 1) for the mean, 1 for the sum.

    The sum over layers is taken by Horner's scheme, y <- e0 + A y, so forward and backward cost L products each and no
    layer has to be kept.

    With ``edge_keep`` below 1 a training step propagates over a random share of the interactions (RLMRec's published setting, 0.8),
    drawn once for all layers. As published, the entries of A that stay are not scaled up. There each direction of an interaction is
    dropped by itself; here both are at once, so that the matrix stays symmetric and its backward pass cheap.

    Args:
        interactions: the training interactions.
        config: ``layers`` L, ``layer_combination``, ``edge_keep``, ``initial_scale`` of the embeddings (normal).
        width: dimensions of the embeddings.
        generator: source of the initial values.
    """

    def __init__(self, interactions: Interactions, config: ModelConfig, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.n_users, self.n_items, self.dim, self.layers = interactions.n_users, interactions.n_items, width, config.layers
        self.scale = 1 / (config.layers + 1) if config.layer_combination == "mean" else 1.0
        self.edge_keep = config.edge_keep
        self.adjacency = NormalisedAdjacency(interactions)
        initial = torch.randn(self.n_users + self.n_items, width, generator=generator)
        self.embedding = nn.Parameter(initial * config.initial_scale)

    def forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        return self.sides(self.propagated())

    def step(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        users, items = self.sides(self.propagated(self.step_weights()))
        return users, items, {}

    def step_weights(self) -> torch.Tensor | None:
        """Entries of A for one training step; None: all as they are."""
        return self.adjacency.thinned(self.edge_keep) if self.edge_keep < 1 else None

    def propagated(self, weights: torch.Tensor | None = None) -> torch.Tensor:
        """All nodes after propagation over A (or with its entries replaced), users first: float [n_users + n_items, dim]."""
        graph = self.adjacency
        entries = graph.weights if weights is None else weights
        return symmetric_power_sum(self.embedding, graph.neighbours, graph.offsets, entries, self.layers, self.scale)

    def sides(self, nodes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """All nodes -> users, items."""
        users, items = nodes.split([self.n_users, self.n_items])
        return users, items

    def initial(self, users: torch.Tensor, items: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        rows = self.embedding.index_select(0, torch.cat([users, self.n_users + items]))
        user_rows, item_rows = rows.split([len(users), len(items)])
        return user_rows, item_rows
