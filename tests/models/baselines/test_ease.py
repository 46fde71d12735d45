"""EASE against its normal equations, written out for one item at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.models.baselines import ease
from core.models.baselines.ease import EASE
from core.models.build import build_model
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.text_features import TextFeatures
from core.storage import read_tensors, write_tensors
from core.training.config import TrainingConfig
from core.training.trainer import fit


def ridge_without_itself(rows: np.ndarray, penalty: float) -> np.ndarray:
    """B column by column: item j is regressed on all others, B_jj = 0 (arXiv 1905.03375, eq. 2-3)."""
    n_items = rows.shape[1]
    weights = np.zeros((n_items, n_items))
    for j in range(n_items):
        others = np.arange(n_items) != j
        normal = rows[:, others].T @ rows[:, others] + penalty * np.eye(n_items - 1)
        weights[others, j] = np.linalg.solve(normal, rows[:, others].T @ rows[:, j])
    return weights


def scores(model: EASE) -> np.ndarray:
    vectors = model.vectors()
    return (vectors["user"].flatten(1) @ vectors["item"].flatten(1).T).numpy()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.5, 500))
def test_scores_are_those_of_a_ridge_regression_on_the_other_items(seed: int, penalty: float) -> None:
    matrix = (np.random.default_rng(seed).random((12, 7)) < 0.4).astype(float)
    model = EASE(Interactions(12, 7, np.argwhere(matrix).astype(np.int64)), penalty)
    assert np.allclose(scores(model), matrix @ ridge_without_itself(matrix, penalty), atol=1e-5)


def test_an_item_never_predicts_itself(checkerboard: Interactions) -> None:
    weights = EASE(checkerboard, 10.0).vectors()["item"].flatten(1)
    assert not weights.diagonal().any()
    assert weights.abs().sum() > 0


def test_text_rows_count_like_further_users(checkerboard: Interactions, block_text: TextFeatures) -> None:
    text, weight = block_text.items.whole, 4.0
    rows = text.double().numpy() / np.linalg.norm(text.double().numpy(), axis=1, keepdims=True)
    matrix = checkerboard.matrix().toarray().astype(float)
    stacked = np.vstack([matrix, np.sqrt(weight) * rows.T])
    wanted = matrix @ ridge_without_itself(stacked, 20.0)
    config = ModelConfig(model="ease-text", ease_weight=20.0, ease_text=weight)
    assert np.allclose(scores(build_model(checkerboard, block_text, config)), wanted, atol=1e-5)
    assert not np.allclose(wanted, scores(EASE(checkerboard, 20.0)), atol=1e-2)


def test_text_without_weight_and_silent_text_change_nothing(checkerboard: Interactions, block_text: TextFeatures) -> None:
    plain = scores(EASE(checkerboard, 20.0))
    silent = torch.zeros_like(block_text.items.whole)
    assert np.array_equal(scores(EASE(checkerboard, 20.0, block_text.items.whole, 0.0)), plain)
    assert np.array_equal(scores(EASE(checkerboard, 20.0, silent, 5.0)), plain)


def test_plain_ease_needs_no_text_and_ease_with_text_asks_for_it(checkerboard: Interactions) -> None:
    build_model(checkerboard, None, ModelConfig(model="ease"))
    with pytest.raises(InputError, match="ease-text needs the profiles"):
        build_model(checkerboard, None, ModelConfig(model="ease-text"))


def test_finds_an_item_by_its_text_that_nobody_has_taken(block_text: TextFeatures) -> None:
    generator = np.random.default_rng(1)
    own = np.arange(40)[:, None] % 2 == np.arange(30)[None, :] % 2
    own[:, 28:] = False
    interactions = Interactions(40, 30, np.argwhere(own & (generator.random(own.shape) < 0.7)).astype(np.int64))
    model = EASE(interactions, 5.0, block_text.items.whole, 5.0)
    new = scores(model)[:, 28:]
    assert (new[::2, 0] > new[::2, 1]).all()
    assert (new[1::2, 1] > new[1::2, 0]).all()


def test_what_is_saved_is_what_is_loaded(checkerboard: Interactions, tmp_path: Path) -> None:
    config = TrainingConfig(model="ease", ease_weight=20.0, device="cpu")
    result = fit(checkerboard, None, config, lambda vectors: {"recall@20": 0.5})
    assert result.epochs == 0
    assert result.validation == {"recall@20": 0.5}
    write_tensors(tmp_path / "model.safetensors", result.model.state_dict())
    other = EASE(checkerboard, 999.0)
    other.load_state_dict(read_tensors(tmp_path / "model.safetensors"))
    assert all(torch.equal(tensor, result.vectors[name]) for name, tensor in other.vectors().items())


def test_what_does_not_fit_into_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    none = np.empty((0, 2), dtype=np.int64)
    with pytest.raises(InputError, match="at most 20,000 items"):
        EASE(Interactions(1, 20_001, none), 10.0)
    monkeypatch.setattr(ease, "MOST_CELLS", 50)
    with pytest.raises(InputError, match="at most 50 user-item pairs.*11 users and 5 items"):
        EASE(Interactions(11, 5, none), 10.0)
