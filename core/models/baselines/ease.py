"""EASE (Steck, WWW 2019, arXiv 1905.03375): a linear item-to-item model with a closed solution, with or without item text.

    min_B ||X - X B||^2 + lambda ||B||^2   with diag(B) = 0                       (eq. 2-3)
    P = (X^T X + lambda I)^-1,   B = I - P diag(1 / diag(P))                      (eq. 8)
    score(u, i) = x_u B_i                                                         (eq. 1)

With item text the matrix gets further rows, as if each dimension of the text were one more user who took every item to the
degree that the item's text says (Jeunen et al., "Closed-form models for collaborative filtering with side-information", RecSys
2020; their collective form): X^T X becomes X^T X + w T T^T, where row i of T is the item's text at length one.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from core.errors import InputError
from core.models.base import RecommendationModel
from core.models.graph import Interactions
from core.models.recommendation import Batch

MOST_ITEMS = 20_000
"""The solution takes two float64 matrices of items by items: 6.4 GB at this size."""
MOST_CELLS = 2**31
"""A user's vector is a row of X: float32 users by items, 8 GB at this size."""


class EASE(RecommendationModel):
    """Solved in its constructor; the exact score x_u B_i as an inner product of n_items dimensions.

    Args:
        interactions: X, one where there is a training interaction.
        penalty: lambda.
        text: float [n_items, D], the item text, or None. text_weight: w.

    Raises:
        InputError: too many items, or too many users times items, for the memory it takes.
    """

    columns: torch.Tensor
    users: torch.Tensor
    items: torch.Tensor

    def __init__(self, interactions: Interactions, penalty: float, text: torch.Tensor | None = None, text_weight: float = 0.0) -> None:
        super().__init__()
        _refuse_what_does_not_fit(interactions)
        self.n_users, self.n_items = interactions.n_users, interactions.n_items
        pairs = torch.tensor(interactions.pairs)
        self.register_buffer("users", pairs[:, 0].contiguous(), persistent=False)
        self.register_buffer("items", pairs[:, 1].contiguous(), persistent=False)
        matrix = interactions.matrix()
        gram = torch.from_numpy((matrix.T @ matrix).toarray()).double()
        if text is not None and text_weight > 0:
            rows = functional.normalize(text.detach().cpu().double(), dim=1)
            gram.addmm_(rows, rows.T, alpha=text_weight)
        self.register_buffer("columns", _solve(gram, penalty).float())

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        """None: there is nothing to train."""
        del batch
        return {}

    @torch.no_grad()
    def vectors(self) -> dict[str, torch.Tensor]:
        """ "user" [n_users, 1, n_items], the rows of X; "item" [n_items, 1, n_items], the columns of B."""
        rows = self.columns.new_zeros(self.n_users, self.n_items)
        rows[self.users, self.items] = 1
        return {"user": rows.unsqueeze(1), "item": self.columns.unsqueeze(1)}


def _solve(gram: torch.Tensor, penalty: float) -> torch.Tensor:
    """The columns of B as rows, float64 [n, n], from the Gram matrix [n, n], which is used up."""
    gram.diagonal().add_(penalty)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram, out=gram))
    columns = inverse.div_(-inverse.diagonal().clone().unsqueeze(1))
    columns.fill_diagonal_(0.0)
    return columns


def _refuse_what_does_not_fit(interactions: Interactions) -> None:
    hint = "Keep fewer items (a higher k-core on import), or train another model"
    if interactions.n_items > MOST_ITEMS:
        raise InputError(f"EASE takes at most {MOST_ITEMS:,} items, for memory", where=f"{interactions.n_items:,} items", hint=hint)
    if interactions.n_users * interactions.n_items > MOST_CELLS:
        size = f"{interactions.n_users:,} users and {interactions.n_items:,} items"
        raise InputError(f"EASE takes at most {MOST_CELLS:,} user-item pairs, for memory", where=size, hint=hint)
