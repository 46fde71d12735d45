"""A backbone trained on its own: what LMMRec and the other models around a backbone are compared with."""

from __future__ import annotations

import torch

from core.models.backbones import Backbone
from core.models.base import RecommendationModel
from core.models.config import ModelConfig
from core.models.recommendation import Batch, RecommendationLoss


class Collaborative(RecommendationModel):
    """Scores by the inner product of the backbone's vectors."""

    def __init__(self, backbone: Backbone, config: ModelConfig) -> None:
        super().__init__()
        self.backbone = backbone
        self.config = config
        self.recommendation = RecommendationLoss(config)

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        users, items, own = self.backbone.step(batch)
        batch = batch.hardest(users, items)
        weight = self.config.regularisation
        return {
            "recommendation": self.recommendation(users, items, batch),
            "regularisation": weight * embedding_norm(self.backbone, batch) if weight > 0 else users.new_zeros(()),
            **own,
        }

    @torch.no_grad()
    def vectors(self) -> dict[str, torch.Tensor]:
        users, items = self.backbone()
        return {"user": users.unsqueeze(1), "item": items.unsqueeze(1)}


def embedding_norm(backbone: Backbone, batch: Batch) -> torch.Tensor:
    """||theta||^2 / 2 of the embeddings behind a batch, per interaction (LightGCN, eq. 15)."""
    users, items = backbone.initial(batch.users, torch.cat([batch.positives, batch.negatives]))
    return 0.5 * (users.square().sum() + items.square().sum()) / len(batch.users)
