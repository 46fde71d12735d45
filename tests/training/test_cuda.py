"""On CUDA: the same numbers as on the CPU, everything on the device, and trainings that learn, stop and go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse

from core.errors import StoppedError
from core.models.build import build_model
from core.models.config import MODELS
from core.models.graph import Interactions
from core.models.recommendation import Batch
from core.models.text_features import TextFeatures
from core.models.top_k import top_k
from core.training.config import TrainingConfig
from core.training.samplers import BatchSampler
from core.training.trainer import TrainingResult, fit
from tests.models.conftest import block_text, checkerboard

__all__ = ["block_text", "checkerboard"]

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")

DRAWING_NOTHING = ("lightgcn", "bpr-mf", "gccf", "dccf", "rlmrec-con", "kar", "alpharec")
"""Models whose losses hang on the batch and the parameters alone."""


def _trained(settings: dict[str, Any], interactions: Interactions, text: TextFeatures, **more: Any) -> TrainingResult:
    plain = {"dim": 8, "slot_dim": 4, "intents": 8, "mask_seeds": 1, "batch_size": 128, "epochs": 30, "learning_rate": 0.01, "layers": 2}
    config = TrainingConfig.model_validate(plain | {"evaluate_every": 30, "device": "cuda"} | settings)
    return fit(interactions, text, config, lambda vectors: {"recall@20": 0.0, "ndcg@20": 0.0}, **more)


@pytest.mark.parametrize("name", DRAWING_NOTHING)
def test_losses_and_gradients_are_those_of_the_cpu(name: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    config = TrainingConfig.model_validate({"model": name, "dim": 8, "text_dropout": 0.0, "layers": 2, "intents": 8})
    pairs = torch.tensor(checkerboard.pairs)[:64]
    negatives = torch.arange(64) % 30
    found = []
    for device in ("cpu", "cuda"):
        model = build_model(checkerboard, block_text.to(torch.device(device)), config).to(device)
        losses = model.losses(Batch(pairs[:, 0].to(device), pairs[:, 1].to(device), negatives.to(device)))
        torch.stack(list(losses.values())).sum().backward()
        gradients = [one.grad.flatten().cpu() for one in model.parameters() if one.grad is not None]
        found.append((torch.stack(list(losses.values())).detach().cpu(), torch.cat(gradients)))
    assert torch.allclose(found[0][0], found[1][0], rtol=1e-4, atol=1e-5)
    assert torch.allclose(found[0][1], found[1][1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_batches_are_drawn_on_the_device_and_exclude_what_is_known(loss: str, checkerboard: Interactions) -> None:
    config = TrainingConfig.model_validate({"loss": loss, "negatives": 20, "candidates": 2})
    device = torch.device("cuda")
    sampler = BatchSampler(checkerboard, config, 100, torch.Generator(device).manual_seed(0), device)
    known = {(int(user), int(item)) for user, item in checkerboard.pairs}
    for batch in sampler:
        drawn = [one for one in (batch.users, batch.positives, batch.negatives, batch.excluded, batch.candidates) if one is not None]
        assert all(one.device.type == "cuda" for one in drawn)
        assert {(int(user), int(item)) for user, item in zip(batch.users, batch.positives, strict=True)} <= known
        if batch.excluded is not None:
            for row, user in enumerate(batch.users.tolist()):
                assert batch.excluded[row].tolist() == [(user, item) in known for item in batch.negatives.tolist()]


def test_top_k_is_that_of_the_cpu() -> None:
    generator = torch.Generator().manual_seed(1)
    users, items, bias = (torch.randn(*shape, generator=generator) for shape in ((300, 8), (25_000, 8), (25_000,)))
    exclude = sparse.random(300, 25_000, 0.01, format="csr", random_state=0)
    expected = top_k(users, items, 20, item_bias=bias, exclude=exclude)
    found = top_k(users.cuda(), items.cuda(), 20, item_bias=bias.cuda(), exclude=exclude)
    assert np.allclose(found[1], expected[1], atol=1e-3)
    assert (found[0] == expected[0]).mean() > 0.999


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", MODELS)
def test_recommends_inside_the_block(name: str, precision: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    if name in ("sgl", "simgcl"):
        settings: dict[str, Any] = {"ssl_weight": 0.02, "learning_rate": 0.05}
    else:
        settings = {"ssl_weight": 0.001, "ease_weight": 10.0, "temperature": 0.2} | ({"learning_rate": 0.05} if name == "bpr-mf" else {})
    result = _trained({"model": name, "precision": precision, **settings}, checkerboard, block_text)
    assert result.device == "cuda"
    assert all(tensor.device.type == "cpu" and tensor.dtype == torch.float32 for tensor in result.vectors.values())
    parts = [result.vectors[side].flatten(1) for side in ("user", "item")]
    if "user_behaviour" in result.vectors:
        parts = [torch.cat([part, result.vectors[f"{side}_behaviour"]], dim=1) for part, side in zip(parts, ("user", "item"), strict=True)]
    ranked, _ = top_k(*parts, 3, item_bias=result.vectors.get("item_bias"), exclude=checkerboard.matrix())
    filled = ranked >= 0
    inside = ((ranked % 2) == (np.arange(40) % 2)[:, None]) & filled
    assert name == "popularity" or inside.sum() / filled.sum() > 0.9


@pytest.mark.parametrize("name", ["lightgcn", "lmmrec"])
def test_a_stopped_training_goes_on_where_it_was(name: str, tmp_path: Path, checkerboard: Interactions, block_text: TextFeatures) -> None:
    """To the same draws; sums on the device are made in no fixed order, so the numbers agree up to rounding."""
    settings = {"model": name, "epochs": 6, "evaluate_every": 1, "precision": "float32"}
    whole, seen = _trained(settings, checkerboard, block_text), []
    with pytest.raises(StoppedError):
        _trained(
            settings,
            checkerboard,
            block_text,
            directory=tmp_path,
            progress=lambda event: seen.append(event.done),
            stop=lambda: len(seen) == 3,
        )
    resumed = _trained(settings, checkerboard, block_text, directory=tmp_path)
    assert [record["epoch"] for record in resumed.history] == list(range(1, 7))
    for one, other in zip(resumed.history, whole.history, strict=True):
        assert one["losses"] == pytest.approx(other["losses"], rel=1e-2)
