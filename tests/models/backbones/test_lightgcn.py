"""LightGCN: what a training step leaves out, and what it does not."""

from __future__ import annotations

import torch

from core.models.backbones import LightGCN
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.recommendation import Batch


def lightgcn(interactions: Interactions, **settings: object) -> LightGCN:
    return LightGCN(interactions, ModelConfig.model_validate(settings), 4, torch.Generator().manual_seed(0))


def test_a_step_over_a_share_of_the_interactions_is_the_sum_of_layers_over_one_thinned_matrix(
    checkerboard: Interactions, one_batch: Batch
) -> None:
    backbone = lightgcn(checkerboard, layers=2, layer_combination="sum", edge_keep=0.6)
    torch.manual_seed(5)
    matrix = backbone.adjacency(torch.eye(70), backbone.adjacency.thinned(0.6))
    nodes = backbone.embedding.detach()
    expected = nodes + matrix @ nodes + matrix @ matrix @ nodes
    torch.manual_seed(5)
    users, items, own = backbone.step(one_batch)
    assert torch.allclose(torch.cat([users, items]), expected, atol=1e-6)
    assert own == {}


def test_recommendations_are_made_over_all_interactions(checkerboard: Interactions) -> None:
    thinned, whole = lightgcn(checkerboard, edge_keep=0.5)(), lightgcn(checkerboard)()
    assert all(torch.equal(side, other) for side, other in zip(thinned, whole, strict=True))


def test_the_initial_scale_is_the_standard_deviation(checkerboard: Interactions) -> None:
    wide, narrow = lightgcn(checkerboard), lightgcn(checkerboard, initial_scale=0.01)
    assert torch.allclose(narrow.embedding, wide.embedding / 10)
