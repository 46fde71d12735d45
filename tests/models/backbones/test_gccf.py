"""GCCF: its layers over a dense matrix with self-loops, and their order."""

from __future__ import annotations

import torch

from core.models.backbones import GCCF
from core.models.config import ModelConfig
from core.models.graph import Interactions


def test_the_layers_of_one_dimension_lie_side_by_side(checkerboard: Interactions) -> None:
    backbone = GCCF(checkerboard, ModelConfig(layers=2), 4, torch.Generator().manual_seed(0))
    adjacency = torch.eye(70)
    for user, item in checkerboard.pairs:
        adjacency[user, 40 + item] = adjacency[40 + item, user] = 1
    scale = adjacency.sum(1).rsqrt()
    matrix = scale[:, None] * adjacency * scale[None, :]
    nodes = backbone.embedding.detach()
    layers = [nodes, matrix @ nodes, matrix @ matrix @ nodes]
    vectors = torch.cat(backbone())
    assert backbone.dim == vectors.shape[1] == 12
    for dimension in range(4):
        for layer in range(3):
            assert torch.allclose(vectors[:, 3 * dimension + layer], layers[layer][:, dimension], atol=1e-6)


def test_a_slot_of_the_vector_comes_from_a_slot_of_the_embedding(checkerboard: Interactions) -> None:
    backbone = GCCF(checkerboard, ModelConfig(layers=3), 4, torch.Generator().manual_seed(0))
    users, _ = backbone()
    (gradient,) = torch.autograd.grad(users.view(40, 2, 8)[:, 0].sum(), backbone.embedding)
    assert (gradient[:, :2] != 0).any()
    assert (gradient[:, 2:] == 0).all()
