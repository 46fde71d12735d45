"""RLMRec's alignments against their formulas written out row by row, and what text does to the vectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.models.baselines.rlmrec import RLMRecCon
from core.models.build import build_model
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.losses.weighted_contrast import WeightedContrastLoss
from core.models.recommendation import Batch
from core.models.text_features import NodeText, TextFeatures
from core.training.config import TrainingConfig
from core.training.trainer import fit

BATCH = Batch(torch.tensor([1, 3, 3, 0, 6]), torch.tensor([2, 2, 5, 9, 0]), torch.tensor([4, 2, 7, 7, 0]))
"""Users and items met twice, item 0 as both; user 0, 3, .. and item 0 and 9 are silent in `partly_silent`."""


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def contrast(rows: list[int], vectors: np.ndarray, text: np.ndarray, among: list[int], tau: float) -> float:
    """Mean over rows of -log( exp(cos(v_n, t_n)/tau) / sum_{m among} exp(cos(v_n, t_m)/tau) ), repeated rows counted as often."""
    total = 0.0
    for n in rows:
        total -= np.log(np.exp(cosine(vectors[n], text[n]) / tau) / sum(np.exp(cosine(vectors[n], text[m]) / tau) for m in among))
    return total / len(rows)


def without_words(side: NodeText, nodes: slice) -> NodeText:
    slots, present, whole = side.slots.clone(), side.present.clone(), side.whole.clone()
    slots[nodes], present[nodes], whole[nodes] = 0.0, False, 0.0
    return replace(side, slots=slots, present=present, whole=whole)


@pytest.fixture
def partly_silent(block_text: TextFeatures) -> TextFeatures:
    """Every third user and every ninth item say nothing."""
    users, items = without_words(block_text.users, slice(0, None, 3)), without_words(block_text.items, slice(0, None, 9))
    return replace(block_text, users=users, items=items)


@pytest.fixture
def sparse_board() -> Interactions:
    """Two interactions a user, one of them in the other block: nothing but the text tells what belongs together."""
    generator = np.random.default_rng(1)
    pairs = [(u, 2 * generator.integers(15) + side) for u in range(40) for side in (0, 1)]
    return Interactions(40, 30, np.array(pairs, dtype=np.int64))


def shuffled(text: TextFeatures) -> TextFeatures:
    def side(node_text: NodeText) -> NodeText:
        order = torch.randperm(len(node_text.whole), generator=torch.Generator().manual_seed(5))
        return NodeText(*(getattr(node_text, name)[order] for name in ("slots", "present", "whole", "lift")))

    return replace(text, users=side(text.users), items=side(text.items))


def share_inside_the_block(name: str, interactions: Interactions, text: TextFeatures) -> float:
    """Share of the top five that is of the user's own block, after a short training."""
    settings = {"model": name, "dim": 8, "batch_size": 40, "epochs": 40, "evaluate_every": 40, "learning_rate": 0.02, "device": "cpu"}
    config = TrainingConfig.model_validate(settings | {"align_weight": 1.0, "text_dropout": 0.0, "mask_ratio": 0.3})
    vectors = fit(interactions, text, config, lambda vectors: {"recall@20": 0.0}).vectors
    scores = vectors["user"].flatten(1) @ vectors["item"].flatten(1).T
    scores[interactions.pairs[:, 0], interactions.pairs[:, 1]] = -torch.inf
    best = scores.topk(5).indices
    return float((best % 2 == torch.arange(40)[:, None] % 2).float().mean())


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


def test_con_equals_the_published_formula(checkerboard: Interactions, partly_silent: TextFeatures) -> None:
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
def test_gradients_reach_every_parameter(loss: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    model = build_model(checkerboard, block_text, ModelConfig.model_validate({"model": "rlmrec-con", "dim": 8, "loss": loss}))
    torch.stack(list(model.losses(BATCH).values())).sum().backward()
    assert all(parameter.grad is not None and bool(parameter.grad.any()) for parameter in model.parameters())


def test_text_that_tells_the_blocks_apart_helps_and_shuffled_text_does_not(sparse_board: Interactions, block_text: TextFeatures) -> None:
    assert share_inside_the_block("rlmrec-con", sparse_board, block_text) > 0.75
    assert share_inside_the_block("rlmrec-con", sparse_board, shuffled(block_text)) < 0.65
