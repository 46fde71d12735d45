"""SimGCL (Yu et al., SIGIR 2022, arXiv 2112.08679): LightGCN and a contrast between two noisy views of it."""

from __future__ import annotations

import torch
from torch.nn import functional

from core.models.backbones.lightgcn import LightGCN
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.losses import NodeContrastLoss
from core.models.recommendation import Batch


class SimGCL(LightGCN):
    """LightGCN whose training step adds ``ssl_weight`` times InfoNCE between two views, for the batch's users and positive items.

    A view adds noise to every propagated layer: z_l = A z_{l-1} + eps sign(A z_{l-1}) x / |x|, x uniform in [0, 1)^d (eq. 6-7),
    and joins z_0..z_L as LightGCN does. The embeddings themselves, z_0, are part of the sum and have no noise: that is RLMRec's published
    code; the authors' own leaves z_0 out.

    The noise is a constant for the gradient, so a view has the same gradient as the noiseless vectors, and one propagation
    backwards serves all three.

    Args:
        interactions, width, generator: as in LightGCN.
        config: LightGCN's settings, ``view_noise`` eps, ``ssl_weight``, ``ssl_temperature``.
    """

    def __init__(self, interactions: Interactions, config: ModelConfig, width: int, generator: torch.Generator) -> None:
        super().__init__(interactions, config, width, generator)
        self.noise, self.ssl_weight = config.view_noise, config.ssl_weight
        self.contrast = NodeContrastLoss(config.ssl_temperature)

    def step(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        weights = self.step_weights()
        nodes = self.propagated(weights)
        users, items = self.sides(nodes)
        if self.ssl_weight == 0:
            return users, items, {}
        offsets = (self.noisy(weights) - nodes.detach().unsqueeze(1)).unbind(1)
        (users_1, items_1), (users_2, items_2) = (self.sides(nodes + offset) for offset in offsets)
        contrast = self.contrast(users_1, users_2, batch.users) + self.contrast(items_1, items_2, batch.positives)
        return users, items, {"contrast": self.ssl_weight * contrast}

    @torch.no_grad()
    def noisy(self, weights: torch.Tensor | None = None) -> torch.Tensor:
        """Both views of all nodes: float [n_users + n_items, 2, dim]; without a gradient."""
        views = self.embedding.unsqueeze(1).expand(-1, 2, -1)
        total = views.clone()
        for layer in range(self.layers):
            # In the first layer the views are still the same: one product serves both.
            nodes = self.embedding if layer == 0 else views.flatten(1)
            views = self.adjacency(nodes, weights).view(len(nodes), -1, self.dim).expand(-1, 2, -1)
            views = views + self.noise * views.sign() * functional.normalize(torch.rand_like(total), dim=2)
            total += views
        return total * self.scale
