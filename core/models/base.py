"""What every recommendation model offers to the training loop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Literal

import torch
from torch import nn

from core.models.recommendation import Batch

Validate = Callable[[dict[str, torch.Tensor]], dict[str, float]]
"""From a model's vectors to its validation figures; they must hold the configured metric."""


class RecommendationModel(nn.Module, ABC):
    """A model whose score is an inner product: score(u, i) = sum_k <user[u, k], item[i, k]> + item_bias[i].

    A model without trainable parameters (EASE, popularity) is solved when it is built; the training loop only measures it.
    """

    @abstractmethod
    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Weighted terms of the objective; their sum is minimised."""

    def after_step(self) -> None:
        """What follows a step of the optimiser, such as a momentum teacher."""

    @abstractmethod
    def vectors(self) -> dict[str, torch.Tensor]:
        """ "user" [n_users, K, s], "item" [n_items, K, s], "item_bias" [n_items] where there is one, and further views; no gradient."""

    def validated(self, validate: Validate, metric: str) -> dict[str, float]:
        """The model's figures on the validation split.

        A model may choose here what is left to be chosen once its parameters are trained.

        Args:
            metric: the figure that counts.
        """
        del metric
        return validate(self.vectors())


def flat(vectors: dict[str, torch.Tensor], side: Literal["user", "item"]) -> torch.Tensor:
    """Float [n, D]: slots and behaviour side by side, so that a score is one inner product (and the item's bias)."""
    slots = vectors[side].flatten(1)
    behaviour = vectors.get(f"{side}_behaviour")
    return slots if behaviour is None else torch.cat([slots, behaviour], dim=1)
