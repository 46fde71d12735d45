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


def test_a_thinned_product_keeps_both_directions_of_an_interaction_or_none(interactions: Interactions) -> None:
    adjacency = NormalisedAdjacency(interactions)
    torch.manual_seed(0)
    weights = adjacency.thinned(0.5)
    matrix = adjacency(torch.eye(9), weights)
    whole = dense(interactions).float()
    assert torch.equal(matrix, matrix.T)
    kept = matrix > 0
    assert 0 < kept.sum() < (whole > 0).sum()
    assert torch.allclose(matrix[kept], whole[kept])  # neither scaled up nor normalised anew


def test_values_of_interactions_reach_both_directions(interactions: Interactions) -> None:
    adjacency = NormalisedAdjacency(interactions)
    matrix = adjacency(torch.eye(9), adjacency.both_directions(torch.arange(1.0, 7.0)))
    for value, (user, item) in enumerate(interactions.pairs, start=1):  # the pairs are in the order of (user, item)
        assert matrix[user, 5 + item] == matrix[5 + item, user] == value


def test_the_share_kept_is_the_one_asked_for() -> None:
    pairs = np.argwhere(np.ones((60, 50))).astype(np.int64)
    adjacency = NormalisedAdjacency(Interactions(60, 50, pairs))
    torch.manual_seed(1)
    assert float((adjacency.thinned(0.8) > 0).float().mean()) == pytest.approx(0.8, abs=0.03)
    assert torch.equal(adjacency.thinned(1.0), adjacency.weights)


def test_backward_over_a_thinned_graph_is_the_true_gradient(interactions: Interactions) -> None:
    adjacency = NormalisedAdjacency(interactions).double()
    torch.manual_seed(2)
    weights = adjacency.thinned(0.6)
    nodes = torch.randn(9, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: adjacency(x, weights), nodes)
