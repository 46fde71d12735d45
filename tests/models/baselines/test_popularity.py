"""Popularity: the order of the training counts, for everyone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.models.build import build_model
from core.models.graph import Interactions
from core.models.top_k import top_k
from core.storage import read_tensors, write_tensors
from core.training.config import TrainingConfig
from core.training.trainer import fit

CONFIG = TrainingConfig(model="popularity", device="cpu")


def ranking(interactions: Interactions) -> np.ndarray:
    vectors = build_model(interactions, None, CONFIG).vectors()
    ranked, _ = top_k(vectors["user"].flatten(1), vectors["item"].flatten(1), interactions.n_items, item_bias=vectors["item_bias"])
    return ranked


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 7)), min_size=1))
def test_ranks_items_by_their_number_of_interactions_for_everyone(taken: set[tuple[int, int]]) -> None:
    interactions = Interactions(6, 8, np.array(sorted(taken), dtype=np.int64))
    counts = np.array([sum(item == wanted for _, item in taken) for wanted in range(8)])
    for row in ranking(interactions):
        assert (np.diff(counts[row]) <= 0).all()


def test_an_item_nobody_took_scores_zero_and_another_its_logarithm() -> None:
    vectors = build_model(Interactions(3, 3, np.array([[0, 1], [1, 1], [2, 2]])), None, CONFIG).vectors()
    assert torch.allclose(vectors["item_bias"], torch.tensor([0.0, np.log(3), np.log(2)], dtype=torch.float32))
    assert vectors["user"].shape == (3, 1, 1)
    assert vectors["item"].shape == (3, 1, 1)
    assert not vectors["user"].any()
    assert not vectors["item"].any()


def test_is_measured_without_a_training_step(checkerboard: Interactions) -> None:
    result = fit(checkerboard, None, CONFIG, lambda vectors: {"recall@20": float(vectors["item_bias"].sum())})
    assert result.epochs == 0
    assert result.validation["recall@20"] > 0
    assert list(result.model.parameters()) == []


def test_what_is_saved_is_what_is_loaded(checkerboard: Interactions, tmp_path: Path) -> None:
    model = build_model(checkerboard, None, CONFIG)
    write_tensors(tmp_path / "model.safetensors", model.state_dict())
    empty = Interactions(checkerboard.n_users, checkerboard.n_items, np.empty((0, 2), dtype=np.int64))
    other = build_model(empty, None, CONFIG)
    assert not other.vectors()["item_bias"].any()
    other.load_state_dict(read_tensors(tmp_path / "model.safetensors"))
    assert torch.equal(other.vectors()["item_bias"], model.vectors()["item_bias"])
