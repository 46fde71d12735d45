"""A training that was asked for by itself can be drawn epoch by epoch, by a job; one on the way to something else keeps nothing."""

from __future__ import annotations

import pytest

from core.errors import InputError
from core.jobs.kinds import checked_arguments, run_kind
from core.jobs.training_step import running_directory, train
from core.maps.epochs import has_snapshots, read_epoch_maps
from core.progress import ProgressEvent
from core.training.config import TrainingConfig
from core.training.snapshots import snapshot_epochs
from core.workspace import Artefact, Workspace

TINY = TrainingConfig(model="lightgcn", dim=8, epochs=6, evaluate_every=2, batch_size=64, device="cpu")


@pytest.fixture
def dataset(workspace: Workspace, small_dataset) -> Artefact:  # type: ignore[no-untyped-def]
    with workspace.publish("dataset", "small-0", name="small", config={"domain": "products"}) as draft:
        small_dataset.save(draft.path)
    return workspace.get("dataset", "small-0")


def test_job_draws_a_run_over_its_epochs(workspace: Workspace, dataset: Artefact) -> None:
    run = train(workspace, dataset.id, TINY)
    best = run.manifest.summary["best_epoch"]
    assert snapshot_epochs(run.path) == [epoch for epoch in (1, 2, 4) if epoch < best]
    assert has_snapshots(run)
    assert not running_directory(workspace, run.id).exists()
    arguments = checked_arguments("epoch-map", {"run": run.id, "config": {"neighbours": 6, "epochs": 20}})
    events: list[ProgressEvent] = []
    made = run_kind("epoch-map", workspace, arguments, events.append, lambda: False)
    assert made.manifest.kind == "epoch-map"
    assert read_epoch_maps(made).epochs == [*snapshot_epochs(run.path), best]
    assert any(event.stage.startswith("Drawing epoch") for event in events)


def test_byproducts_and_perturbed_runs_keep_no_snapshots(workspace: Workspace, dataset: Artefact) -> None:
    assert not has_snapshots(train(workspace.for_byproducts(), dataset.id, TINY))
    assert not has_snapshots(train(workspace, dataset.id, TINY.model_copy(update={"interaction_noise": 0.1})))


def test_wrong_arguments_of_the_job_are_told_before_it_starts() -> None:
    with pytest.raises(InputError, match="Did you mean neighbours"):
        checked_arguments("epoch-map", {"run": "run-1", "config": {"neighbors": 6}})
