"""Batches of interactions with negatives, drawn on the device they are used on."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.known import KnownPairs
from core.models.recommendation import Batch


class BatchSampler:
    """Shuffles the training interactions each epoch and draws negatives uniformly.

    A shared softmax negative that a row's user has interacted with is excluded for that row; a BPR negative is drawn again
    once if it hits the user's history (what still hits is rare and harmless).

    Args:
        interactions: the training interactions. config: loss, number of negatives.
        batch_size: interactions a step. generator: source of all draws, on ``device``.
    """

    def __init__(
        self, interactions: Interactions, config: ModelConfig, batch_size: int, generator: torch.Generator, device: torch.device
    ) -> None:
        self.users, self.items = (torch.tensor(interactions.pairs[:, side], device=device) for side in (0, 1))
        self.n_items = interactions.n_items
        self.known = KnownPairs(interactions).to(device)
        self.config, self.batch_size, self.generator, self.device = config, batch_size, generator, device

    def __len__(self) -> int:
        """Steps in an epoch."""
        return -(-len(self.users) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        order = torch.randperm(len(self.users), generator=self.generator, device=self.device)
        for number, rows in enumerate(order.split(self.batch_size)):
            users, positives = self.users[rows], self.items[rows]
            if self.config.loss == "bpr":
                candidates = self._own_negatives(users.repeat(self.config.candidates)).view(self.config.candidates, -1)
                choice = candidates if self.config.candidates > 1 else None
                yield Batch(users, positives, candidates[0], candidates=choice, number=number)
            else:
                negatives = self._draw(min(self.config.negatives, self.n_items * 4))
                yield Batch(users, positives, negatives, self.known(users[:, None], negatives[None, :]), number=number)

    def _draw(self, count: int) -> torch.Tensor:
        return torch.randint(self.n_items, (count,), generator=self.generator, device=self.device)

    def _own_negatives(self, users: torch.Tensor) -> torch.Tensor:
        negatives = self._draw(len(users))
        return torch.where(self.known(users, negatives), self._draw(len(users)), negatives)
