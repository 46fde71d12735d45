"""RLMRec-Con (Ren et al., "Representation Learning with Large Language Models for Recommendation", WWW 2024, arXiv 2310.15950).

    t_v = MLP(x_v)                                          text of a node in the space of the backbone, LeakyReLU
    L = L_rec + w [ C(users; all users) + C(positive items; those of the batch) + C(negative items; those of the batch) ]
    C: InfoNCE between a node's vector and its own t, against the t of the nodes behind the semicolon (contrastive alignment)

Which nodes stand in the denominators follows the published code: all users for the users, and for the items the batch's rows, repeated
ones included. Each of the three is a mean over its rows.
Deviations: a node without text takes no part; dropout on the MLP's input (`text_dropout`; 0 is the published setting).
"""

from __future__ import annotations

import torch

from core.models.backbones import Backbone
from core.models.base import RecommendationModel
from core.models.collaborative import embedding_norm
from core.models.config import ModelConfig
from core.models.distinct import distinct
from core.models.losses.weighted_contrast import WeightedContrastLoss
from core.models.recommendation import Batch, RecommendationLoss
from core.models.text_encoder import TextEncoder
from core.models.text_features import TextFeatures


class TextAlignment(torch.nn.Module):
    """The contrast of RLMRec-Con between vectors of nodes and one text of each, with the MLP that brings the text there.

    Args:
        users, items: float [n, D], the text; a row of zeros is silent. dim: d, of the vectors.
        config: ``align_temperature``, ``text_dropout``. generator: source of the initial values.
    """

    def __init__(self, users: torch.Tensor, items: torch.Tensor, dim: int, config: ModelConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.encoder = TextEncoder(users.shape[1], dim, config, generator)
        self.contrast = WeightedContrastLoss(config.align_temperature)
        self.register_buffer("user_text", users, persistent=False)
        self.register_buffer("item_text", items, persistent=False)
        self.register_buffer("speaking_users", users.any(1).nonzero().squeeze(1), persistent=False)
        self.register_buffer("user_place", _places(self.speaking_users, len(users)), persistent=False)
        self.register_buffer("item_speaks", items.any(1).float(), persistent=False)

    user_text: torch.Tensor
    item_text: torch.Tensor
    speaking_users: torch.Tensor
    user_place: torch.Tensor
    item_speaks: torch.Tensor

    def forward(self, users: torch.Tensor, items: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Vectors of all users [n_users, d] and items [n_items, d]; returns the sum of the three contrasts, a scalar."""
        return self._of_users(users, batch) + self._of_items(items, batch)

    def _of_users(self, users: torch.Tensor, batch: Batch) -> torch.Tensor:
        met = distinct(batch.users, len(users))
        own = self.user_place[met.nodes]
        text = self.encoder(self.user_text[self.speaking_users])
        if len(text) == 0:
            return users.new_zeros(())
        similarity = self.contrast.similarity(users[met.nodes], text)
        return self.contrast(similarity, own.clamp(min=0), met.times * (own >= 0))

    def _of_items(self, items: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Both contrasts of items from one matrix over the distinct ones."""
        met = distinct(torch.cat([batch.positives, batch.negatives]), len(items))
        speaks = self.item_speaks[met.nodes]
        similarity = self.contrast.similarity(items[met.nodes], self.encoder(self.item_text[met.nodes]))
        own = torch.arange(len(met.nodes), device=items.device)
        total = items.new_zeros(())
        for rows in met.place.split([len(batch.positives), len(batch.negatives)]):
            weight = torch.zeros_like(speaks).index_add_(0, rows, speaks[rows])
            total = total + self.contrast(similarity, own, weight, weight)
        return total


class RLMRecCon(RecommendationModel):
    """Contrastive alignment around any backbone; at inference the backbone's vectors alone.

    Args:
        backbone: the collaborative encoder. text: of training reviews only; the whole profiles are read.
        config: ``align_weight`` w, ``align_temperature`` tau, ``text_dropout``. generator: source of the initial values.
    """

    def __init__(self, backbone: Backbone, text: TextFeatures, config: ModelConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.backbone = backbone
        self.config = config
        self.recommendation = RecommendationLoss(config)
        self.alignment = TextAlignment(text.users.worded, text.items.worded, backbone.dim, config, generator)

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        users, items, own = self.backbone.step(batch)
        batch = batch.hardest(users, items)
        return {
            "recommendation": self.recommendation(users, items, batch),
            "regularisation": self.config.regularisation * embedding_norm(self.backbone, batch),
            "alignment": self.config.align_weight * self.alignment(users, items, batch),
            **own,
        }

    @torch.no_grad()
    def vectors(self) -> dict[str, torch.Tensor]:
        users, items = self.backbone()
        return {"user": users.unsqueeze(1), "item": items.unsqueeze(1)}


def _places(nodes: torch.Tensor, count: int) -> torch.Tensor:
    """int64 [count]: where each node stands in ``nodes``, -1 where it does not."""
    places = torch.full((count,), -1, dtype=torch.int64, device=nodes.device)
    places[nodes] = torch.arange(len(nodes), device=nodes.device)
    return places
