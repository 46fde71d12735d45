"""SGL (Wu et al., SIGIR 2021, arXiv 2010.10783): LightGCN and a contrast between two thinned graphs."""

from __future__ import annotations

import torch

from core.models.backbones.lightgcn import LightGCN
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.losses import NodeContrastLoss
from core.models.recommendation import Batch


class SGL(LightGCN):
    """LightGCN whose training step adds ``ssl_weight`` times InfoNCE (eq. 10-11) between two views, each LightGCN over its own random
    share ``view_keep`` of the interactions (edge dropout, eq. 7).

    As in RLMRec's published code the entries that stay keep the value they have in the whole graph (the authors' own code normalises the
    thinned graph anew), and the contrast is taken of the batch's users, positive items and negative items.

    Args:
        interactions, width, generator: as in LightGCN. config: LightGCN's settings, ``view_keep``, ``ssl_weight``, ``ssl_temperature``.
    """

    def __init__(self, interactions: Interactions, config: ModelConfig, width: int, generator: torch.Generator) -> None:
        super().__init__(interactions, config, width, generator)
        self.view_keep, self.ssl_weight = config.view_keep, config.ssl_weight
        self.contrast = NodeContrastLoss(config.ssl_temperature)

    def step(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        users, items, own = super().step(batch)
        if self.ssl_weight == 0:
            return users, items, own
        users_1, items_1 = self.sides(self.propagated(self.adjacency.thinned(self.view_keep)))
        users_2, items_2 = self.sides(self.propagated(self.adjacency.thinned(self.view_keep)))
        met = torch.cat([batch.positives, batch.negatives])
        contrast = self.contrast(users_1, users_2, batch.users) + 2 * self.contrast(items_1, items_2, met)
        return users, items, {"contrast": self.ssl_weight * contrast}
