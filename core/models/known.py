"""Which user took which item, asked of many pairs at once on the device a model trains on."""

from __future__ import annotations

import torch
from torch import nn

from core.models.graph import Interactions
from core.models.recommendation import Batch


class KnownPairs(nn.Module):
    """The training interactions as sorted keys, which follow the model to its device.

    Args:
        interactions: the training interactions.
    """

    keys: torch.Tensor

    def __init__(self, interactions: Interactions) -> None:
        super().__init__()
        self.n_items = interactions.n_items
        pairs = torch.tensor(interactions.pairs)
        self.register_buffer("keys", (pairs[:, 0] * self.n_items + pairs[:, 1]).sort().values, persistent=False)

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """bool, broadcast: whether the pair (int64 each) is a training interaction."""
        wanted = users * self.n_items + items
        positions = torch.searchsorted(self.keys, wanted).clamp(max=len(self.keys) - 1)
        return self.keys[positions] == wanted

    def shared_negatives(self, batch: Batch, rows: slice, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Negatives that all of some rows of a batch share, and which of them do not count for a row since its user took them.

        In a batch for BPR the first ``count`` negatives, drawn for single rows, serve all.

        Returns:
            (int64 [N], bool [rows, N]).
        """
        if batch.excluded is not None:
            return batch.negatives, batch.excluded[rows]
        negatives = batch.negatives[:count]
        return negatives, self(batch.users[rows, None], negatives[None, :])
