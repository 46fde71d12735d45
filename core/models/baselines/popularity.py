"""Popularity: everyone is recommended what most people took. What a personal model has to beat."""

from __future__ import annotations

import numpy as np
import torch

from core.models.base import RecommendationModel
from core.models.graph import Interactions
from core.models.recommendation import Batch


class Popularity(RecommendationModel):
    """score(u, i) = log(1 + number of training interactions of i), the same for every user; nothing is trained.

    The logarithm leaves the order as it is and keeps the largest score readable beside those of other models.
    """

    item_bias: torch.Tensor

    def __init__(self, interactions: Interactions) -> None:
        super().__init__()
        self.n_users, self.n_items = interactions.n_users, interactions.n_items
        counts = np.bincount(interactions.pairs[:, 1], minlength=interactions.n_items)
        self.register_buffer("item_bias", torch.from_numpy(np.log1p(counts)).float())

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        """None: there is nothing to train."""
        del batch
        return {}

    @torch.no_grad()
    def vectors(self) -> dict[str, torch.Tensor]:
        """ "user" [n_users, 1, 1] and "item" [n_items, 1, 1] of zeros, and "item_bias" [n_items]."""
        return {
            "user": self.item_bias.new_zeros(self.n_users, 1, 1),
            "item": self.item_bias.new_zeros(self.n_items, 1, 1),
            "item_bias": self.item_bias.clone(),
        }
