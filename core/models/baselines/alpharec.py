"""AlphaRec (Sheng et al., ICLR 2025, arXiv 2407.05441): language representations instead of trained identifiers.

    z_i  language representation of item i;   z_u = mean of z_i over the user's training items
    e0   = MLP(z)                                one hidden layer with LeakyReLU, shared by users and items
    e    = mean_{l=0..L} A^l e0                  light graph convolution
    s(u, i) = cos(e_u, e_i)
    L    = -mean_b log( exp(s_b+/tau) / (exp(s_b+/tau) + sum_n exp(s_bn/tau)) )      InfoNCE with N sampled negatives

Two things differ from the published code: the negatives are shared by the batch instead of drawn for each row, and the hidden layer
has (D + d) / 2 units, as in every text encoder here, where theirs has D / 2.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from core.models.base import RecommendationModel
from core.models.config import ModelConfig
from core.models.graph import Interactions, NormalisedAdjacency
from core.models.known import KnownPairs
from core.models.losses import SampledSoftmaxLoss
from core.models.recommendation import Batch
from core.models.text_encoder import TextEncoder
from core.models.text_features import TextFeatures


class AlphaRec(RecommendationModel):
    """The MLP is all that is trained.

    Args:
        interactions: the training interactions.
        text: of its two sides only the items' whole profiles are read; the user is what the user took.
        config: ``layers`` L, ``temperature`` tau, ``dim`` d, ``negatives`` N, ``text_dropout`` on z while training. A negative that
            the row's user took does not count for the row. In a batch for BPR the first N negatives, drawn for single rows, serve all.
    """

    nodes: torch.Tensor

    def __init__(self, interactions: Interactions, text: TextFeatures, config: ModelConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.n_users, self.n_items, self.layers = interactions.n_users, interactions.n_items, config.layers
        self.negatives = config.negatives
        items = text.items.worded
        self.register_buffer("nodes", torch.cat([mean_of_items(interactions, items), items]), persistent=False)
        self.known = KnownPairs(interactions)
        self.encoder = TextEncoder(items.shape[1], config.dim, config, generator)
        self.adjacency = NormalisedAdjacency(interactions)
        self.contrast = SampledSoftmaxLoss(config.temperature)

    def forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Users [n_users, d] and items [n_items, d], each of length one."""
        initial = self.encoder(self.nodes)
        nodes = initial
        for _ in range(self.layers):
            nodes = initial + self.adjacency(nodes)  # Horner's scheme: the sum over layers, whose direction is that of their mean
        users, items = functional.normalize(nodes, dim=1).split([self.n_users, self.n_items])
        return users, items

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        users, items = self()
        negatives, excluded = self.known.shared_negatives(batch, slice(None), self.negatives)
        return {"recommendation": self.contrast(users[batch.users], items[batch.positives], items[negatives], excluded)}

    @torch.no_grad()
    def vectors(self) -> dict[str, torch.Tensor]:
        """ "user" [n_users, 1, d] and "item" [n_items, 1, d] of length one: the score is their cosine."""
        users, items = self()
        return {"user": users.unsqueeze(1), "item": items.unsqueeze(1)}


def mean_of_items(interactions: Interactions, items: torch.Tensor) -> torch.Tensor:
    """Mean over each user's training items of float [n_items, D]: float [n_users, D], zero for a user without any."""
    pairs = torch.tensor(interactions.pairs, device=items.device)
    sums = items.new_zeros(interactions.n_users, items.shape[1]).index_add_(0, pairs[:, 0], items[pairs[:, 1]])
    counts = torch.bincount(pairs[:, 0], minlength=interactions.n_users)
    return sums / counts.clamp(min=1).unsqueeze(1)
