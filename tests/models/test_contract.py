"""What every model must hold: the checkerboard, repeatability, and save and load without a change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.models.build import build_model
from core.models.graph import Interactions
from core.models.text_features import TextFeatures
from core.models.top_k import top_k
from core.storage import read_tensors, write_tensors
from core.training.config import TrainingConfig
from core.training.trainer import TrainingResult, fit

MODELS = {
    "lightgcn with bpr": {"model": "lightgcn", "loss": "bpr"},
    "lightgcn with softmax": {"model": "lightgcn", "loss": "softmax", "temperature": 0.3},
    "bpr-mf": {"model": "bpr-mf", "evaluate_every": 30, "learning_rate": 0.05},
    "lightgcn on a share of the interactions": {"model": "lightgcn", "edge_keep": 0.8},
    "gccf": {"model": "gccf"},
    "sgl": {"model": "sgl", "view_keep": 0.8, "evaluate_every": 30, "ssl_weight": 0.02, "learning_rate": 0.05},
    "simgcl": {"model": "simgcl", "evaluate_every": 30, "ssl_weight": 0.02, "learning_rate": 0.05},
    "dccf": {"model": "dccf", "intents": 8, "layers": 2, "ssl_weight": 0.001},
    "autocf": {"model": "autocf", "mask_seeds": 1, "layers": 2},
    "lmmrec on bpr-mf": {"model": "lmmrec", "slot_dim": 4, "backbone": "bpr-mf", "evaluate_every": 30},
    "lmmrec on gccf": {"model": "lmmrec", "slot_dim": 4, "backbone": "gccf"},
    "lmmrec on sgl": {"model": "lmmrec", "slot_dim": 4, "backbone": "sgl", "evaluate_every": 30, "ssl_weight": 0.02, "learning_rate": 0.05},
    "lmmrec on simgcl": {
        "model": "lmmrec",
        "slot_dim": 4,
        "backbone": "simgcl",
        "evaluate_every": 30,
        "ssl_weight": 0.02,
        "learning_rate": 0.05,
    },
    "lmmrec on dccf": {"model": "lmmrec", "slot_dim": 4, "backbone": "dccf", "intents": 8, "layers": 2, "ssl_weight": 0.001},
    "lmmrec on autocf": {"model": "lmmrec", "slot_dim": 4, "backbone": "autocf", "mask_seeds": 1, "layers": 2},
    "lmmrec in slots": {"model": "lmmrec", "form": "slots", "slot_dim": 4},
    "lmmrec in slots with softmax": {"model": "lmmrec", "form": "slots", "slot_dim": 4, "loss": "softmax"},
    "lmmrec as one vector": {"model": "lmmrec", "form": "vector"},
    "lmmrec with prototypes": {"model": "lmmrec", "slot_dim": 4, "prototypes": 4},
    "lmmrec with its text view": {"model": "lmmrec", "slot_dim": 4, "text_scale": 0.5},
    "ease": {"model": "ease", "ease_weight": 10.0},
    "ease with text": {"model": "ease-text", "ease_weight": 10.0},
    "alpharec": {"model": "alpharec", "temperature": 0.2},
    "alpharec with softmax": {"model": "alpharec", "loss": "softmax", "temperature": 0.2},
    "kar": {"model": "kar"},
    "kar with softmax": {"model": "kar", "loss": "softmax"},
    "rlmrec-con": {"model": "rlmrec-con"},
    "rlmrec-con with softmax": {"model": "rlmrec-con", "loss": "softmax"},
    "rlmrec-con on bpr-mf": {"model": "rlmrec-con", "backbone": "bpr-mf", "evaluate_every": 30, "learning_rate": 0.05},
    "rlmrec-gen": {"model": "rlmrec-gen"},
    "irllrec": {"model": "irllrec"},
}


def trained(settings: dict[str, object], checkerboard: Interactions, text: TextFeatures, **more: object) -> TrainingResult:
    config = TrainingConfig.model_validate(
        {"dim": 8, "batch_size": 128, "epochs": 30, "device": "cpu", "learning_rate": 0.01} | settings | more
    )
    return fit(checkerboard, text, config, lambda vectors: {"recall@20": float(-vectors["user"].abs().mean() * 0)})


def share_inside(result: TrainingResult, interactions: Interactions) -> float:
    """Share of the best three items of every user, training items aside, that lie in the user's block."""
    vectors = result.model.vectors()
    ranked, _ = top_k(vectors["user"].flatten(1), vectors["item"].flatten(1), 3, exclude=interactions.matrix())
    filled = ranked >= 0
    inside = ((ranked % 2) == (np.arange(40) % 2)[:, None]) & filled
    return float(inside.sum() / filled.sum())


@pytest.mark.parametrize("name", MODELS)
def test_recommends_inside_the_block(name: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    config = {"patience": 100}
    result = trained(MODELS[name] | config, checkerboard, block_text)
    assert share_inside(result, checkerboard) > 0.9


@pytest.mark.parametrize("name", [name for name in MODELS if not name.startswith(("ease", "popularity"))])
def test_mixed_precision_recommends_inside_the_block_too(name: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    """What losses are taken in on a GPU; the CPU has bfloat16 too, so that it is checked where there is none."""
    result = trained(MODELS[name] | {"patience": 100, "precision": "bfloat16"}, checkerboard, block_text)
    assert all(tensor.dtype == torch.float32 for tensor in result.vectors.values())
    assert share_inside(result, checkerboard) > 0.9


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_gives_the_same_numbers(name: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    first, second = (trained(MODELS[name], checkerboard, block_text, epochs=3) for _ in range(2))
    assert [record["losses"] for record in first.history] == [record["losses"] for record in second.history]
    assert all(torch.equal(first.vectors[key], second.vectors[key]) for key in first.vectors)
    other = trained(MODELS[name], checkerboard, block_text, epochs=3, seed=1)
    solved = first.epochs == 0  # nothing is drawn for a model that is not trained
    assert torch.equal(first.vectors["user"], other.vectors["user"]) == solved


@pytest.mark.parametrize("name", MODELS)
def test_save_and_load_change_nothing(name: str, checkerboard: Interactions, block_text: TextFeatures, tmp_path: Path) -> None:
    result = trained(MODELS[name], checkerboard, block_text, epochs=3)
    write_tensors(tmp_path / "model.safetensors", result.model.state_dict())
    config = TrainingConfig.model_validate({"dim": 8} | MODELS[name])
    loaded = build_model(checkerboard, block_text, config)
    loaded.load_state_dict(read_tensors(tmp_path / "model.safetensors"))
    loaded.eval()
    again = loaded.vectors()
    assert all(torch.equal(again[key], result.vectors[key]) for key in again)


@pytest.mark.parametrize("name", MODELS)
def test_slots_have_the_promised_shapes(name: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    vectors = trained(MODELS[name], checkerboard, block_text, epochs=1).vectors
    slots = 3 if MODELS[name].get("form", "slots") == "slots" and MODELS[name]["model"] == "lmmrec" else 1
    assert vectors["user"].shape[:2] == (40, slots)
    assert vectors["item"].shape == (30, slots, vectors["user"].shape[2])


RANKED_BY_PAIRS = ("lightgcn with bpr", "autocf", "lmmrec in slots", "lmmrec as one vector", "kar", "rlmrec-con", "rlmrec-gen", "irllrec")


@pytest.mark.parametrize("name", RANKED_BY_PAIRS)
def test_candidates_make_negatives_harder(name: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    settings = MODELS[name] | {"text_dropout": 0.0}
    easy, hard = (trained(settings, checkerboard, block_text, epochs=1, candidates=count).history for count in (1, 8))
    assert hard[0]["losses"]["recommendation"] > easy[0]["losses"]["recommendation"]
