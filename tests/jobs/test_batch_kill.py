"""A batch whose process dies: every review ends with one result, and none is asked again after its answer was on disk.

`python benchmarks/batch.py` does the same with 20 kills and 2,000 reviews.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from core.errors import InputError
from core.jobs.launch import is_paused, job, launch, log_tail, pause, process_started, resume, stop
from core.jobs.store import Job, JobStore
from core.workspace import Workspace
from tests.batches import config_of, kill_again_and_again, reviews_dataset
from tests.ollama_server.fixture import RunningServer, StartServer, ollama_server

__all__ = ["ollama_server"]


@pytest.fixture(autouse=True)
def _no_process_stays(workspace: Workspace) -> Iterator[None]:
    yield
    for one in JobStore(workspace).list():
        if one.live and one.pid is not None and process_started(one.pid) is not None:
            os.killpg(one.pid, signal.SIGKILL)


def test_kill_9_again_and_again_loses_nothing_and_repeats_nothing(workspace: Workspace, ollama_server: StartServer):
    server = ollama_server({"slots": 4, "latency_s": 0.03})
    report = kill_again_and_again(workspace, server, n_reviews=200, n_kills=3)
    assert (report.n_reviews, report.n_once, report.strange) == (200, 200, [])
    assert 0 < report.kept[0] <= report.kept[1] <= report.kept[2] < 200
    assert report.asked_after_kept == []
    assert report.asked_twice_in_a_life == []
    assert report.answered_but_lost == []
    assert len(report.repeated) <= 3 * 4
    assert report.n_requests <= 200 + 3 * 4


def n_asked(server: RunningServer) -> int:
    return len(server.log("/api/chat"))


def until(workspace: Workspace, identifier: str, condition: Callable[[Job], bool], limit_s: float = 60.0) -> Job:
    deadline = time.monotonic() + limit_s
    while not condition(found := job(workspace, identifier)):
        assert time.monotonic() < deadline, f"{found}\n{log_tail(workspace, identifier)}"
        time.sleep(0.05)
    return found


def test_a_job_is_paused_resumed_and_stopped(workspace: Workspace, ollama_server: StartServer):
    server = ollama_server({"slots": 2, "latency_s": 0.05})
    arguments = {"dataset": reviews_dataset(workspace, 1000).id, "config": config_of(server, 2)}
    running = launch(workspace, "extract", arguments)
    until(workspace, running, lambda _: n_asked(server) > 3)
    pause(workspace, running)
    assert is_paused(workspace, running)
    assert until(workspace, running, lambda one: one.measures.get("paused") is True).live
    asked = n_asked(server)
    time.sleep(1.0)
    assert n_asked(server) <= asked + 2  # those in flight

    resume(workspace, running)
    assert not is_paused(workspace, running)
    until(workspace, running, lambda _: n_asked(server) > asked + 10)
    began = time.monotonic()
    stop(workspace, running)
    found = until(workspace, running, lambda one: not one.live)
    assert found.status == "stopped"
    assert time.monotonic() - began < 4.0
    assert found.measures["answered"] > 10
    with pytest.raises(InputError, match="not running: it is stopped"):
        pause(workspace, running)


def test_only_a_batch_can_be_paused(workspace: Workspace):
    dataset = reviews_dataset(workspace, 40).id
    store = JobStore(workspace)
    identifier, _ = store.create("extract", {"dataset": dataset, "config": {"backend": "zero-shot"}})
    with pytest.raises(InputError, match="Only an extraction by a language model can be paused"):
        pause(workspace, identifier)
