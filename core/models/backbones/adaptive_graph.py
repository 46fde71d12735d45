"""A graph whose interactions weigh as much as their ends agree, differentiable in nodes and weights at the price of plain products.

The matrix S of the weights is symmetric, so the gradient of S x in x is S g, and that of the weights w_ui = <h_u, h_i> in h is the same
product with the weights' own gradients as entries. What is left to gather are inner products along the interactions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from core.models.graph import Interactions, NormalisedAdjacency


class AdaptiveGraph(nn.Module):
    """Aggregation over the interactions, weighed by the agreement of their ends (DCCF, arXiv 2305.02759, eq. 6-8).

    Args:
        interactions: the training interactions. adjacency: their lists of neighbours, which this one shares.
    """

    users: torch.Tensor
    items: torch.Tensor

    def __init__(self, interactions: Interactions, adjacency: NormalisedAdjacency) -> None:
        super().__init__()
        self.adjacency = adjacency
        degrees = adjacency.offsets.diff()[: interactions.n_users]
        self.register_buffer("users", torch.arange(interactions.n_users).repeat_interleave(degrees), persistent=False)
        self.register_buffer("items", adjacency.neighbours[: len(self.users)].clone(), persistent=False)

    def forward(self, nodes: torch.Tensor, views: torch.Tensor) -> torch.Tensor:
        """D^-1 S nodes with s_ui = (cos(view_u, view_i) + 1) / 2 and D the sums of the rows of S; zero for nodes without interactions.

        Args:
            nodes, views: float [n_users + n_items, d]. Returns float of the same shape.
        """
        agreement: torch.Tensor = _EndProducts.apply(functional.normalize(views, dim=1), self)  # type: ignore[no-untyped-call]
        with_ones = torch.cat([nodes, nodes.new_ones(len(nodes), 1)], dim=1)
        summed: torch.Tensor = _WeighedProduct.apply(with_ones, (agreement + 1) / 2, self)  # type: ignore[no-untyped-call]
        return summed[:, :-1] / summed[:, -1:].clamp(min=1e-8)

    def product(self, nodes: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """S @ nodes, the entries of S being one value [n_interactions] an interaction."""
        return self.adjacency(nodes, self.adjacency.both_directions(values))

    def end_products(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        """<first_u, second_i> for each interaction: float [n_interactions]."""
        return (first.index_select(0, self.users) * second.index_select(0, self.items)).sum(1)


class _EndProducts(torch.autograd.Function):
    """<h_u, h_i> for each interaction."""

    @staticmethod
    def forward(ctx: Any, views: torch.Tensor, graph: AdaptiveGraph) -> torch.Tensor:
        ctx.save_for_backward(views)
        ctx.graph = graph
        return graph.end_products(views, views)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (views,) = ctx.saved_tensors
        return ctx.graph.product(views, gradients[0]), None


class _WeighedProduct(torch.autograd.Function):
    """S @ nodes, differentiable in both."""

    @staticmethod
    def forward(ctx: Any, nodes: torch.Tensor, values: torch.Tensor, graph: AdaptiveGraph) -> torch.Tensor:
        ctx.save_for_backward(nodes, values)
        ctx.graph = graph
        return graph.product(nodes, values)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        nodes, values = ctx.saved_tensors
        gradient = gradients[0].contiguous()
        ends = torch.cat([gradient, nodes], dim=1), torch.cat([nodes, gradient], dim=1)
        return ctx.graph.product(gradient, values), ctx.graph.end_products(*ends), None
