"""Matrix factorisation, what is left of a graph backbone without its graph (Rendle et al., UAI 2009, arXiv 1205.2618)."""

from __future__ import annotations

import torch
from torch import nn

from core.models.backbones.base import Backbone
from core.models.config import ModelConfig
from core.models.graph import Interactions


class MatrixFactorisation(Backbone):
    """Trainable embeddings, used as they are (sec. 4.3.1): score = <u, i>. Trained with BPR this is BPR-MF.

    Args:
        interactions: the training interactions (their numbers of users and items alone). config: ``initial_scale`` (normal).
        width: dimensions of the embeddings. generator: source of the initial values.
    """

    def __init__(self, interactions: Interactions, config: ModelConfig, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.n_users, self.n_items, self.dim = interactions.n_users, interactions.n_items, width
        initial = torch.randn(self.n_users + self.n_items, width, generator=generator)
        self.embedding = nn.Parameter(initial * config.initial_scale)

    def forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        # A copy: vectors that are kept must not change with further training, nor ask for gradients.
        users, items = self.embedding.clone().split([self.n_users, self.n_items])
        return users, items

    def initial(self, users: torch.Tensor, items: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.embedding[users], self.embedding[self.n_users + items]
