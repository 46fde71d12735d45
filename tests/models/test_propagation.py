"""The sum over layers against a dense matrix, and its own backward pass against numerical gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.models.config import ModelConfig
from core.models.graph import Interactions, NormalisedAdjacency
from core.models.propagation import symmetric_power_sum, symmetric_product
from core.models.recommendation import Batch, RecommendationLoss


@pytest.fixture
def adjacency() -> NormalisedAdjacency:
    pairs = np.array([[0, 0], [0, 1], [1, 1], [2, 0], [2, 2], [3, 2]], dtype=np.int64)
    return NormalisedAdjacency(Interactions(5, 4, pairs)).double()  # user 4 and item 3 have no interaction


def dense(adjacency: NormalisedAdjacency) -> torch.Tensor:
    return adjacency(torch.eye(9, dtype=torch.float64))


@pytest.mark.parametrize("layers", [0, 1, 2, 3])
def test_power_sum_is_the_written_out_sum(adjacency: NormalisedAdjacency, layers: int) -> None:
    nodes = torch.randn(9, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    lists = adjacency.neighbours, adjacency.offsets, adjacency.weights
    expected = 0.25 * sum(torch.linalg.matrix_power(dense(adjacency), power) @ nodes for power in range(layers + 1))
    assert torch.allclose(symmetric_power_sum(nodes, *lists, layers, 0.25), expected, atol=1e-12)


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_backward_of_the_power_sum_is_the_true_gradient(adjacency: NormalisedAdjacency, layers: int) -> None:
    nodes = torch.randn(9, 3, dtype=torch.float64, requires_grad=True)
    lists = adjacency.neighbours, adjacency.offsets, adjacency.weights
    assert torch.autograd.gradcheck(lambda given: symmetric_power_sum(given, *lists, layers, 0.5), nodes)


def test_power_sum_leaves_its_input_and_the_gradient_alone(adjacency: NormalisedAdjacency) -> None:
    nodes = torch.randn(9, 3, dtype=torch.float64, requires_grad=True)
    before, gradient = nodes.detach().clone(), torch.randn(9, 3, dtype=torch.float64)
    given = gradient.clone()
    symmetric_power_sum(nodes, adjacency.neighbours, adjacency.offsets, adjacency.weights, 0, 2.0).backward(given)
    symmetric_power_sum(nodes, adjacency.neighbours, adjacency.offsets, adjacency.weights, 2, 2.0).backward(given)
    assert torch.equal(nodes.detach(), before)
    assert torch.equal(given, gradient)


def test_product_with_other_weights_uses_them(adjacency: NormalisedAdjacency) -> None:
    nodes = torch.randn(9, 3, dtype=torch.float64)
    doubled = symmetric_product(nodes, adjacency.neighbours, adjacency.offsets, 2 * adjacency.weights)
    assert torch.allclose(doubled, 2 * dense(adjacency) @ nodes)


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_recommendation_loss_has_the_gradients_of_plain_indexing(loss: str) -> None:
    generator = torch.Generator().manual_seed(0)
    users = torch.randn(6, 4, dtype=torch.float64, generator=generator, requires_grad=True)
    items = torch.randn(5, 4, dtype=torch.float64, generator=generator, requires_grad=True)
    negatives = torch.tensor([1, 1, 0, 4]) if loss == "bpr" else torch.tensor([2, 2, 0])
    batch = Batch(torch.tensor([0, 5, 0, 2]), torch.tensor([3, 3, 1, 0]), negatives)
    objective = RecommendationLoss(ModelConfig(loss=loss))
    objective(users, items, batch).backward()
    found = users.grad.clone(), items.grad.clone()
    users.grad = items.grad = None
    rows = users[batch.users], items[batch.positives], items[batch.negatives]
    (objective.bpr(*rows) if loss == "bpr" else objective.softmax(*rows)).backward()
    assert torch.allclose(found[0], users.grad)
    assert torch.allclose(found[1], items.grad)
