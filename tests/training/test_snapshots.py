"""Snapshots: of a few epochs, bounded in size, and without any effect on the training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import StoppedError
from core.models.config import ModelName
from core.training.config import TrainingConfig
from core.training.run import users_apart
from core.training.snapshots import Snapshots, hand_over, read_snapshot, snapshot_epochs
from core.training.trainer import fit
from tests.training.test_trainer import CONFIG, INTERACTIONS, TEXT, steady


class Fixed(torch.nn.Module):
    """A model whose vectors are given."""

    def __init__(self, n_users: int = 6, n_items: int = 4) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.made = {"user": torch.randn(n_users, 2, 3, generator=generator), "item": torch.randn(n_items, 2, 3, generator=generator)}

    def vectors(self) -> dict[str, torch.Tensor]:
        return self.made


@pytest.mark.parametrize("model", ["lmmrec", "lightgcn", "sgl", "dccf", "autocf", "kar"])
def test_a_training_with_snapshots_gives_the_same_numbers(model: ModelName, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"model": model, "epochs": 4, "text_dropout": 0.5})
    plain = fit(INTERACTIONS, TEXT, config, steady)
    kept = fit(INTERACTIONS, TEXT, config, steady, snapshots=Snapshots(tmp_path))
    assert [record["losses"] for record in kept.history] == [record["losses"] for record in plain.history]
    assert all(torch.equal(kept.vectors[name], plain.vectors[name]) for name in plain.vectors)
    assert snapshot_epochs(tmp_path) == [1, 2, 4]


def test_a_snapshot_holds_the_vectors_after_its_epoch(tmp_path: Path) -> None:
    fit(INTERACTIONS, TEXT, CONFIG, steady, snapshots=Snapshots(tmp_path))
    until = fit(INTERACTIONS, TEXT, CONFIG.model_copy(update={"epochs": 2}), lambda _: {"recall@20": 0.0, "ndcg@20": 0.0})
    kept = read_snapshot(tmp_path, 2)
    drawn = users_apart(until.vectors["user"], until.vectors["user_interaction"])
    torch.testing.assert_close(kept.user, drawn, atol=1e-3, rtol=1e-3)
    assert kept.user_rows.tolist() == list(range(6))
    assert kept.item_rows.tolist() == list(range(5))


def test_a_resumed_training_keeps_the_same_snapshots(tmp_path: Path) -> None:
    fit(INTERACTIONS, TEXT, CONFIG, steady, directory=tmp_path / "whole", snapshots=Snapshots(tmp_path / "whole"))
    seen: list[int] = []
    with pytest.raises(StoppedError):
        fit(
            INTERACTIONS,
            TEXT,
            CONFIG,
            steady,
            directory=tmp_path / "parts",
            progress=lambda event: seen.append(event.done),
            stop=lambda: len(seen) == 5,
            snapshots=Snapshots(tmp_path / "parts"),
        )
    # What a killed attempt kept beyond its last checkpoint is of no training that goes on from there.
    Snapshots(tmp_path / "parts").after(16, Fixed())  # type: ignore[arg-type]
    fit(INTERACTIONS, TEXT, CONFIG, steady, directory=tmp_path / "parts", snapshots=Snapshots(tmp_path / "parts"))
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert snapshot_epochs(parts) == snapshot_epochs(whole) == [1, 2, 4, 8]
    assert all(torch.equal(read_snapshot(parts, epoch).user, read_snapshot(whole, epoch).user) for epoch in (1, 2, 4, 8))


def test_epochs_are_spread_geometrically_and_never_more_than_seven(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    for epoch in range(1, 300):
        snapshots.after(epoch, Fixed())  # type: ignore[arg-type]
    assert snapshot_epochs(tmp_path) == [1, 8, 16, 32, 64, 128, 256]


def test_of_a_large_run_the_same_part_of_the_nodes_is_kept_each_time(tmp_path: Path) -> None:
    model, most_bytes = Fixed(1000, 500), 30_000
    snapshots = Snapshots(tmp_path, most_bytes)
    for epoch in range(1, 65):
        snapshots.after(epoch, model)  # type: ignore[arg-type]
    first, last = read_snapshot(tmp_path, 1), read_snapshot(tmp_path, 64)
    assert torch.equal(first.user_rows, last.user_rows)
    assert len(first.user_rows) == pytest.approx(2 * len(first.item_rows), abs=2)
    torch.testing.assert_close(first.user, model.made["user"][first.user_rows], atol=1e-2, rtol=1e-2)
    kept = [read_snapshot(tmp_path, epoch) for epoch in snapshot_epochs(tmp_path)]
    vectors = sum(one.user.numel() + one.item.numel() for one in kept)
    assert 0.8 * most_bytes < 2 * vectors <= most_bytes
    assert np.all(np.diff(first.user_rows.numpy()) > 0)


def test_a_run_is_handed_the_snapshots_before_its_best_epoch(tmp_path: Path) -> None:
    source, target = tmp_path / "running", tmp_path / "run"
    target.mkdir()
    for epoch in (1, 2, 4, 8):
        Snapshots(source).after(epoch, Fixed())  # type: ignore[arg-type]
    hand_over(source, target, before=4)
    assert snapshot_epochs(target) == [1, 2]
    assert snapshot_epochs(source) == [1, 2, 4, 8]
    hand_over(tmp_path / "nothing", target, before=9)


def test_a_model_that_is_solved_at_once_keeps_none(tmp_path: Path) -> None:
    config = TrainingConfig(model="popularity", device="cpu")
    fit(INTERACTIONS, None, config, steady, snapshots=Snapshots(tmp_path))
    assert snapshot_epochs(tmp_path) == []
