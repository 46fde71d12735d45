"""The contrast against all nodes: its formula written out, its gradients against autograd's, and pieces that change nothing."""

from __future__ import annotations

import math

import pytest
import torch

from core.models.losses import NodeContrastLoss, log_partition
from core.models.losses.partition import CELLS_AT_ONCE


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(a @ b / (a.norm() * b.norm()))


def test_the_contrast_equals_its_formula_a_node_met_twice_counting_twice() -> None:
    first, second = random(6, 4, seed=1), random(6, 4, seed=2)
    nodes = torch.tensor([4, 1, 4, 0])
    expected = 0.0
    for node in nodes.tolist():
        powers = [math.exp(cosine(first[node], second[other]) / 0.2) for other in range(6)]
        expected -= math.log(powers[node] / sum(powers)) / 4
    assert float(NodeContrastLoss(0.2)(first, second, nodes)) == pytest.approx(expected)


def test_among_some_nodes_each_counts_as_much_as_its_weight() -> None:
    first, second, weights = random(5, 4, seed=1), random(5, 4, seed=2), [1.0, 0.0, 0.5, 0.5, 2.0]
    expected = 0.0
    for node in range(5):
        powers = [weights[other] * math.exp(cosine(first[node], second[other]) / 0.3) for other in range(5)]
        expected += weights[node] * (math.log(sum(powers)) - cosine(first[node], second[node]) / 0.3) / 4.0
    assert float(NodeContrastLoss(0.3).among(first, second, torch.tensor(weights))) == pytest.approx(expected)


def test_among_all_nodes_is_the_contrast_against_all() -> None:
    first, second, loss = random(6, 4, seed=1), random(6, 4, seed=2), NodeContrastLoss(0.3)
    assert float(loss.among(first, second, torch.ones(6))) == pytest.approx(float(loss(first, second, torch.arange(6))))


@pytest.mark.parametrize("cells", [1, 12, 2**20])
def test_the_gradients_are_the_true_ones_in_pieces_of_any_size(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    monkeypatch.setitem(CELLS_AT_ONCE, "cpu", cells)
    anchors, nodes = random(5, 3, seed=3).requires_grad_(), random(7, 3, seed=4).requires_grad_()
    shares = torch.rand(5, dtype=torch.float64)
    weights = torch.tensor([1.0, 0.5, 2.0, 0.0, 1.0, 3.0, 1.0], dtype=torch.float64)
    for own in (None, weights):
        assert torch.autograd.gradcheck(lambda a, b, own=own: log_partition(a, b, shares, own), (anchors, nodes))
        logits = anchors @ nodes.T if own is None else anchors @ nodes.T + own.log()
        assert log_partition(anchors, nodes, shares, own).item() == pytest.approx((shares * logits.logsumexp(1)).sum().item())


def test_the_gradient_of_the_contrast_is_that_of_plain_autograd() -> None:
    first, second = random(8, 3, seed=5).requires_grad_(), random(8, 3, seed=6).requires_grad_()
    nodes = torch.tensor([2, 2, 7, 0, 5])
    cosines = torch.nn.functional.cosine_similarity(first[nodes].unsqueeze(1), second.unsqueeze(0), dim=2)
    plain = torch.nn.functional.cross_entropy(cosines / 0.2, nodes)
    expected = torch.autograd.grad(3 * plain, (first, second))
    found = torch.autograd.grad(3 * NodeContrastLoss(0.2)(first, second, nodes), (first, second))
    assert all(torch.allclose(gradient, other) for gradient, other in zip(found, expected, strict=True))


def test_large_logits_stay_numbers() -> None:
    anchors, nodes = 1e3 * random(4, 3, seed=7), 1e3 * random(5, 3, seed=8)
    expected = (anchors @ nodes.T).logsumexp(1).mean()
    assert float(log_partition(anchors, nodes, torch.full((4,), 0.25, dtype=torch.float64))) == pytest.approx(float(expected))
