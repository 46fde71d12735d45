"""LR-GCCF (Chen et al., AAAI 2020, arXiv 2001.10167): linear propagation whose layers stand side by side."""

from __future__ import annotations

import torch

from core.models.backbones.lightgcn import LightGCN
from core.models.config import ModelConfig
from core.models.graph import Interactions, NormalisedAdjacency


class GCCF(LightGCN):
    """Vectors [e_0, S e_0, ..., S^L e_0] (eq. 8-10) with S = D~^-1/2 (A + I) D~^-1/2 (eq. 5), the linear residual form.

    A score is the sum of the inner products of all layers. The L + 1 values of one embedding dimension lie side by side, so a slice
    of the embedding is a slice of the vector. The layers' square matrices W are left out, as in RLMRec's published code.

    Args:
        interactions, width, generator: as in LightGCN. config: ``layers``, ``edge_keep``, ``initial_scale``;
            ``layer_combination`` has no meaning here.
    """

    def __init__(self, interactions: Interactions, config: ModelConfig, width: int, generator: torch.Generator) -> None:
        super().__init__(interactions, config, width, generator)
        self.dim = width * (config.layers + 1)
        self.adjacency = NormalisedAdjacency(interactions, self_loops=True)

    def propagated(self, weights: torch.Tensor | None = None) -> torch.Tensor:
        layers: list[torch.Tensor] = [self.embedding]
        for _ in range(self.layers):
            layers.append(self.adjacency(layers[-1], weights))
        return torch.stack(layers, dim=2).flatten(1)
