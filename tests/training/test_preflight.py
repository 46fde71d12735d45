"""The estimate before a training: within a factor of two of the real thing, and memory that does not fit is told."""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.protocol import evaluate
from core.models.base import flat
from core.models.config import MODELS
from core.models.graph import Interactions
from core.models.text_features import NodeText, TextFeatures
from core.training.config import TrainingConfig
from core.training.preflight import Cost, cost_settings, expected_epochs, measure_cost, peak_memory, seconds_of, tensor_bytes
from core.training.trainer import fit

N_USERS, N_ITEMS, SLOTS, WIDTH = 400, 300, 4, 32


@pytest.fixture(scope="module")
def interactions() -> Interactions:
    generator = np.random.default_rng(1)
    cells = generator.choice(N_USERS * N_ITEMS, size=9000, replace=False)
    return Interactions(N_USERS, N_ITEMS, np.stack([cells // N_ITEMS, cells % N_ITEMS], axis=1).astype(np.int64))


@pytest.fixture(scope="module")
def text() -> TextFeatures:
    def side(n: int) -> NodeText:
        return NodeText(
            torch.randn(n, SLOTS, WIDTH), torch.ones(n, SLOTS, dtype=torch.bool), torch.randn(n, WIDTH), torch.rand(n, SLOTS) + 0.5
        )

    return TextFeatures(side(N_USERS), side(N_ITEMS), ("sound", "price", "look", "other"))


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "lightgcn", "batch_size": 512},
        {"model": "lmmrec", "batch_size": 1024, "text_dim": 16},
        {"model": "simgcl", "batch_size": 2048, "evaluate_every": 1},
    ],
)
def test_estimate_is_within_a_factor_of_two_of_the_training(
    interactions: Interactions, text: TextFeatures, tmp_path: Path, settings: dict[str, object]
) -> None:
    config = TrainingConfig.model_validate({"epochs": 12, "patience": 99, "device": "cpu", **settings})

    def validate(vectors: dict[str, torch.Tensor]) -> dict[str, float]:
        return evaluate(flat(vectors, "user"), flat(vectors, "item"), interactions, interactions).means

    ratios = []
    for attempt in range(3):  # other work on the machine may hold up either of the two
        cost = measure_cost(interactions, text, config, validate, tmp_path / f"measured-{attempt}")
        began = time.perf_counter()
        fit(interactions, text, config, validate, directory=tmp_path / f"trained-{attempt}")
        ratios.append(seconds_of(cost, config, config.epochs) / (time.perf_counter() - began))
        if 0.5 <= ratios[-1] <= 2.0:
            return
    raise AssertionError(f"estimate over truth: {ratios}")


def test_measured_memory_holds_at_least_the_tensors(interactions: Interactions, tmp_path: Path) -> None:
    config = TrainingConfig(model="lightgcn", dim=1024, device="cpu")
    cost = measure_cost(interactions, None, config, lambda vectors: {"recall@20": 0.0}, tmp_path, limit_s=0.1)
    assert cost.memory_bytes >= tensor_bytes(N_USERS, N_ITEMS, len(interactions.pairs), config) > 0
    assert cost.memory_bytes <= 1.01 * peak_memory()  # the kernel counts pages of running threads only now and then
    assert (cost.device, cost.device_bytes, cost.steps) == ("cpu", 0, math.ceil(9000 / 2048))


def test_a_model_without_parameters_costs_its_setup_alone(interactions: Interactions, tmp_path: Path) -> None:
    config = TrainingConfig(model="popularity", device="cpu")
    cost = measure_cost(interactions, None, config, lambda vectors: {"recall@20": 0.0}, tmp_path)
    assert cost.steps == 0
    assert seconds_of(cost, config, 1) == seconds_of(cost, config, 300) == cost.setup_s


def test_ease_is_estimated_by_a_small_one_within_a_factor_of_three(tmp_path: Path) -> None:
    generator = np.random.default_rng(2)
    pairs = np.stack([generator.integers(0, 300, 6000), generator.integers(0, 1500, 6000)], axis=1).astype(np.int64)
    interactions = Interactions(300, 1500, np.unique(pairs, axis=0))
    config = TrainingConfig(model="ease", device="cpu")
    ratios = []
    for _ in range(3):
        cost = measure_cost(interactions, None, config, lambda vectors: {"recall@20": 0.0}, tmp_path)
        began = time.perf_counter()
        fit(interactions, None, config, lambda vectors: {"recall@20": 0.0})
        ratios.append(cost.setup_s / (time.perf_counter() - began))
        if 1 / 3 <= ratios[-1] <= 3:
            return
    raise AssertionError(f"estimate over truth: {ratios}")


def test_seconds_add_up_from_their_parts() -> None:
    cost = Cost(setup_s=2, step_s=0.1, steps=5, validation_s=0.5, memory_bytes=1, device_bytes=0, device="cpu")
    config = TrainingConfig(evaluate_every=4)
    assert seconds_of(cost, config, 10) == pytest.approx(2 + 10 * 5 * 0.1 + 3 * 0.5)
    noisy = config.model_copy(update={"interaction_noise": 1.0})
    assert seconds_of(cost, noisy, 10) == pytest.approx(2 + 2 * 10 * 5 * 0.1 + 3 * 0.5)


@given(
    epochs=st.integers(1, 2000), every=st.integers(1, 20), patience=st.integers(1, 50), earlier=st.lists(st.integers(1, 3000), max_size=5)
)
def test_expected_epochs_are_a_range_within_what_is_allowed(epochs: int, every: int, patience: int, earlier: list[int]) -> None:
    low, high = expected_epochs(TrainingConfig(epochs=epochs, evaluate_every=every, patience=patience), earlier)
    assert 1 <= low <= high <= epochs
    if not earlier:
        assert high == epochs


def test_epochs_of_earlier_runs_narrow_the_range() -> None:
    assert expected_epochs(TrainingConfig()) == (63, 300)
    assert expected_epochs(TrainingConfig(), [100, 120]) == (80, 150)


@given(model=st.sampled_from(MODELS), factor=st.integers(2, 5))
def test_larger_graphs_take_no_less_memory(model: str, factor: int) -> None:
    config = TrainingConfig.model_validate({"model": model})
    small = tensor_bytes(1000, 500, 20_000, config)
    assert tensor_bytes(1000 * factor, 500 * factor, 20_000 * factor, config) >= small


def test_a_catalogue_too_large_for_ease_is_told_by_its_size_alone() -> None:
    assert tensor_bytes(10, 100_000, 50, TrainingConfig(model="ease")) > 100e9


def test_cost_hangs_on_what_a_step_does_and_not_on_what_it_learns() -> None:
    plain = cost_settings(TrainingConfig())
    assert cost_settings(TrainingConfig(seed=5, learning_rate=0.1, epochs=9, mcs_weight=0.5, ease_weight=9.0)) == plain
    for change in ({"mcs_weight": 0.0}, {"slot_dim": 8}, {"layers": 1}, {"batch_size": 64}, {"backbone": "sgl"}, {"loss": "softmax"}):
        assert cost_settings(TrainingConfig.model_validate(change)) != plain
    assert cost_settings(TrainingConfig(model="lightgcn")) == cost_settings(TrainingConfig(model="lightgcn", slot_dim=8))
