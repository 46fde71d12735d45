"""SimGCL and SGL against their formulas over dense matrices, and SimGCL's shared gradient against plain autograd."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from core.models.backbones import SGL, SimGCL
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.losses import NodeContrastLoss
from core.models.recommendation import Batch


def simgcl(interactions: Interactions, **settings: object) -> SimGCL:
    config = ModelConfig.model_validate({"model": "simgcl", "layer_combination": "sum"} | settings)
    return SimGCL(interactions, config, 4, torch.Generator().manual_seed(0))


def sgl(interactions: Interactions, **settings: object) -> SGL:
    return SGL(interactions, ModelConfig.model_validate({"model": "sgl"} | settings), 4, torch.Generator().manual_seed(0))


def written_out_views(backbone: SimGCL) -> list[torch.Tensor]:
    """Both views layer by layer through autograd, from the same draws."""
    matrix = backbone.adjacency(torch.eye(70))
    layers = [[backbone.embedding] for _ in range(2)]
    for _ in range(backbone.layers):
        noise = functional.normalize(torch.rand(70, 2, 4), dim=2)
        for view in range(2):
            nodes = matrix @ layers[view][-1]
            layers[view].append(nodes + backbone.noise * nodes.sign() * noise[:, view])
    return [torch.stack(view).sum(0) for view in layers]


def test_simgcl_has_the_gradient_of_plain_autograd_through_its_views(checkerboard: Interactions, one_batch: Batch) -> None:
    backbone = simgcl(checkerboard, layers=3, view_noise=0.3, ssl_weight=0.5, ssl_temperature=0.2)
    torch.manual_seed(4)
    first, second = written_out_views(backbone)
    contrast = NodeContrastLoss(0.2)
    expected = contrast(first[:40], second[:40], one_batch.users) + contrast(first[40:], second[40:], one_batch.positives)
    (expected_gradient,) = torch.autograd.grad(0.5 * expected, backbone.embedding)
    torch.manual_seed(4)
    found = backbone.step(one_batch)[2]["contrast"]
    (gradient,) = torch.autograd.grad(found, backbone.embedding)
    assert found.item() == pytest.approx(0.5 * expected.item(), rel=1e-5)
    assert torch.allclose(gradient, expected_gradient, atol=1e-5)


def test_simgcl_noise_has_its_length_and_the_sign_of_what_it_is_added_to(checkerboard: Interactions) -> None:
    backbone = simgcl(checkerboard, layers=1, view_noise=0.3)
    propagated = backbone.adjacency(backbone.embedding).detach()
    views = backbone.noisy()
    for view in views.unbind(1):
        noise = view - backbone.embedding.detach() - propagated
        assert torch.allclose(noise.norm(dim=1), torch.full((70,), 0.3), atol=1e-5)
        assert ((noise * propagated) >= -1e-6).all()
    assert not torch.equal(views[:, 0], views[:, 1])


@pytest.mark.parametrize("build", [simgcl, sgl])
def test_the_vectors_to_recommend_with_are_lightgcns(build, checkerboard: Interactions, one_batch: Batch) -> None:
    backbone = build(checkerboard)
    users, items, own = backbone.step(one_batch)
    assert torch.allclose(torch.cat([users, items]), torch.cat(backbone()))
    assert own["contrast"].item() > 0
    assert build(checkerboard, ssl_weight=0).step(one_batch)[2] == {}


def test_sgl_contrasts_two_graphs_thinned_apart(checkerboard: Interactions, one_batch: Batch) -> None:
    backbone = sgl(checkerboard, view_keep=0.7, ssl_weight=0.5, ssl_temperature=0.3)
    torch.manual_seed(4)
    views = [backbone.propagated(backbone.adjacency.thinned(0.7)) for _ in range(2)]
    assert not torch.equal(*views)
    expected = torch.zeros(())
    for start, end, anchors in ((0, 40, one_batch.users), (40, 70, one_batch.positives), (40, 70, one_batch.negatives)):
        first, second = (functional.normalize(view[start:end], dim=1) for view in views)
        expected = expected + 0.5 * functional.cross_entropy(first[anchors] @ second.T / 0.3, anchors)
    torch.manual_seed(4)
    found = backbone.step(one_batch)[2]["contrast"]
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    (gradient,) = torch.autograd.grad(found, backbone.embedding)
    (expected_gradient,) = torch.autograd.grad(expected, backbone.embedding)
    assert torch.allclose(gradient, expected_gradient, atol=1e-5)
