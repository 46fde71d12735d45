"""DCCF: its layers and its contrast written out over dense matrices, gradients through the adaptive graph included."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.models.backbones import DCCF
from core.models.backbones.adaptive_graph import AdaptiveGraph
from core.models.config import ModelConfig
from core.models.graph import Interactions, NormalisedAdjacency
from core.models.recommendation import Batch


@pytest.fixture
def small() -> Interactions:
    pairs = np.array([[0, 1], [1, 1], [0, 0], [2, 0], [2, 2]], dtype=np.int64)  # not in order; user 3 has none
    return Interactions(n_users=4, n_items=3, pairs=pairs)


def written_out(nodes: torch.Tensor, views: torch.Tensor, connected: torch.Tensor) -> torch.Tensor:
    agreement = functional.cosine_similarity(views.unsqueeze(0), views.unsqueeze(1), dim=2)
    weights = connected * (agreement + 1) / 2
    return weights @ nodes / weights.sum(1, keepdim=True).clamp(min=1e-8)


def connections(interactions: Interactions) -> torch.Tensor:
    size = interactions.n_users + interactions.n_items
    matrix = torch.zeros(size, size)
    for user, item in interactions.pairs:
        matrix[user, interactions.n_users + item] = matrix[interactions.n_users + item, user] = 1
    return matrix


def test_neighbours_weigh_as_much_as_they_agree(small: Interactions) -> None:
    graph = AdaptiveGraph(small, NormalisedAdjacency(small))
    nodes, views = torch.randn(7, 3), torch.randn(7, 5)
    found = graph(nodes, views)
    assert torch.allclose(found, written_out(nodes, views, connections(small)), atol=1e-5)
    assert (found[3] == 0).all()


def test_gradients_through_nodes_and_weights_are_the_true_ones(small: Interactions) -> None:
    graph = AdaptiveGraph(small, NormalisedAdjacency(small)).double()
    nodes, views = (torch.randn(7, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(graph, (nodes, views))


def test_the_layers_and_the_contrast_equal_their_formulas(checkerboard: Interactions, one_batch: Batch) -> None:
    config = ModelConfig(model="dccf", layers=2, layer_combination="sum", intents=5, ssl_weight=0.5, ssl_temperature=0.3)
    backbone = DCCF(checkerboard, config, 4, torch.Generator().manual_seed(0))
    connected, plain_matrix = connections(checkerboard), backbone.adjacency(torch.eye(70))
    nodes = joined = backbone.embedding
    contrast = torch.zeros(())
    for _ in range(2):
        plain = plain_matrix @ nodes
        users, items = (part @ intents.T for part, intents in zip((nodes[:40], nodes[40:]), backbone.intents, strict=True))
        intents = torch.cat([users.softmax(1) @ backbone.intents[0], items.softmax(1) @ backbone.intents[1]])
        others = intents, written_out(nodes, plain, connected), written_out(nodes, intents, connected)
        for met in (sorted(set(one_batch.users.tolist())), sorted({40 + item for item in one_batch.positives.tolist()})):
            for other in others:
                cosines = functional.cosine_similarity(plain[met].unsqueeze(1), other[met].unsqueeze(0), dim=2)
                contrast = contrast + 0.5 * functional.cross_entropy(cosines / 0.3, torch.arange(len(met)))
        nodes = nodes + plain + sum(others)
        joined = joined + nodes
    users, items, own = backbone.step(one_batch)
    assert torch.allclose(torch.cat([users, items]), joined, atol=1e-5)
    assert own["contrast"].item() == pytest.approx(contrast.item(), rel=1e-5)
    parameters = [backbone.embedding, backbone.intents]
    expected = torch.autograd.grad(contrast + joined.square().sum(), parameters)
    found = torch.autograd.grad(own["contrast"] + torch.cat([users, items]).square().sum(), parameters)
    assert all(torch.allclose(gradient, other, rtol=1e-3, atol=1e-4) for gradient, other in zip(found, expected, strict=True))


@pytest.mark.parametrize("layers", [1, 3])
def test_the_mean_is_over_all_that_is_summed_so_vectors_begin_no_longer_than_the_embedding(
    checkerboard: Interactions, one_batch: Batch, layers: int
) -> None:
    mean, total = (
        DCCF(checkerboard, ModelConfig(model="dccf", layers=layers, layer_combination=joined), 4, torch.Generator().manual_seed(0))
        for joined in ("mean", "sum")
    )
    summed = sum(5**layer for layer in range(layers + 1))  # a layer is the last one and four readings of it
    assert torch.allclose(mean.propagated() * summed, total.propagated(), atol=1e-5)
    assert mean.propagated().square().mean() <= mean.embedding.square().mean() < total.propagated().square().mean()
    contrasts = [backbone.step(one_batch)[2]["contrast"] for backbone in (mean, total)]
    assert contrasts[0].item() * summed == pytest.approx(contrasts[1].item(), rel=1e-4)
