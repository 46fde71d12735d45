"""The job table: every state has one way in, and many processes may write at once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import NotFoundError, StorageError
from core.jobs.store import JobStore
from core.progress import ProgressEvent
from core.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(workspace: Workspace) -> JobStore:
    return JobStore(workspace)


def test_new_job_waits_with_its_arguments(store: JobStore):
    identifier, new = store.create("train", {"dataset": "demo", "config": {"seed": 1}})
    job = store.get(identifier)
    assert new
    assert (job.status, job.live, job.arguments) == ("queued", True, {"dataset": "demo", "config": {"seed": 1}})


def test_same_live_job_is_not_written_twice(store: JobStore):
    first, _ = store.create("train", {"dataset": "demo", "seed": 1})
    assert store.create("train", {"seed": 1, "dataset": "demo"}) == (first, False)
    assert store.create("train", {"dataset": "demo", "seed": 2})[1]
    store.end(first, "finished", "done")
    assert store.create("train", {"dataset": "demo", "seed": 1})[1]


def test_only_one_process_gets_a_job(store: JobStore):
    identifier, _ = store.create("demo", {})
    assert store.claim(identifier, 11, 1.0)
    assert not store.claim(identifier, 12, 2.0)
    assert store.get(identifier).pid == 11


def test_progress_keeps_the_time_its_stage_began(store: JobStore):
    identifier, _ = store.create("demo", {})
    store.claim(identifier, 11, 1.0)
    store.report(identifier, ProgressEvent("Embedding", 1, 10))
    began = store.get(identifier).stage_started_at
    store.report(identifier, ProgressEvent("Embedding", 5, 10, {"loss": 0.5}))
    job = store.get(identifier)
    assert (job.stage, job.done, job.total, job.measures, job.stage_started_at) == ("Embedding", 5, 10, {"loss": 0.5}, began)
    store.report(identifier, ProgressEvent("Training", 0, 3))
    assert store.get(identifier).stage_started_at > began


def test_first_end_stands(store: JobStore):
    identifier, _ = store.create("demo", {})
    store.claim(identifier, 11, 1.0)
    assert store.end(identifier, "finished", "made", result_kind="run", result="run-1")
    assert not store.end(identifier, "lost", "gone")
    store.report(identifier, ProgressEvent("Too late", 9, 9))
    job = store.get(identifier)
    assert (job.status, job.message, job.result_kind, job.result, job.stage) == ("finished", "made", "run", "run-1", "")
    assert not job.live


def test_stop_request_is_seen_and_ended_jobs_take_none(store: JobStore):
    identifier, _ = store.create("demo", {})
    assert not store.stop_requested(identifier)
    store.request_stop(identifier)
    assert store.stop_requested(identifier)
    other, _ = store.create("demo", {"rebuild": True})
    store.end(other, "finished", "")
    store.request_stop(other)
    assert not store.stop_requested(other)


def test_unknown_job_is_one_clear_line(store: JobStore):
    with pytest.raises(NotFoundError, match="No job 'train-0' in this workspace .*lmmrec jobs"):
        store.get("train-0")


def test_file_that_is_no_database_is_one_clear_line(workspace: Workspace):
    workspace.database.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageError, match=r"job database refused.*studio\.sqlite"):
        JobStore(workspace).list()


def test_full_disk_is_one_clear_line(store: JobStore, monkeypatch: pytest.MonkeyPatch):
    def refuse(*arguments: object, **rest: object) -> sqlite3.Connection:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite3, "connect", refuse)
    with pytest.raises(StorageError, match="database or disk is full"):
        store.create("demo", {})


WRITER = """
import os, sys
from core.jobs.store import JobStore
from core.progress import ProgressEvent
from core.workspace import Workspace
store = JobStore(Workspace(sys.argv[1]))
identifier, _ = store.create("train", {"writer": int(sys.argv[2])})
store.claim(identifier, os.getpid(), 1.0)
shared = [store.create("map", {"number": number})[0] for number in range(5)]
claimed = sum(store.claim(one, os.getpid(), 1.0) for one in shared)
for done in range(1, 61):
    store.report(identifier, ProgressEvent("Writing", done, 60, {"writer": int(sys.argv[2])}))
store.end(identifier, "finished", "")
print(claimed)
"""


def test_processes_writing_at_once_corrupt_nothing(workspace: Workspace):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(workspace.root), str(n)], stdout=subprocess.PIPE, text=True, env=environment)
        for n in range(4)
    ]
    claimed = [int(writer.communicate()[0]) for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4
    jobs = JobStore(workspace).list()
    assert [
        (job.done, job.status, job.measures) for job in sorted(jobs, key=lambda one: one.arguments.get("writer", 9)) if job.kind == "train"
    ] == [(60, "finished", {"writer": n}) for n in range(4)]
    assert sum(claimed) == len([job for job in jobs if job.kind == "map"]) == 5
    with sqlite3.connect(workspace.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
