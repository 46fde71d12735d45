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

    Held as lists of neighbours (offsets int64 [n + 1], neighbours int64 [2 n_interactions], weights float32 of the same length);
    ``embedding_bag`` over them is the fastest product measured on CPUs (see `benchmarks/`). The first half of the entries are the
    users' rows, one entry an interaction, in the order of (user, item); the second half, the items' rows, are the same interactions
    seen from the other side: entry j there is interaction ``mirror[j]`` (int64 [n_interactions]).

    With ``self_loops`` every node is its own neighbour too, D~^-1/2 (A + I) D~^-1/2; these entries are kept apart (``loops``
    float32 [n, 1]) and are never thinned out.
    """

    def __init__(self, interactions: Interactions, self_loops: bool = False) -> None:
        super().__init__()
        ratings = interactions.matrix()
        adjacency = sparse.bmat([[None, ratings], [ratings.T, None]], format="csr", dtype=np.float32)
        adjacency.sort_indices()
        degree = np.diff(adjacency.indptr).astype(np.float32) + np.float32(self_loops)
        scale = np.divide(1.0, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0)
        rows = np.repeat(np.arange(adjacency.shape[0]), np.diff(adjacency.indptr))
        self.register_buffer("offsets", torch.from_numpy(adjacency.indptr.astype(np.int64)), persistent=False)
        self.register_buffer("neighbours", torch.from_numpy(adjacency.indices.astype(np.int64)), persistent=False)
        self.register_buffer("weights", torch.from_numpy(scale[rows] * scale[adjacency.indices]), persistent=False)
        by_item = np.argsort(adjacency.indices[: ratings.nnz], kind="stable")
        loops = torch.from_numpy(scale * scale).unsqueeze(1) if self_loops else None
        self.register_buffer("loops", loops, persistent=False)
        self.register_buffer("mirror", torch.from_numpy(by_item.astype(np.int64)), persistent=False)

    offsets: torch.Tensor
    neighbours: torch.Tensor
    weights: torch.Tensor
    mirror: torch.Tensor
    loops: torch.Tensor | None

    def forward(self, nodes: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
        """A @ nodes for nodes: float [n_users + n_items, d]; differentiable in them.

        ``weights``, where given, replace the entries of A (float32 [2 n_interactions], see `both_directions`); they take no gradient.
        """
        product = symmetric_product(nodes, self.neighbours, self.offsets, self.weights if weights is None else weights)
        return product if self.loops is None else product + self.loops * nodes

    def both_directions(self, values: torch.Tensor) -> torch.Tensor:
        """[n_interactions], one value an interaction in the order of (user, item) -> [2 n_interactions], a symmetric matrix."""
        return torch.cat([values, values[self.mirror]])

    def thinned(self, keep: float) -> torch.Tensor:
        """Entries of A with each interaction kept with probability ``keep``, in both directions, and zero otherwise.

        The entries kept are neither scaled up nor normalised by the smaller degrees. Drawn on the device from torch's own generator.
        """
        return self.weights * self.both_directions(torch.rand(len(self.mirror), device=self.mirror.device) < keep)
