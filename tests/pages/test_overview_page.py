"""The overview: stages with their next step, the way from reviews to a run while it runs and after it broke off, the dataset card."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from app.components.dataset_card import import_summary, profile_coverage
from app.components.import_progress import stages_of
from core.data.dataset import ReviewDataset
from core.data.importing import ImportRequest
from core.jobs import steps
from core.jobs.kinds import checked_arguments
from core.jobs.launch import process_started
from core.jobs.store import JobStore
from core.progress import ProgressEvent
from core.workspace import Workspace
from tests.pages.test_pages import opened, words

REQUEST = {"path": "/nowhere/reviews.csv", "format": "table", "name": "mine"}


def begun(space: Workspace, *, alive: bool = True, training: dict[str, str] | None = None) -> tuple[JobStore, str]:
    """A pipeline under way, as its worker writes it down; with ``alive`` False its process is gone."""
    store = JobStore(space)
    arguments = checked_arguments("pipeline", {"request": REQUEST, **({"training": training} if training else {})})
    identifier, _ = store.create("pipeline", arguments)
    pid = os.getpid() if alive else 2**22 + 1
    store.claim(identifier, pid, process_started(pid) or 1.0)
    store.report(identifier, ProgressEvent("3/4 Training: Training", 30, 300, {"step": 3, "steps": 4}))
    return store, identifier


def test_a_pipeline_shows_its_stages_and_how_far_it_is(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    store, identifier = begun(filled_copy)
    app = opened(filled_copy.root, "overview", monkeypatch)
    assert not app.exception
    assert stages_of(store.get(identifier)) == [
        ("Import", "done"), ("Extraction and profiles", "done"), ("Training", "now"), ("Map", "to come"),
    ]  # fmt: skip
    assert "52 % of the way" in words(app)
    assert app.button(key=f"stop-{identifier}").label == "Stop"
    store.end(identifier, "stopped", "Stopped on request")


def test_a_pipeline_without_texts_has_no_extraction(filled_copy: Workspace) -> None:
    store, identifier = begun(filled_copy, training={"model": "lightgcn"})
    assert [name for name, _ in stages_of(store.get(identifier))] == ["Import", "Training", "Map"]
    store.end(identifier, "stopped", "Stopped on request")


def test_a_pipeline_that_broke_off_can_go_on_in_another_tab(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    _, identifier = begun(filled_copy, alive=False)
    app = opened(filled_copy.root, "overview", monkeypatch)
    assert "**Interrupted**: Reviews to recommendations of mine" in words(app)
    assert app.button(key=f"go-on-{identifier}").label == "Go on"
    app.button(key=f"dismiss-import-{identifier}").click().run()
    assert "**Interrupted**" not in words(app)


def test_every_stage_has_a_way_on(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = [button.label for button in opened(filled.root, "overview", monkeypatch).button]
    assert {"See results", "Browse", "Train another", "Open the map"} <= set(labels)


def test_one_button_stands_out_the_whole_way_where_the_file_is_still_there(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "reviews.csv"
    rows = [f"u{user},i{(user + step) % 12},5,{step},Light and quiet." for user in range(12) for step in range(6)]
    file.write_text("\n".join(["user_id,item_id,rating,timestamp,text", *rows]))
    steps.import_dataset(workspace, ImportRequest(path=file, format="table", name="mine"))

    def standing_out() -> list[str]:
        app = opened(workspace.root, "overview", monkeypatch)
        assert not app.exception
        return [button.label for button in app.button if button.proto.type == "primary"]

    assert standing_out() == ["Do all that is left"]
    file.unlink()
    assert standing_out() == ["Extract"]


def test_what_the_import_dropped_is_told_in_a_line(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = words(opened(filled.root, "overview", monkeypatch))
    assert "The import read 843 lines, kept 840 interactions and dropped 3 rows for “no user”." in shown


def test_jobs_of_other_datasets_do_not_make_a_stage_run(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    store = JobStore(filled_copy)
    identifier, _ = store.create("train", checked_arguments("train", {"dataset": "another-1"}))
    store.claim(identifier, os.getpid(), process_started(os.getpid()) or 0.0)
    app = opened(filled_copy.root, "overview", monkeypatch)
    assert "Train another" in [button.label for button in app.button]
    store.end(identifier, "stopped", "Stopped on request")


def test_profile_coverage_is_the_share_of_nodes_with_a_text(small_dataset: ReviewDataset) -> None:
    users = small_dataset.users.assign(profile_text=np.where(small_dataset.users.index < 6, "Loves sound.", ""))
    dataset = ReviewDataset(small_dataset.id, "x", "products", small_dataset.interactions, users, small_dataset.items, report={})
    assert profile_coverage(dataset) == (0.25, 0.0)
    assert import_summary(dataset) == ""
