"""A backbone trained on its own: the recommender LMMRec is compared with."""

from __future__ import annotations

import torch
from torch import nn

from core.models.backbones import Backbone
from core.models.config import ModelConfig
from core.models.recommendation import Batch, RecommendationLoss


class Collaborative(nn.Module):
    """Scores by the inner product of the backbone's vectors."""

    def __init__(self, backbone: Backbone, config: ModelConfig) -> None:
        super().__init__()
        self.backbone = backbone
        self.config = config
        self.recommendation = RecommendationLoss(config)

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Weighted terms of the objective; their sum is minimised."""
        users, items = self.backbone()
        return {
            "recommendation": self.recommendation(users, items, batch),
            "regularisation": self.config.regularisation * embedding_norm(self.backbone, batch),
        }

    def after_step(self) -> None:
        """Nothing follows the student here."""

    @torch.no_grad()
    def vectors(self) -> dict[str, torch.Tensor]:
        """ "user" [n_users, 1, d] and "item" [n_items, 1, d]."""
        users, items = self.backbone()
        return {"user": users.unsqueeze(1), "item": items.unsqueeze(1)}


def embedding_norm(backbone: Backbone, batch: Batch) -> torch.Tensor:
    """||theta||^2 / 2 of the embeddings behind a batch, per interaction (LightGCN, eq. 15)."""
    users, items = backbone.initial(batch.users, torch.cat([batch.positives, batch.negatives]))
    return 0.5 * (users.square().sum() + items.square().sum()) / len(batch.users)
