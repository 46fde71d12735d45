"""Trainings that can go on: found after the page and the server that started them are gone, and what a running job takes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.errors import StoppedError
from core.jobs.interrupted import discard, interrupted_trainings
from core.jobs.kinds import checked_arguments, run_kind
from core.jobs.launch import process_started
from core.jobs.load import load_of
from core.jobs.store import JobStore
from core.progress import ProgressEvent
from core.workspace import Artefact, Workspace

TINY = {"model": "lightgcn", "dim": 8, "epochs": 6, "evaluate_every": 1, "device": "cpu"}


@pytest.fixture
def small(workspace: Workspace, small_dataset: ReviewDataset) -> Artefact:
    return publish_dataset(workspace, replace(small_dataset, name="small"), {"domain": "products"})


def done_by_job(workspace: Workspace, kind: str, arguments: dict[str, Any], *, stop_at: int | None = None) -> str:
    """A job as its worker would do it, in this process; stopped after so many reports."""
    store = JobStore(workspace)
    plain = checked_arguments(kind, arguments)
    identifier, _ = store.create(kind, plain)
    store.claim(identifier, os.getpid(), process_started(os.getpid()) or 0.0)
    seen: list[ProgressEvent] = []
    try:
        run_kind(kind, workspace, plain, seen.append, lambda: stop_at is not None and len(seen) >= stop_at)
        store.end(identifier, "finished", "done")
    except StoppedError:
        store.end(identifier, "stopped", "stopped")
    return identifier


def test_a_stopped_training_is_found_until_it_is_finished(workspace: Workspace, small: Artefact) -> None:
    arguments = {"dataset": small.id, "config": TINY}
    identifier = done_by_job(workspace, "train", arguments, stop_at=3)
    (left,) = interrupted_trainings(workspace, small)
    assert (left.job.id, left.done, left.total) == (identifier, 3, 6)
    done_by_job(workspace, "train", arguments)
    assert interrupted_trainings(workspace, small) == []


def test_a_stopped_sweep_is_found_with_what_it_has_done(workspace: Workspace, small: Artefact) -> None:
    done_by_job(workspace, "sweep", {"dataset": small.id, "config": {"training": TINY, "seeds": 3}, "workers": 1}, stop_at=8)
    (left,) = interrupted_trainings(workspace, small)
    assert left.job.kind == "sweep"
    assert left.total == 3
    assert left.done < 3


def test_what_is_discarded_begins_anew(workspace: Workspace, small: Artefact) -> None:
    done_by_job(workspace, "train", {"dataset": small.id, "config": TINY}, stop_at=2)
    (left,) = interrupted_trainings(workspace, small)
    discard(left)
    assert interrupted_trainings(workspace, small) == []
    assert not left.directory.exists()


def test_trainings_of_other_datasets_are_not_listed(workspace: Workspace, small: Artefact, small_dataset: ReviewDataset) -> None:
    other = publish_dataset(workspace, replace(small_dataset, name="other"), {"domain": "places"})
    done_by_job(workspace, "train", {"dataset": other.id, "config": TINY}, stop_at=2)
    assert interrupted_trainings(workspace, small) == []


def test_load_is_that_of_the_process_and_nothing_once_it_is_gone(workspace: Workspace, tmp_path: Path) -> None:
    store = JobStore(workspace)
    identifier, _ = store.create("demo", {})
    assert load_of(store.get(identifier)) is None
    store.claim(identifier, os.getpid(), process_started(os.getpid()) or 0.0)
    found = load_of(store.get(identifier))
    assert found is not None
    assert found.memory_bytes > 50e6
    assert found.processes >= 1
    assert found.cores > 0
    assert load_of(replace(store.get(identifier), pid=2**22 + 1)) is None
    store.end(identifier, "finished", "done")
    assert load_of(store.get(identifier)) is None
