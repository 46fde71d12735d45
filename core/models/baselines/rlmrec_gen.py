"""RLMRec-Gen (Ren et al., "Representation Learning with Large Language Models for Recommendation", WWW 2024, arXiv 2310.15950).

Every step hides the initial embeddings of a random share of the nodes behind one learnt token; from what the backbone then says of them,
out of their neighbours alone, their text has to be told apart from that of the other hidden nodes:

    e' = e where a node is seen, token where it is hidden (n in M, |M| = mask_ratio of all users and items, at least one)
    h = backbone(e'),  r_n = MLP(h_n)                         d -> (d + D) / 2 -> D, LeakyReLU
    L = L_rec(h) - w mean_{n in M} log( exp(cos(r_n, x_n)/tau) / sum_{m in M} exp(cos(r_n, x_m)/tau) )

The reconstruction loss is the one the published code trains with (this InfoNCE among the hidden nodes), not the scaled cosine error of
masked autoencoders that lies unused beside it; the recommendation loss is taken of the same masked pass, as there.
Deviations: hidden nodes without text are not reconstructed; dropout on the MLP's input (`text_dropout`; 0 is the published setting).
"""

from __future__ import annotations

import torch
from torch import nn
from torch.func import functional_call

from core.models.backbones import Backbone
from core.models.base import RecommendationModel
from core.models.collaborative import embedding_norm
from core.models.config import ModelConfig
from core.models.losses.weighted_contrast import WeightedContrastLoss
from core.models.recommendation import Batch, RecommendationLoss
from core.models.text_encoder import TextEncoder
from core.models.text_features import TextFeatures


class RLMRecGen(RecommendationModel):
    """Generative alignment around any backbone whose node embeddings are its parameter ``embedding`` [n_users + n_items, width].

    Args:
        backbone: the collaborative encoder. text: of training reviews only; the whole profiles are read.
        config: ``align_weight`` w, ``align_temperature`` tau, ``mask_ratio``, ``text_dropout``. generator: source of the initial values.
    """

    text: torch.Tensor
    speaks: torch.Tensor

    def __init__(self, backbone: Backbone, text: TextFeatures, config: ModelConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.backbone = backbone
        self.config = config
        self.recommendation = RecommendationLoss(config)
        self.contrast = WeightedContrastLoss(config.align_temperature)
        embedding = backbone.get_parameter("embedding")
        self.token = nn.Parameter(torch.zeros(1, embedding.shape[1]))
        whole = torch.cat([text.users.worded, text.items.worded])
        self.decoder = TextEncoder(backbone.dim, whole.shape[1], config, generator)
        self.register_buffer("text", whole, persistent=False)
        self.register_buffer("speaks", whole.any(1).float(), persistent=False)
        self.n_hidden = max(int(len(whole) * config.mask_ratio), 1)

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        hidden = torch.randperm(len(self.text), device=self.text.device)[: self.n_hidden]
        embedding = self.backbone.get_parameter("embedding")
        masked = embedding.index_copy(0, hidden, self.token.expand(len(hidden), -1))
        users, items, own = step_with(self.backbone, masked, batch)
        batch = batch.hardest(users, items)
        return {
            "recommendation": self.recommendation(users, items, batch),
            "regularisation": self.config.regularisation * embedding_norm(self.backbone, batch),
            "alignment": self.config.align_weight * self.reconstruction(torch.cat([users, items])[hidden], hidden),
            **own,
        }

    def reconstruction(self, vectors: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """Vectors [m, d] of the hidden nodes (int64 [m], users first, then items); returns the mean of their contrasts, a scalar."""
        speaks = self.speaks[hidden]
        similarity = self.contrast.similarity(self.decoder(vectors), self.text[hidden])
        return self.contrast(similarity, torch.arange(len(hidden), device=hidden.device), speaks, speaks)

    @torch.no_grad()
    def vectors(self) -> dict[str, torch.Tensor]:
        users, items = self.backbone()
        return {"user": users.unsqueeze(1), "item": items.unsqueeze(1)}


class _Step(nn.Module):
    """A backbone's training step as a forward pass, the one method that `functional_call` replaces parameters for."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        return self.backbone.step(batch)


def step_with(backbone: Backbone, embedding: torch.Tensor, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
    """``backbone.step(batch)`` as if its parameter ``embedding`` were another tensor of its shape; gradients flow into that one."""
    result: tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]
    result = functional_call(_Step(backbone), {"backbone.embedding": embedding}, (batch,))
    return result
