"""The logarithm of a sum over all nodes, with both gradients taken on the way: what a contrast against all nodes costs most of its time on.

With logits s_mv = <a_m, b_v> a step needs P = softmax_v(s) three times: for the value, for the gradient of a (P b) and for that of b
(P^T a). Autograd would keep or recompute [M, n] floats between them. The outer gradient is a scalar, so here a piece of P is made,
used three times while it lies in the cache, and forgotten.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from core.models.distinct import distinct

CELLS_AT_ONCE = {"cpu": 2**20, "cuda": 2**28}
"""Cells of P held at once: 4 MB on a CPU, where pieces of 0.7 to 6 MB were equally fast; where there is room, in one piece."""


def log_partition(anchors: torch.Tensor, nodes: torch.Tensor, shares: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    """Sum_m share_m log sum_v w_v exp(<anchor_m, node_v>), a scalar; differentiable once in anchors and nodes.

    Args:
        anchors: float [M, d]. nodes: float [n, d]. shares: float [M], weights of the anchors. weights: float [n], w; None for ones. Neither
            takes a gradient; one w at least is above zero. Summed up in float32 at least, also where mixed precision gives less.
    """
    dtype = torch.promote_types(torch.promote_types(anchors.dtype, nodes.dtype), torch.float32)
    weights = None if weights is None else weights.to(dtype)
    return _LogPartition.apply(anchors.to(dtype), nodes.to(dtype), shares.to(dtype), weights)  # type: ignore[no-untyped-call]


class NodeContrastLoss(nn.Module):
    """InfoNCE of some nodes between two views, against all nodes of their side:

        L = -mean_m log( exp(cos(a_m, b_m)/tau) / sum_{v in all} exp(cos(a_m, b_v)/tau) )

    (SGL, arXiv 2010.10783, eq. 10; the sum runs over all nodes of the side, not over those of the batch, as in RLMRec's published
    code, arXiv 2310.15950). A node met several times among the anchors counts as often.

    Args:
        temperature: tau.
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, first: torch.Tensor, second: torch.Tensor, nodes: torch.Tensor) -> torch.Tensor:
        """Both views of all nodes, float [n, d]; nodes int64 [M], the anchors. Returns a scalar."""
        met = distinct(nodes, len(first))
        second = functional.normalize(second, dim=1)
        return self._contrast(first[met.nodes], second[met.nodes], second, met.times, None)

    def among(self, first: torch.Tensor, second: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """The contrast of some nodes against these nodes alone: both views float [m, d]; weights float [m], how much each counts as an
        anchor and as a negative.
        """
        second = functional.normalize(second, dim=1)
        return self._contrast(first, second, second, weights, weights)

    def _contrast(
        self, first: torch.Tensor, own: torch.Tensor, against: torch.Tensor, shares: torch.Tensor, weights: torch.Tensor | None
    ) -> torch.Tensor:
        anchors = functional.normalize(first, dim=1) / self.temperature
        shares = shares / shares.sum()
        return log_partition(anchors, against, shares, weights) - (shares * (anchors * own).sum(1)).sum()


class _LogPartition(torch.autograd.Function):
    """Value and gradients in one pass over pieces of P."""

    @staticmethod
    def forward(ctx: Any, anchors: torch.Tensor, nodes: torch.Tensor, shares: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
        with torch.autocast(anchors.device.type, enabled=False):
            return _LogPartition._value_and_gradients(ctx, anchors, nodes, shares, weights)

    @staticmethod
    def _value_and_gradients(
        ctx: Any, anchors: torch.Tensor, nodes: torch.Tensor, shares: torch.Tensor, weights: torch.Tensor | None
    ) -> torch.Tensor:
        bias = None if weights is None else weights.log()
        anchor_gradient, node_gradient = torch.empty_like(anchors), torch.zeros_like(nodes)
        value = anchors.new_zeros(())
        rows = max(1, CELLS_AT_ONCE.get(anchors.device.type, 2**24) // max(1, len(nodes)))
        piece = anchors.new_empty(min(rows, len(anchors)), len(nodes))
        for start in range(0, len(anchors), rows):
            part = slice(start, min(start + rows, len(anchors)))
            share = shares[part, None]
            powers = torch.mm(anchors[part], nodes.T, out=piece[: part.stop - start])
            if bias is not None:
                powers += bias
            greatest = powers.amax(dim=1, keepdim=True)
            total = powers.sub_(greatest).exp_().sum(dim=1, keepdim=True)
            value += (share * (total.log() + greatest)).sum()
            factor = share / total
            torch.mm(powers, nodes, out=anchor_gradient[part]).mul_(factor)
            node_gradient.addmm_(powers.T, anchors[part] * factor)
        ctx.save_for_backward(anchor_gradient, node_gradient)
        return value

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        anchor_gradient, node_gradient = ctx.saved_tensors
        return anchor_gradient * gradients[0], node_gradient * gradients[0], None, None
