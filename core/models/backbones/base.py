"""What every backbone offers: node vectors from the interaction graph alone."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import nn


class Backbone(nn.Module, ABC):
    """A collaborative encoder. ``forward`` gives (users [n_users, d], items [n_items, d]).

    ``dim`` is d; ``initial(users, items)`` gives the rows of the trainable embeddings behind some nodes, which is what
    regularisation acts on.
    """

    n_users: int
    n_items: int
    dim: int

    @abstractmethod
    def forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Vectors of all users and all items."""

    @abstractmethod
    def initial(self, users: torch.Tensor, items: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Trainable embeddings of some users and items (indices int64 [m] each)."""
