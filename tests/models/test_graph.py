"""The adjacency against a dense oracle, and its backward pass against numerical gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.models.backbones import LightGCN
from core.models.config import ModelConfig
from core.models.graph import Interactions, NormalisedAdjacency


@pytest.fixture
def interactions() -> Interactions:
    pairs = np.array([[0, 0], [0, 1], [1, 1], [2, 0], [2, 2], [3, 2]], dtype=np.int64)
    return Interactions(n_users=5, n_items=4, pairs=pairs)  # user 4 and item 3 have no interaction


def dense(interactions: Interactions) -> torch.Tensor:
    size = interactions.n_users + interactions.n_items
    adjacency = torch.zeros(size, size, dtype=torch.float64)
    for user, item in interactions.pairs:
        adjacency[user, interactions.n_users + item] = adjacency[interactions.n_users + item, user] = 1
    scale = adjacency.sum(1).clamp(min=1).rsqrt()
    return scale[:, None] * adjacency * scale[None, :]


def test_product_equals_the_dense_one(interactions: Interactions) -> None:
    nodes = torch.randn(9, 3)
    expected = dense(interactions).float() @ nodes
    assert torch.allclose(NormalisedAdjacency(interactions)(nodes), expected, atol=1e-6)


def test_backward_is_the_true_gradient(interactions: Interactions) -> None:
    adjacency = NormalisedAdjacency(interactions).double()
    nodes = torch.randn(9, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(adjacency, nodes)


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_lightgcn_is_the_mean_of_its_layers(interactions: Interactions, layers: int) -> None:
    backbone = LightGCN(interactions, ModelConfig(layers=layers), 4, torch.Generator().manual_seed(0))
    nodes = [backbone.embedding.detach()]
    for _ in range(layers):
        nodes.append(dense(interactions).float() @ nodes[-1])
    users, items = backbone()
    assert torch.allclose(torch.cat([users, items]), torch.stack(nodes).mean(0), atol=1e-6)
