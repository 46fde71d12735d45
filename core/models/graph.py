"""The interaction graph: normalised adjacency as CSR lists, and propagation whose backward pass is itself.

The symmetrically normalised adjacency A = D^-1/2 (0 R; R^T 0) D^-1/2 (LightGCN, arXiv 2002.02126, eq. 8) equals its own
transpose, so the gradient of ``A @ x`` is ``A @ grad``: nothing has to be transposed or stored for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from torch import nn

from core.models.propagation import symmetric_product


@dataclass(frozen=True)
class Interactions:
    """The training interactions as index pairs.

    Args:
        n_users, n_items: size of both sides.
        pairs: int64 [n, 2], (user_idx, item_idx), each pair once.
    """

    n_users: int
    n_items: int
    pairs: np.ndarray

    def matrix(self) -> sparse.csr_matrix:
        """float32 CSR [n_users, n_items] with a one for each interaction."""
        ones = np.ones(len(self.pairs), dtype=np.float32)
        return sparse.csr_matrix((ones, (self.pairs[:, 0], self.pairs[:, 1])), shape=(self.n_users, self.n_items))


class NormalisedAdjacency(nn.Module):
    """Symmetrically normalised adjacency of users (first) and items (after them).

    Held as lists of neighbours (offsets int64 [n + 1], neighbours int64 [nnz], weights float32 [nnz]); ``embedding_bag``
    over them is the fastest product measured on CPUs (see `benchmarks/`).
    """

    def __init__(self, interactions: Interactions) -> None:
        super().__init__()
        ratings = interactions.matrix()
        adjacency = sparse.bmat([[None, ratings], [ratings.T, None]], format="csr", dtype=np.float32)
        adjacency.sort_indices()
        degree = np.diff(adjacency.indptr).astype(np.float32)
        scale = np.divide(1.0, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0)
        rows = np.repeat(np.arange(adjacency.shape[0]), np.diff(adjacency.indptr))
        self.register_buffer("offsets", torch.from_numpy(adjacency.indptr.astype(np.int64)), persistent=False)
        self.register_buffer("neighbours", torch.from_numpy(adjacency.indices.astype(np.int64)), persistent=False)
        self.register_buffer("weights", torch.from_numpy(scale[rows] * scale[adjacency.indices]), persistent=False)

    offsets: torch.Tensor
    neighbours: torch.Tensor
    weights: torch.Tensor

    def forward(self, nodes: torch.Tensor) -> torch.Tensor:
        """A @ nodes for nodes: float [n_users + n_items, d]; differentiable."""
        return symmetric_product(nodes, self.neighbours, self.offsets, self.weights)
