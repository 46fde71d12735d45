"""The worker in one process: progress is throttled, a stop request reaches the work, every ending is told."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import StoppedError, StorageError
from core.jobs import worker
from core.jobs.store import JobStore
from core.progress import Progress, ProgressEvent
from core.workspace import Artefact, Workspace

ROOT = Path(__file__).resolve().parents[2]
Stop = Callable[[], bool]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(worker, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(worker, "_listen", lambda watch: None)
    yield
    assert [thread for thread in threading.enumerate() if thread.name == "stop-watch" and thread.is_alive() and not _ends(thread)] == []


def _ends(thread: threading.Thread) -> bool:
    thread.join(timeout=5)
    return not thread.is_alive()


def working_on(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, does: Callable[[Progress, Stop], Artefact]) -> tuple[JobStore, str]:
    monkeypatch.setattr(worker, "run_kind", lambda kind, place, arguments, progress, stop, paused: does(progress, stop))
    store = JobStore(workspace)
    return store, store.create("demo", {})[0]


def published(workspace: Workspace) -> Artefact:
    with workspace.publish("run", "run-1", name="run"):
        pass
    return workspace.get("run", "run-1")


def test_finished_work_names_its_artefact(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    store, identifier = working_on(workspace, monkeypatch, lambda progress, stop: published(workspace))
    assert worker.work(workspace, identifier) == 0
    found = store.get(identifier)
    assert (found.status, found.result_kind, found.result) == ("finished", "run", "run-1")


def test_stop_request_reaches_the_work(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    def does(progress: Progress, stop: Stop) -> Artefact:
        progress(ProgressEvent("Training", 1, 10))
        store.request_stop(identifier)
        deadline = time.monotonic() + 10
        while not stop():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        raise StoppedError("Stopped")

    store, identifier = working_on(workspace, monkeypatch, does)
    assert worker.work(workspace, identifier) == 130
    assert (store.get(identifier).status, store.get(identifier).message) == ("stopped", worker.STOPPED)


def test_known_error_is_told_as_it_is(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    def does(progress: Progress, stop: Stop) -> Artefact:
        raise StorageError("The disk is full", where="here", hint="Free some space")

    store, identifier = working_on(workspace, monkeypatch, does)
    assert worker.work(workspace, identifier) == 1
    assert (store.get(identifier).status, store.get(identifier).message) == ("failed", "The disk is full (here). Free some space")


def test_unknown_error_is_one_line_and_its_traceback_is_logged(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def does(progress: Progress, stop: Stop) -> Artefact:
        raise ValueError("bad shape\nsecond line")

    store, identifier = working_on(workspace, monkeypatch, does)
    assert worker.work(workspace, identifier) == 1
    assert store.get(identifier).message == "ValueError: bad shape. The log has the details"
    assert "Traceback" in caplog.text


def test_job_that_is_taken_is_left_alone(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    store, identifier = working_on(workspace, monkeypatch, lambda progress, stop: published(workspace))
    store.claim(identifier, 1, 1.0)
    assert worker.work(workspace, identifier) == 2
    assert store.get(identifier).status == "running"


def test_progress_is_written_a_few_times_a_second_and_the_last_word_counts(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    written = []
    report = JobStore.report

    def counted(self: JobStore, identifier: str, event: ProgressEvent) -> None:
        written.append(event)
        report(self, identifier, event)

    def does(progress: Progress, stop: Stop) -> Artefact:
        for done in range(5000):
            progress(ProgressEvent("Embedding", done, 5000))
        progress(ProgressEvent("Training", 1, 2))
        progress(ProgressEvent("Training", 2, 2))
        return published(workspace)

    monkeypatch.setattr(JobStore, "report", counted)
    store, identifier = working_on(workspace, monkeypatch, does)
    assert worker.work(workspace, identifier) == 0
    assert len(written) < 20
    assert {event.stage for event in written} == {"Embedding", "Training"}
    assert (store.get(identifier).stage, store.get(identifier).done) == ("Training", 2)


DEAF = """
import sys, time
from core.jobs import worker
from core.jobs.store import JobStore
from core.progress import ProgressEvent
from core.workspace import Workspace

def deaf(kind, workspace, arguments, progress, stop, paused):
    progress(ProgressEvent("Training", 1, 10))
    while True:
        time.sleep(0.05)

worker.run_kind = deaf
worker.StopWatch.__init__.__defaults__ = (0.2,)
worker.main(sys.argv[1:])
"""


def test_worker_ends_itself_when_its_work_does_not_listen(workspace: Workspace):
    store = JobStore(workspace)
    identifier, _ = store.create("demo", {})
    process = subprocess.Popen(
        [sys.executable, "-c", DEAF, str(workspace.root), identifier], cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 30
    while store.get(identifier).stage != "Training":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    store.request_stop(identifier)
    assert process.wait(timeout=10) == -9
    assert (store.get(identifier).status, "by force" in store.get(identifier).message) == ("stopped", True)
