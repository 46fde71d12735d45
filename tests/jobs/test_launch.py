"""Jobs as real processes: they outlive who launched them, stop when asked, and their death is noticed.

The work is an import of a small table, the quickest of all kinds; where it has to take long, it is the whole demo, and
its process is frozen as soon as it runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.errors import InputError, NotFoundError
from core.jobs import launch as launching
from core.jobs.launch import job, jobs, launch, log_tail, process_started, stop
from core.jobs.store import Job, JobStore
from core.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _no_process_stays(workspace: Workspace) -> Iterator[None]:
    yield
    for one in JobStore(workspace).list():
        if one.live and one.pid is not None and process_started(one.pid) is not None:
            os.killpg(one.pid, signal.SIGKILL)


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    rows = [f"u{user},i{item},4,The sound is clear and rich.\n" for user in range(12) for item in range(8)]
    path = tmp_path / "reviews.csv"
    path.write_text("user,item,rating,text\n" + "".join(rows))
    return path


def import_of(path: Path, name: str = "shop") -> dict[str, Any]:
    return {"request": {"path": str(path), "format": "table", "name": name, "min_interactions": 1}}


def wait_for(workspace: Workspace, identifier: str, condition: Callable[[Job], bool], limit_s: float = 60.0) -> Job:
    deadline = time.monotonic() + limit_s
    while not condition(found := job(workspace, identifier)):
        assert time.monotonic() < deadline, f"{found}\n{log_tail(workspace, identifier)}"
        time.sleep(0.05)
    return found


def frozen(workspace: Workspace) -> Job:
    found = wait_for(workspace, launch(workspace, "demo", {"rebuild": True}), lambda one: one.status == "running")
    os.kill(found.pid or 0, signal.SIGSTOP)
    return found


def ended(found: Job) -> bool:
    return not found.live


def test_job_ends_in_its_artefact(workspace: Workspace, reviews: Path):
    found = wait_for(workspace, launch(workspace, "import", import_of(reviews)), ended)
    assert found.status == "finished", log_tail(workspace, found.id)
    assert found.result_kind == "dataset"
    assert workspace.get("dataset", found.result or "").manifest.name == "shop"
    assert found.result in log_tail(workspace, found.id)
    assert found.started_at is not None
    assert found.created_at <= found.started_at <= (found.finished_at or "")


def test_wrong_input_fails_with_its_line(workspace: Workspace, tmp_path: Path):
    empty = tmp_path / "empty.csv"
    empty.touch()
    found = wait_for(workspace, launch(workspace, "import", import_of(empty)), ended)
    assert found.status == "failed"
    assert "empty.csv" in found.message
    assert "\n" not in found.message
    assert workspace.list("dataset") == []


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("dance", {}, "No such kind of job"),
        ("train", {}, "missing"),
        ("train", {"dataset": "demo", "config": {"sede": 1}}, "sede"),
        ("train", {"dataset": "demo", "config": {"seed": -1}}, "seed"),
        ("import", {"request": {"path": "x.csv", "format": "excel", "name": "x"}}, "format"),
        ("demo", {"rebild": True}, "Did you mean rebuild"),
    ],
)
def test_wrong_arguments_start_nothing(workspace: Workspace, kind: str, arguments: dict[str, Any], words: str):
    with pytest.raises(InputError, match=words):
        launch(workspace, kind, arguments)
    assert jobs(workspace) == []


def test_relative_paths_mean_the_folder_of_who_asks(workspace: Workspace, reviews: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(reviews.parent)
    found = wait_for(workspace, launch(workspace, "import", import_of(Path(reviews.name))), ended)
    assert found.status == "finished", log_tail(workspace, found.id)


def test_same_live_job_is_started_once(workspace: Workspace):
    first = frozen(workspace).id
    assert launch(workspace, "demo", {"rebuild": True}) == first
    assert len(jobs(workspace)) == 1


def test_job_survives_who_launched_it(workspace: Workspace, reviews: Path):
    program = (
        "import sys\nfrom core.jobs.launch import launch\nfrom core.workspace import Workspace\n"
        f"print(launch(Workspace({str(workspace.root)!r}), 'import', {import_of(reviews)!r}))"
    )
    launcher = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    found = wait_for(workspace, launcher.stdout.strip(), ended)
    assert found.status == "finished", log_tail(workspace, found.id)


def test_killed_worker_is_noticed(workspace: Workspace):
    running = frozen(workspace)
    os.kill(running.pid or 0, signal.SIGKILL)
    found = wait_for(workspace, running.id, ended, limit_s=10)
    assert found.status == "lost"
    assert "log" in found.message
    assert workspace.list("dataset") == []


def test_pid_used_again_by_another_process_is_not_taken_for_the_worker(workspace: Workspace):
    store = JobStore(workspace)
    identifier, _ = store.create("demo", {})
    store.claim(identifier, os.getpid(), psutil.Process().create_time() - 3600)
    assert job(workspace, identifier).status == "lost"


def test_job_that_was_never_started_is_lost(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    identifier, _ = JobStore(workspace).create("demo", {})
    assert job(workspace, identifier).status == "queued"
    monkeypatch.setattr(launching, "START_LIMIT_S", 0.0)
    assert jobs(workspace)[0].status == "lost"


def test_work_that_does_not_listen_is_ended_by_force(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    running = frozen(workspace)
    stop(workspace, running.id)
    assert JobStore(workspace).stop_requested(running.id)
    monkeypatch.setattr(launching, "STOP_GRACE_S", -11.0)
    found = wait_for(workspace, running.id, ended)
    assert found.status == "stopped"
    assert "by force" in found.message
    deadline = time.monotonic() + 10
    while process_started(running.pid or 0) is not None:
        assert time.monotonic() < deadline, "the process still runs"
        time.sleep(0.05)


def test_stopping_twice_or_an_unknown_job_is_wrong_input(workspace: Workspace, reviews: Path):
    identifier = wait_for(workspace, launch(workspace, "import", import_of(reviews)), ended).id
    with pytest.raises(InputError, match="not running: it is finished"):
        stop(workspace, identifier)
    with pytest.raises(NotFoundError):
        stop(workspace, "import-0")


def test_workspace_without_jobs_has_none(workspace: Workspace):
    assert jobs(workspace) == []
    assert log_tail(workspace, "import-0") == ""
