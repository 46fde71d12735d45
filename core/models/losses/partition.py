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

CELLS_AT_ONCE = {"cpu": 2**20, "cuda": 2**28}
"""Cells of P held at once: 4 MB on a CPU, where pieces of 0.7 to 6 MB were equally fast; where there is room, in one piece."""


def log_partition(anchors: torch.Tensor, nodes: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Sum_m share_m log sum_v exp(<anchor_m, node_v>), a scalar; differentiable once in anchors and nodes.

    Args:
        anchors: float [M, d]. nodes: float [n, d]. shares: float [M], weights of the anchors; they take no gradient.
    """
    return _LogPartition.apply(anchors, nodes, shares)  # type: ignore[no-untyped-call]


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

    def forward(self, first: torch.Tensor, second: torch.Tensor, nodes: torch.Tensor | None = None) -> torch.Tensor:
        """Both views of all nodes, float [n, d]; nodes int64 [M], the anchors (None: all of them). Returns a scalar."""
        second = functional.normalize(second, dim=1)
        shares = first.new_full((len(first) if nodes is None else len(nodes),), 1.0)
        if nodes is not None:
            nodes, shares = _each_once(nodes)
            first = first[nodes]
        anchors = functional.normalize(first, dim=1) / self.temperature
        shares = (shares / shares.sum()).to(anchors.dtype)
        agreement = (anchors * (second if nodes is None else second[nodes])).sum(1)
        return log_partition(anchors, second, shares) - (shares * agreement).sum()


def _each_once(nodes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Every node once and how often it stood there. Not on CUDA, where counting makes the host wait and saves little."""
    if nodes.device.type == "cuda":
        return nodes, torch.ones_like(nodes)
    different, counts = nodes.unique(return_counts=True)
    return different, counts


class _LogPartition(torch.autograd.Function):
    """Value and gradients in one pass over pieces of P."""

    @staticmethod
    def forward(ctx: Any, anchors: torch.Tensor, nodes: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
        with torch.autocast(anchors.device.type, enabled=False):
            return _LogPartition._value_and_gradients(ctx, anchors, nodes, shares)

    @staticmethod
    def _value_and_gradients(ctx: Any, anchors: torch.Tensor, nodes: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
        anchor_gradient, node_gradient = torch.empty_like(anchors), torch.zeros_like(nodes)
        value = anchors.new_zeros(())
        rows = max(1, CELLS_AT_ONCE.get(anchors.device.type, 2**24) // max(1, len(nodes)))
        piece = anchors.new_empty(min(rows, len(anchors)), len(nodes))
        for start in range(0, len(anchors), rows):
            part = slice(start, min(start + rows, len(anchors)))
            share = shares[part, None]
            powers = torch.mm(anchors[part], nodes.T, out=piece[: part.stop - start])
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
        return anchor_gradient * gradients[0], node_gradient * gradients[0], None
