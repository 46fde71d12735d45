"""The product with a symmetric sparse matrix, in both directions of a training step.

The matrix equals its own transpose, so the gradient of ``A @ x`` is ``A @ grad``: nothing has to be transposed or stored for it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional


def symmetric_product(nodes: torch.Tensor, neighbours: torch.Tensor, offsets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """A @ nodes, differentiable in ``nodes``.

    Args:
        nodes: float [n, d]. neighbours: int64 [nnz], offsets: int64 [n + 1], weights: float32 [nnz]: the rows of A as lists; A = A^T.
    """
    return _SymmetricProduct.apply(nodes, neighbours, offsets, weights)  # type: ignore[no-untyped-call]


def symmetric_power_sum(
    nodes: torch.Tensor, neighbours: torch.Tensor, offsets: torch.Tensor, weights: torch.Tensor, layers: int, scale: float
) -> torch.Tensor:
    """Polynomial scale * sum_{l=0..layers} A^l @ nodes, differentiable in ``nodes`` (LightGCN, arXiv 2002.02126, eq. 7).

    A polynomial of a symmetric matrix is symmetric too, so the backward pass is the same sum over the gradient: ``layers`` products
    in each direction, and the additions between them are made in place.

    Args:
        nodes, neighbours, offsets, weights: as of `symmetric_product`. layers: highest power of A.
    """
    return _SymmetricPowerSum.apply(nodes, neighbours, offsets, weights, layers, scale)  # type: ignore[no-untyped-call]


class _SymmetricProduct(torch.autograd.Function):
    """A @ x with the symmetry A = A^T used in the backward pass."""

    @staticmethod
    def forward(ctx: Any, nodes: torch.Tensor, neighbours: torch.Tensor, offsets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(neighbours, offsets, weights)
        return _product(nodes, neighbours, offsets, weights)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        neighbours, offsets, weights = ctx.saved_tensors
        return _product(gradients[0].contiguous(), neighbours, offsets, weights), None, None, None


class _SymmetricPowerSum(torch.autograd.Function):
    """c (x + A x + .. + A^L x) with the symmetry of the sum used in the backward pass."""

    @staticmethod
    def forward(
        ctx: Any, nodes: torch.Tensor, neighbours: torch.Tensor, offsets: torch.Tensor, weights: torch.Tensor, layers: int, scale: float
    ) -> torch.Tensor:
        ctx.save_for_backward(neighbours, offsets, weights)
        ctx.layers, ctx.scale = layers, scale
        return _power_sum(nodes, neighbours, offsets, weights, layers, scale)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        neighbours, offsets, weights = ctx.saved_tensors
        gradient = _power_sum(gradients[0].contiguous(), neighbours, offsets, weights, ctx.layers, ctx.scale)
        return gradient, None, None, None, None, None


def _power_sum(
    nodes: torch.Tensor, neighbours: torch.Tensor, offsets: torch.Tensor, weights: torch.Tensor, layers: int, scale: float
) -> torch.Tensor:
    """Horner's scheme, y <- x + A y: no layer is kept."""
    if layers == 0:
        return nodes * scale
    total = nodes
    for _ in range(layers):
        total = _product(total, neighbours, offsets, weights).add_(nodes)
    return total.mul_(scale)


def _product(nodes: torch.Tensor, neighbours: torch.Tensor, offsets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return functional.embedding_bag(
        neighbours, nodes, offsets, mode="sum", per_sample_weights=weights.to(nodes.dtype), include_last_offset=True
    )
