"""IRLLRec's intents and alignments against their formulas written out, and what text does to the vectors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.models.baselines.irllrec import InteractionIntents, IRLLRec, intent_text
from core.models.build import build_model
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.losses.info_nce import InfoNCELoss
from core.models.losses.translation import TranslationLoss
from core.models.recommendation import Batch
from core.models.text_features import NodeText, TextFeatures
from core.training.config import TrainingConfig
from core.training.trainer import fit

BATCH = Batch(torch.tensor([1, 3, 3, 0, 6]), torch.tensor([2, 2, 5, 9, 0]), torch.tensor([4, 2, 7, 7, 0]))
"""Users and items met twice, item 0 as both; user 0, 3, .. and item 0 and 9 are silent in `partly_silent`."""

Contrast = Callable[[list[int], np.ndarray, np.ndarray, list[int], float], float]


def softmax(values: np.ndarray) -> np.ndarray:
    raised = np.exp(values - values.max())
    return raised / raised.sum()


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def built(checkerboard: Interactions, text: TextFeatures, **settings: object) -> IRLLRec:
    model = build_model(checkerboard, text, ModelConfig.model_validate({"model": "irllrec", "dim": 8, "intents": 4} | settings))
    assert isinstance(model, IRLLRec)
    return model


def test_interaction_intents_equal_their_formula() -> None:
    pairs = [(0, 0), (0, 2), (1, 1), (1, 2), (2, 0)]
    config = ModelConfig(intents=3)
    module = InteractionIntents(4, Interactions(3, 4, np.array(pairs)), config, torch.Generator().manual_seed(0))
    generator = np.random.default_rng(0)
    users, items = generator.normal(size=(3, 4)).astype(np.float32), generator.normal(size=(4, 4)).astype(np.float32)
    learnt = module.intents.detach().numpy()
    user_reading = [softmax(learnt[0] @ user) @ learnt[0] for user in users]
    item_reading = [softmax(learnt[1] @ item) @ learnt[1] for item in items]
    expected_users, expected_items = np.zeros((3, 4)), np.zeros((4, 4))
    weight = {(u, i): (1 + cosine(user_reading[u], item_reading[i])) / 2 for u, i in pairs}
    for u, i in pairs:
        expected_users[u] += weight[u, i] * items[i] / sum(value for (other, _), value in weight.items() if other == u)
        expected_items[i] += weight[u, i] * users[u] / sum(value for (_, other), value in weight.items() if other == i)
    with torch.no_grad():
        of_users, of_items = module(torch.from_numpy(users), torch.from_numpy(items))
    assert of_users.numpy() == pytest.approx(expected_users, rel=1e-4)
    assert of_items.numpy() == pytest.approx(expected_items, rel=1e-4)
    assert bool((of_items[3] == 0).all()), "an item without interactions"


def test_intent_text_weighs_the_slots_that_speak_by_their_lift(partly_silent: TextFeatures) -> None:
    value = intent_text(partly_silent.users)
    for node in (0, 1, 2, 4):
        side = partly_silent.users
        speaking = [k for k in range(3) if side.present[node, k]]
        total = sum((float(side.lift[node, k]) * side.slots[node, k] for k in speaking), torch.zeros(6))
        expected = total / max(sum(float(side.lift[node, k]) for k in speaking), 1e-9)
        assert torch.allclose(value[node], expected, atol=1e-6)


def test_translation_without_noise_is_info_nce_and_with_noise_that_of_the_noisy_views() -> None:
    generator = torch.Generator().manual_seed(0)
    text, interaction = torch.randn(5, 4, generator=generator), torch.randn(5, 4, generator=generator)
    assert torch.allclose(TranslationLoss(0.3, noise=0.0)(text, interaction), InfoNCELoss(0.3)(text, interaction))
    torch.manual_seed(7)
    first, second = text * (1 + torch.randn(5, 4)), interaction * (1 + torch.randn(5, 4))
    torch.manual_seed(7)
    assert torch.allclose(TranslationLoss(0.3)(text, interaction), InfoNCELoss(0.3)(first, second))


def test_alignments_equal_their_formulas(checkerboard: Interactions, partly_silent: TextFeatures, contrast: Contrast) -> None:
    model = built(checkerboard, partly_silent, align_weight=0.7, intent_weight=0.2, align_temperature=0.3).eval()
    texts = ((partly_silent.users.whole, partly_silent.items.whole), (intent_text(partly_silent.users), intent_text(partly_silent.items)))
    with torch.no_grad():
        vectors = model.backbone()
        views = (vectors, model.interaction_intents(*vectors))
        losses = model.losses(BATCH)
        encoded = [
            [encoder(side).numpy() for side in sides]
            for encoder, sides in zip((model.profile.encoder, model.intent.encoder), texts, strict=True)
        ]
    for name, weight, (users, items), (user_text, item_text) in zip(("alignment", "intents"), (0.7, 0.2), views, encoded, strict=True):
        speaking = [u for u in range(40) if u % 3]
        expected = contrast([u for u in BATCH.users.tolist() if u % 3], users.numpy(), user_text, speaking, 0.3)
        for side in (BATCH.positives, BATCH.negatives):
            rows = [i for i in side.tolist() if i % 9]
            expected += contrast(rows, items.numpy(), item_text, rows, 0.3)
        assert float(losses[name]) == pytest.approx(weight * expected, rel=1e-4)


def test_matching_equals_its_formula(checkerboard: Interactions, partly_silent: TextFeatures) -> None:
    """Soft targets of the teacher's similarities and 0.4 of the own node, in both directions, over all nodes that speak."""
    model = built(checkerboard, partly_silent, matching_weight=0.5, align_temperature=0.4).eval()
    torch.nn.init.normal_(model.teacher.get_parameter("first.weight"), generator=torch.Generator().manual_seed(1))
    speaking = [u for u in range(40) if u % 3], [i for i in range(30) if i % 9]
    sides = ((speaking[0], intent_text(partly_silent.users), 0), (speaking[1], intent_text(partly_silent.items), 1))
    expected = 0.0
    with torch.no_grad():
        intents = model.interaction_intents(*model.backbone())
        for nodes, text, side in sides:
            views = [(view.numpy() / view.norm(dim=1, keepdim=True).numpy()) for view in (
                intents[side][nodes], model.intent.encoder(text[nodes]), model.teacher(text[nodes])
            )]  # fmt: skip
            student, teacher = views[0] @ views[1].T / 0.4, views[0] @ views[2].T / 0.4
            for own, taught in ((student, teacher), (student.T, teacher.T)):
                for n in range(len(nodes)):
                    target = 0.4 * np.eye(len(nodes))[n] + 0.6 * softmax(taught[n])
                    expected += 0.5 * float((target * np.log(target / softmax(own[n]))).sum()) / len(nodes)
        value = float(model.losses(BATCH)["matching"])
    assert value == pytest.approx(0.5 * expected, rel=1e-4)


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_gradients_reach_every_parameter_but_the_teachers(loss: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    model = built(checkerboard, block_text, loss=loss)
    torch.stack(list(model.losses(BATCH).values())).sum().backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None and bool(parameter.grad.any())) != name.startswith("teacher."), name


def test_the_teacher_follows_the_intent_encoder_and_drops_nothing_out(checkerboard: Interactions, block_text: TextFeatures) -> None:
    model = built(checkerboard, block_text, momentum=0.9, text_dropout=0.5).train()
    student = model.intent.encoder.first.weight
    before = student.detach().clone()
    torch.nn.init.ones_(student)
    model.after_step()
    assert torch.allclose(model.teacher.get_parameter("first.weight"), 0.9 * before + 0.1)
    model.losses(BATCH)
    assert not model.teacher.training
    assert model.intent.encoder.training


def test_a_batch_without_words_has_no_alignment(checkerboard: Interactions, partly_silent: TextFeatures) -> None:
    model = built(checkerboard, partly_silent)
    losses = model.losses(Batch(torch.tensor([0, 3]), torch.tensor([0, 9]), torch.tensor([18, 27])))
    assert all(float(losses[name].detach()) == 0.0 for name in ("alignment", "intents"))


def test_where_nobody_has_words_nothing_is_aligned(checkerboard: Interactions, partly_silent: TextFeatures) -> None:
    silent = TextFeatures(*(_silenced(side) for side in (partly_silent.users, partly_silent.items)), partly_silent.motivations)
    losses = built(checkerboard, silent).losses(BATCH)
    assert all(float(losses[name].detach()) == 0.0 for name in ("alignment", "intents", "translation", "matching"))


def test_only_nodes_with_words_are_matched_those_of_the_batch_first(
    checkerboard: Interactions, partly_silent: TextFeatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = built(checkerboard, partly_silent, aligned_nodes=4)
    seen: list[torch.Tensor] = []
    encoder = model.intent.encoder

    def watched(text: torch.Tensor) -> torch.Tensor:
        seen.append(text)
        return encoder(text)

    monkeypatch.setattr(model, "_of_teacher", watched)
    model.losses(BATCH)
    users, items = seen
    assert bool(users.any(1).all())
    assert any(bool((row == model.intent.user_text[1]).all()) for row in users), "the one user of the batch that speaks"
    own = {tuple(model.intent.item_text[item].tolist()) for item in (2, 4, 5, 7)}
    assert {tuple(row.tolist()) for row in items} == own


def _silenced(side: NodeText) -> NodeText:
    return NodeText(side.slots * 0, side.present & False, side.whole * 0, side.lift)


def test_text_that_tells_the_blocks_apart_helps_and_shuffled_text_does_not(
    share_inside: Callable[[str, TextFeatures], float], block_text: TextFeatures, shuffled_text: TextFeatures
) -> None:
    assert share_inside("irllrec", block_text) > 0.65
    assert share_inside("irllrec", shuffled_text) < 0.55


@pytest.mark.parametrize("weight", ["intent_weight", "translation_weight", "matching_weight"])
def test_each_alignment_changes_the_vectors(weight: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    """At its default weight, after one epoch: none of them is there for show."""
    settings = {"model": "irllrec", "dim": 8, "batch_size": 64, "epochs": 1, "device": "cpu", "text_dropout": 0.0}
    found = []
    for value in (0.0, ModelConfig.model_fields[weight].default):
        config = TrainingConfig.model_validate(settings | {weight: value})
        found.append(fit(checkerboard, block_text, config, lambda vectors: {"recall@20": 0.0}).vectors["user"])
    assert float((found[0] - found[1]).norm() / found[0].norm()) > 1e-4
