"""Self-attention along the pairs of a graph, several heads at once, with gradients that are products along the same pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional


@dataclass(frozen=True)
class Pairs:
    """Who attends to whom, in both directions, sorted by the one who attends.

    Args:
        rows, columns: int64 [E]; row r attends to column c. offsets: int64 [n + 1], where each row begins.
        transposed: int64 [E], where the pair (c, r) of a pair (r, c) stands. present: float [E], zero for a pair that does not count.
    """

    rows: torch.Tensor
    columns: torch.Tensor
    offsets: torch.Tensor
    transposed: torch.Tensor
    present: torch.Tensor

    @classmethod
    def of(cls, first: torch.Tensor, second: torch.Tensor, present: torch.Tensor, n_nodes: int) -> Pairs:
        """Both directions of the pairs (first, second), int64 [m] each, present float [m]."""
        rows, columns, present = torch.cat([first, second]), torch.cat([second, first]), present.repeat(2)
        order = (rows * n_nodes + columns).argsort(stable=True)
        rows, columns = rows[order], columns[order]
        offsets = torch.searchsorted(rows, torch.arange(n_nodes + 1, device=rows.device))
        return cls(rows, columns, offsets, (columns * n_nodes + rows).argsort(stable=True), present[order])

    def products(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        """<first_r, second_c> per pair and head: float [n, H, s] twice -> [E, H]."""
        return (first.index_select(0, self.rows) * second.index_select(0, self.columns)).sum(2)

    def sums(self, weights: torch.Tensor, nodes: torch.Tensor) -> torch.Tensor:
        """Sum_c weight_rc node_c per row and head: weights float [E, H], nodes [n, H, s] -> [n, H, s]."""
        heads = zip(weights.T.contiguous(), nodes.transpose(0, 1).contiguous(), strict=True)
        of_head = [
            functional.embedding_bag(self.columns, node, self.offsets, mode="sum", per_sample_weights=weight, include_last_offset=True)
            for weight, node in heads
        ]
        return torch.stack(of_head, dim=1)


class GraphAttention(nn.Module):
    """e_r' = concat over heads of sum_c a_rc V e_c with a_rc = softmax_c(<Q e_r, K e_c>), c over the pairs of r (AutoCF,
    arXiv 2303.07797, eq. 9). As published, the logits are held within -10 and 10 and are not divided by the root of their width.

    Args:
        width: dimensions. heads: number of heads; divides the width. generator: source of the initial values (Xavier's).
    """

    def __init__(self, width: int, heads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.heads = heads
        initial = (torch.rand(3, width, width, generator=generator) * 2 - 1) * (3 / width) ** 0.5
        self.transforms = nn.Parameter(initial)

    def forward(self, nodes: torch.Tensor, pairs: Pairs) -> torch.Tensor:
        """Float [n, width] -> the same shape; zero for nodes without a pair."""
        queries, keys, values = (side.reshape(len(nodes), self.heads, -1) for side in (nodes @ self.transforms))
        logits: torch.Tensor = _PairProducts.apply(queries, keys, pairs)  # type: ignore[no-untyped-call]
        powers = logits.clamp(-10, 10).exp() * pairs.present.unsqueeze(1).to(logits.dtype)
        with_ones = torch.cat([values, values.new_ones(len(nodes), self.heads, 1)], dim=2)
        summed: torch.Tensor = _PairSums.apply(powers, with_ones, pairs)  # type: ignore[no-untyped-call]
        return (summed[:, :, :-1] / summed[:, :, -1:].clamp(min=1e-8)).flatten(1)


class _PairProducts(torch.autograd.Function):
    """`Pairs.products`, differentiable in both."""

    @staticmethod
    def forward(ctx: Any, first: torch.Tensor, second: torch.Tensor, pairs: Pairs) -> torch.Tensor:
        ctx.save_for_backward(first, second)
        ctx.pairs = pairs
        return pairs.products(first, second)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        first, second = ctx.saved_tensors
        pairs: Pairs = ctx.pairs
        return pairs.sums(gradients[0], second), pairs.sums(gradients[0][pairs.transposed], first), None


class _PairSums(torch.autograd.Function):
    """`Pairs.sums`, differentiable in both."""

    @staticmethod
    def forward(ctx: Any, weights: torch.Tensor, nodes: torch.Tensor, pairs: Pairs) -> torch.Tensor:
        ctx.save_for_backward(weights, nodes)
        ctx.pairs = pairs
        return pairs.sums(weights, nodes)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        weights, nodes = ctx.saved_tensors
        pairs: Pairs = ctx.pairs
        return pairs.products(gradients[0], nodes), pairs.sums(weights[pairs.transposed], gradients[0]), None
