"""What every backbone offers: node vectors from the interaction graph alone."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import nn

from core.models.recommendation import Batch


class Backbone(nn.Module, ABC):
    """A collaborative encoder. ``forward`` gives (users [n_users, d], items [n_items, d]).

    ``dim`` is d. Where a vector is joined from several parts (GCCF's layers), the parts of one embedding dimension lie side by side,
    so that a slot, a slice of the embedding, stays a slice of the vector.
    """

    n_users: int
    n_items: int
    dim: int

    @abstractmethod
    def forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Vectors of all users and all items, as recommendations are made of."""

    def step(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        """One training step: the vectors the recommendation loss is taken of, and the backbone's own weighted losses by name."""
        del batch
        users, items = self()
        return users, items, {}

    @abstractmethod
    def initial(self, users: torch.Tensor, items: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Trainable embeddings of some users and items (indices int64 [m] each), which regularisation acts on."""
