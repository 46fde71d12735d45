"""KAR: the mixture of experts by hand, the join with the backbone, and what a step touches."""

from __future__ import annotations

import pytest
import torch

from core.models.backbones import build_backbone
from core.models.baselines.kar import KAR, SIDES, HybridExpertAdaptor
from core.models.build import build_model
from core.models.collaborative import Collaborative
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.recommendation import Batch
from core.models.text_features import TextFeatures

SETTINGS = {"model": "kar", "dim": 4, "layers": 2, "text_dropout": 0.0, "experts": 3, "shared_experts": 2}


def built(interactions: Interactions, text: TextFeatures, **settings: object) -> KAR:
    model = build_model(interactions, text, ModelConfig.model_validate(SETTINGS | settings))
    assert isinstance(model, KAR)
    return model


def batch_of(loss: str) -> Batch:
    users, positives = torch.tensor([0, 3, 3, 8]), torch.tensor([2, 5, 7, 2])
    if loss == "bpr":
        return Batch(users, positives, torch.tensor([1, 4, 4, 9]))
    return Batch(users, positives, torch.tensor([1, 2, 11]), torch.tensor([[False, True, False]] * 4))


def expert_by_hand(adaptor: HybridExpertAdaptor, side: str, index: int, text: torch.Tensor) -> torch.Tensor:
    """One MLP at one node: the first two are shared, the others of the side."""
    group, number = (adaptor.shared, index) if index < 2 else (adaptor.dedicated[side], index - 2)
    hidden = [
        max(0.0, float(text @ group.first[number, :, unit]) + float(group.first_bias[number, unit])) for unit in range(group.first.shape[2])
    ]
    return torch.tensor(hidden) @ group.second[number] + group.second_bias[number]


@pytest.mark.parametrize("side", SIDES)
@torch.no_grad()
def test_an_augmented_vector_is_the_gated_sum_of_shared_and_own_experts(
    side: str, checkerboard: Interactions, block_text: TextFeatures
) -> None:
    adaptor = built(checkerboard, block_text).adaptor
    for group in (adaptor.shared, *adaptor.dedicated.values()):
        group.first_bias.normal_(generator=torch.Generator().manual_seed(1))
        group.second_bias.normal_(generator=torch.Generator().manual_seed(2))
    text = (block_text.users if side == "user" else block_text.items).whole[:3]
    gate = adaptor.gates[side]
    for node, row in zip(text, adaptor(side, text), strict=True):
        powers = [float(torch.exp(node @ gate.weight[index] + gate.bias[index])) for index in range(5)]
        wanted = sum(powers[index] / sum(powers) * expert_by_hand(adaptor, side, index, node) for index in range(5))
        assert torch.allclose(row, wanted, atol=1e-5)


def test_vectors_project_the_backbone_beside_the_augmented_vector(checkerboard: Interactions, block_text: TextFeatures) -> None:
    model = built(checkerboard, block_text)
    vectors, (users, _) = model.vectors(), model.backbone()
    augmented = model.adaptor("user", block_text.users.whole)
    upper, lower = model.projection["user"].split(4)
    for node in range(5):
        wanted = users[node] @ upper + augmented[node] @ lower
        assert torch.allclose(vectors["user"][node, 0], wanted, atol=1e-5)
    assert vectors["item"].shape == (30, 1, 4)


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_without_the_text_part_the_loss_is_the_backbones(loss: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    """Also that the rows of a step, each node once, are the rows of the batch."""
    model = built(checkerboard, block_text, loss=loss, regularisation=0.1)
    with torch.no_grad():
        for weight in model.projection.values():
            weight[4:] = 0
    alone = Collaborative(model.backbone, model.config)
    wanted, got = alone.losses(batch_of(loss)), model.losses(batch_of(loss))
    assert {name: float(value.detach()) for name, value in got.items()} == pytest.approx(
        {name: float(value.detach()) for name, value in wanted.items()}, abs=1e-6
    )
    assert float(got["regularisation"].detach()) > 0


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_the_loss_of_a_step_is_that_of_the_final_vectors(loss: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    model = built(checkerboard, block_text, loss=loss)
    vectors = model.vectors()
    wanted = model.recommendation(vectors["user"].squeeze(1), vectors["item"].squeeze(1), batch_of(loss))
    assert float(model.losses(batch_of(loss))["recommendation"].detach()) == pytest.approx(float(wanted), abs=1e-5)


def test_gradients_reach_every_parameter(checkerboard: Interactions, block_text: TextFeatures) -> None:
    model = built(checkerboard, block_text)
    model.losses(batch_of("bpr"))["recommendation"].backward()
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None or not parameter.grad.any()] == []


def test_training_begins_at_the_backbone_and_each_side_has_its_own_experts(checkerboard: Interactions, block_text: TextFeatures) -> None:
    model = built(checkerboard, block_text)
    assert all(torch.equal(model.projection[side][:4], torch.eye(4)) for side in SIDES)
    text = block_text.users.whole
    assert not torch.allclose(model.adaptor("user", text), model.adaptor("item", text), atol=1e-2)


def test_dropout_acts_on_the_text_in_training_only(checkerboard: Interactions, block_text: TextFeatures) -> None:
    model = built(checkerboard, block_text, text_dropout=0.5)
    text = block_text.users.whole
    assert not torch.equal(model.adaptor("user", text), model.adaptor("user", text))
    model.eval()
    assert torch.equal(model.adaptor("user", text), model.adaptor("user", text))


def test_a_backbones_own_losses_are_kept(checkerboard: Interactions, block_text: TextFeatures) -> None:
    config = ModelConfig.model_validate(SETTINGS)
    backbone = build_backbone(checkerboard, config, 4, torch.Generator().manual_seed(0))
    model = KAR(backbone, block_text, config, torch.Generator().manual_seed(0))
    plain = backbone.step
    backbone.step = lambda batch: (*plain(batch)[:2], {"contrast": torch.tensor(7.0)})  # type: ignore[method-assign]
    assert float(model.losses(batch_of("bpr"))["contrast"]) == 7.0
