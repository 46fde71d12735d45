"""The training loop: it stops early, resumes to the same numbers, and leaves nothing half-written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import InputError, StoppedError, StudioError
from core.models.graph import Interactions
from core.models.text_features import NodeText, TextFeatures
from core.progress import ProgressEvent
from core.training.config import TrainingConfig
from core.training.history import append_history, read_history
from core.training.trainer import fit

INTERACTIONS = Interactions(6, 5, np.array([[u, i] for u in range(6) for i in range(5) if (u + i) % 2], dtype=np.int64))
SIDE = {n: NodeText(torch.randn(n, 2, 4), torch.ones(n, 2, dtype=torch.bool), torch.randn(n, 4), torch.rand(n, 2) + 0.5) for n in (6, 5)}
TEXT = TextFeatures(SIDE[6], SIDE[5], ("sound", "other"))
CONFIG = TrainingConfig(slot_dim=4, batch_size=4, epochs=8, evaluate_every=2, device="cpu")


def rising(values: list[float]) -> object:
    """A validation that gives these figures one after the other, then the last."""
    rest = list(values)
    return lambda vectors: {"recall@20": rest.pop(0) if len(rest) > 1 else rest[0], "ndcg@20": 0.0}


def steady(vectors: dict[str, torch.Tensor]) -> dict[str, float]:
    return {"recall@20": float(vectors["user"].abs().sum()), "ndcg@20": 0.0}


def test_stops_when_the_validation_figure_no_longer_rises_and_keeps_the_best() -> None:
    config = CONFIG.model_copy(update={"epochs": 100, "patience": 3, "history_dim": 0})  # one validation at a time
    result = fit(INTERACTIONS, TEXT, config, rising([0.1, 0.3, 0.2]))
    assert result.best_epoch == 4
    assert result.epochs == 10
    assert result.validation["recall@20"] == 0.3


def test_a_stopped_training_resumes_to_the_same_numbers(tmp_path: Path) -> None:
    whole = fit(INTERACTIONS, TEXT, CONFIG, steady)
    seen: list[int] = []
    with pytest.raises(StoppedError):
        fit(
            INTERACTIONS,
            TEXT,
            CONFIG,
            steady,
            directory=tmp_path,
            progress=lambda event: seen.append(event.done),
            stop=lambda: len(seen) == 5,
        )
    resumed = fit(INTERACTIONS, TEXT, CONFIG, steady, directory=tmp_path)
    assert [record["losses"] for record in resumed.history] == [record["losses"] for record in whole.history]
    assert all(torch.equal(resumed.vectors[name], whole.vectors[name]) for name in whole.vectors)
    assert [record["epoch"] for record in read_history(tmp_path)] == list(range(1, 9))


def test_training_leaves_the_random_state_and_the_threads_alone() -> None:
    torch.manual_seed(5)
    threads, expected = torch.get_num_threads(), torch.rand(1)
    torch.manual_seed(5)
    fit(INTERACTIONS, TEXT, CONFIG.model_copy(update={"epochs": 1}), steady)
    assert torch.equal(torch.rand(1), expected)
    assert torch.get_num_threads() == threads


def test_progress_tells_losses_and_validation() -> None:
    events: list[ProgressEvent] = []
    fit(INTERACTIONS, TEXT, CONFIG, steady, progress=events.append)
    assert [event.done for event in events] == list(range(1, 9))
    assert "recommendation" in events[0].measures["losses"]
    assert "validation" in events[1].measures


def test_a_loss_that_explodes_is_one_clear_error() -> None:
    with pytest.raises(StudioError, match=r"no longer a number.*learning rate"):
        fit(INTERACTIONS, TEXT, CONFIG.model_copy(update={"learning_rate": 1e30, "loss": "bpr"}), steady)


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(InputError, match="No such device"):
        fit(INTERACTIONS, None, CONFIG.model_copy(update={"device": "abacus", "model": "lightgcn"}), steady)


def test_a_line_being_written_is_not_read(tmp_path: Path) -> None:
    append_history(tmp_path, {"epoch": 1})
    with (tmp_path / "history.jsonl").open("a") as handle:
        handle.write('{"epoch": 2, "los')
    assert read_history(tmp_path) == [{"epoch": 1}]
