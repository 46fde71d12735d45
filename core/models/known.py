"""Which user took which item, asked of many pairs at once on the device a model trains on."""

from __future__ import annotations

import torch
from torch import nn

from core.models.graph import Interactions
from core.models.recommendation import Batch

TABLE_CELLS = 2**28
"""Up to this many user-item pairs (256 MB) a table tells what is known, seven times as fast as a search among the sorted pairs."""


class KnownPairs(nn.Module):
    """The training interactions as a table or, of many users and items, as sorted keys; they follow the model to its device.

    Args:
        interactions: the training interactions.
    """

    table: torch.Tensor | None
    keys: torch.Tensor | None

    def __init__(self, interactions: Interactions) -> None:
        super().__init__()
        self.n_items = interactions.n_items
        pairs = torch.tensor(interactions.pairs)
        keys = pairs[:, 0] * self.n_items + pairs[:, 1]
        cells = interactions.n_users * self.n_items
        fits = cells <= TABLE_CELLS
        table = torch.zeros(cells, dtype=torch.bool).index_fill_(0, keys, True) if fits else None
        self.register_buffer("table", table, persistent=False)
        self.register_buffer("keys", None if fits else keys.sort().values, persistent=False)

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """bool, broadcast: whether the pair (int64 each) is a training interaction."""
        wanted = users * self.n_items + items
        if self.table is not None:
            found: torch.Tensor = self.table.index_select(0, wanted.flatten()).view(wanted.shape)
            return found
        assert self.keys is not None
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
