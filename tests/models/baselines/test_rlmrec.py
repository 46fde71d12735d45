"""RLMRec's alignments against their formulas written out row by row, and what text does to the vectors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.models.backbones import build_backbone
from core.models.baselines.rlmrec import RLMRecCon
from core.models.baselines.rlmrec_gen import RLMRecGen, step_with
from core.models.build import build_model
from core.models.config import BACKBONES, BackboneName, ModelConfig
from core.models.graph import Interactions
from core.models.losses.weighted_contrast import WeightedContrastLoss
from core.models.recommendation import Batch
from core.models.text_features import TextFeatures

BATCH = Batch(torch.tensor([1, 3, 3, 0, 6]), torch.tensor([2, 2, 5, 9, 0]), torch.tensor([4, 2, 7, 7, 0]))
"""Users and items met twice, item 0 as both; user 0, 3, .. and item 0 and 9 are silent in `partly_silent`."""


Contrast = Callable[[list[int], np.ndarray, np.ndarray, list[int], float], float]


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def test_weighted_contrast_counts_a_node_as_often_as_its_weight() -> None:
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(3, 4)), generator.normal(size=(5, 4))
    anchor, candidate = [2, 0, 1], [1, 3, 0, 2, 1]
    own = [1, 2, 4]
    expected = 0.0
    for n in range(3):
        below = sum(candidate[m] * np.exp(cosine(x[n], y[m]) / 0.3) for m in range(5))
        expected += anchor[n] * (np.log(below) - cosine(x[n], y[own[n]]) / 0.3) / 3
    loss = WeightedContrastLoss(0.3)
    similarity = loss.similarity(torch.tensor(x), torch.tensor(y))
    value = loss(similarity, torch.tensor(own), torch.tensor(anchor).float(), torch.tensor(candidate).float())
    assert float(value) == pytest.approx(expected, rel=1e-6)


def test_weighted_contrast_of_silence_is_zero_with_a_gradient_of_zero() -> None:
    similarity = torch.randn(3, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    value = WeightedContrastLoss(0.2)(similarity, torch.arange(3), torch.zeros(3), torch.zeros(3))
    value.backward()
    assert value.item() == 0.0
    assert similarity.grad is not None
    assert bool((similarity.grad == 0).all())


def test_con_equals_the_published_formula(checkerboard: Interactions, partly_silent: TextFeatures, contrast: Contrast) -> None:
    config = ModelConfig(model="rlmrec-con", dim=8, align_weight=0.7, align_temperature=0.3)
    model = build_model(checkerboard, partly_silent, config).eval()
    assert isinstance(model, RLMRecCon)
    with torch.no_grad():
        users, items = (side.numpy() for side in model.backbone())
        user_text, item_text = (model.alignment.encoder(side.whole).numpy() for side in (partly_silent.users, partly_silent.items))
        value = float(model.losses(BATCH)["alignment"])
    speaking = [u for u in range(40) if u % 3]
    rows = [u for u in BATCH.users.tolist() if u % 3]
    expected = contrast(rows, users, user_text, speaking, 0.3)
    for side in (BATCH.positives, BATCH.negatives):
        rows = [i for i in side.tolist() if i % 9]
        expected += contrast(rows, items, item_text, rows, 0.3)
    assert value == pytest.approx(0.7 * expected, rel=1e-5)


def test_text_of_silent_nodes_is_never_read(checkerboard: Interactions, partly_silent: TextFeatures) -> None:
    model = build_model(checkerboard, partly_silent, ModelConfig(model="rlmrec-con", dim=8, backbone="bpr-mf"))
    assert isinstance(model, RLMRecCon)
    model.losses(Batch(torch.tensor([0, 3]), torch.tensor([0, 9]), torch.tensor([18, 27])))["alignment"].backward()
    embedding = model.backbone.get_parameter("embedding").grad
    assert embedding is None or bool((embedding == 0).all())


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
@pytest.mark.parametrize("name", ["rlmrec-con", "rlmrec-gen"])
def test_gradients_reach_every_parameter(name: str, loss: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    model = build_model(checkerboard, block_text, ModelConfig.model_validate({"model": name, "dim": 8, "loss": loss}))
    torch.stack(list(model.losses(BATCH).values())).sum().backward()
    assert all(parameter.grad is not None and bool(parameter.grad.any()) for parameter in model.parameters())


@pytest.mark.parametrize("name", ["rlmrec-con", "rlmrec-gen"])
def test_text_that_tells_the_blocks_apart_helps_and_shuffled_text_does_not(
    name: str, share_inside: Callable[[str, TextFeatures], float], block_text: TextFeatures, shuffled_text: TextFeatures
) -> None:
    assert share_inside(name, block_text) > 0.65
    assert share_inside(name, shuffled_text) < 0.55


def test_gen_equals_the_published_formula(checkerboard: Interactions, partly_silent: TextFeatures, contrast: Contrast) -> None:
    model = build_model(checkerboard, partly_silent, ModelConfig(model="rlmrec-gen", dim=8, align_temperature=0.4)).eval()
    assert isinstance(model, RLMRecGen)
    hidden = torch.tensor([1, 3, 7, 40, 45, 60])
    vectors = torch.randn(6, 8, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        decoded, value = model.decoder(vectors).numpy(), float(model.reconstruction(vectors, hidden))
    text = torch.cat([partly_silent.users.whole, partly_silent.items.whole])[hidden].numpy()
    speaking = [0, 2, 4, 5]
    assert value == pytest.approx(contrast(speaking, decoded, text, speaking, 0.4), rel=1e-5)


def test_gen_hides_the_share_it_is_told_to_behind_the_token(
    checkerboard: Interactions, block_text: TextFeatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On matrix factorisation the vectors of a step are the masked embeddings themselves."""
    config = ModelConfig(model="rlmrec-gen", dim=8, backbone="bpr-mf", mask_ratio=0.2)
    model = build_model(checkerboard, block_text, config)
    assert isinstance(model, RLMRecGen)
    torch.nn.init.constant_(model.token, 5.0)
    seen: list[torch.Tensor] = []

    def watched(vectors: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        seen.extend([vectors, hidden])
        return vectors.sum()

    monkeypatch.setattr(model, "reconstruction", watched)
    model.losses(BATCH)
    vectors, hidden = seen
    assert hidden.unique().shape == (14,)
    assert bool((vectors == 5.0).all())
    assert not bool((model.vectors()["user"] == 5.0).any())


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_step_with_another_embedding_is_that_of_a_backbone_that_has_it(backbone: BackboneName, checkerboard: Interactions) -> None:
    config = ModelConfig(model=backbone, dim=8)
    first, second = (build_backbone(checkerboard, config, 8, torch.Generator().manual_seed(seed)) for seed in (0, 1))
    second.load_state_dict(first.state_dict() | {"embedding": second.get_parameter("embedding").detach().clone()})
    before = first.get_parameter("embedding").detach().clone()
    torch.manual_seed(4)
    replaced = step_with(first, second.get_parameter("embedding"), BATCH)
    torch.manual_seed(4)
    expected = second.step(BATCH)
    assert torch.equal(replaced[0], expected[0])
    assert torch.equal(replaced[1], expected[1])
    assert replaced[2].keys() == expected[2].keys()
    assert all(torch.equal(replaced[2][name], expected[2][name]) for name in expected[2])
    assert torch.equal(first.get_parameter("embedding"), before)
