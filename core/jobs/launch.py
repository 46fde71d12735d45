"""Launching, listing, pausing and stopping jobs: what a page or the command line does with them.

A job is a detached process of its own session: it survives a closed tab, a restarted server and a closed terminal.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from core.errors import InputError, StudioError
from core.jobs.kinds import checked_arguments, has_batch
from core.jobs.store import Job, JobStore
from core.storage import disk_errors
from core.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 60.0
"""A job still without a process after this long was never started."""
STOP_GRACE_S = 20.0
"""How long work may take to end by itself when asked to stop."""
_CLOCK_TOLERANCE_S = 2.0
_children: dict[int, subprocess.Popen[bytes]] = {}


def launch(workspace: Workspace, kind: str, arguments: dict[str, Any]) -> str:
    """Start a detached process for a job; the job's id. The same job, still live, is not started twice.

    Raises:
        InputError: no such kind, or wrong arguments; nothing was started.
        StorageError: the disk refused.
    """
    plain = checked_arguments(kind, arguments)
    jobs(workspace)  # settles those whose process is gone, so that they do not stand for a live one
    store = JobStore(workspace)
    identifier, new = store.create(kind, plain)
    if not new:
        return identifier
    try:
        process = start_worker(workspace, identifier)
    except (StudioError, OSError) as error:
        store.end(identifier, "failed", f"The process could not be started: {error}")
        raise
    _children[process.pid] = process
    if (started := process_started(process.pid)) is not None:
        store.set_process(identifier, process.pid, started)
    return identifier


def start_worker(workspace: Workspace, identifier: str) -> subprocess.Popen[bytes]:
    """Start the process of a queued job, with its output in the job's log."""
    log = log_path(workspace, identifier)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    with disk_errors(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "core.jobs.worker", str(workspace.root), identifier],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=ROOT,
                env=environment,
            )


def jobs(workspace: Workspace) -> list[Job]:
    """All jobs, newest first. A job whose process is gone is marked as lost; one that will not stop is ended."""
    if not workspace.database.exists():
        return []
    _reap()
    store = JobStore(workspace)
    found = store.list()
    changed = [_settle(store, job) for job in found if job.live]
    return list(store.list() if any(changed) else found)


def job(workspace: Workspace, identifier: str) -> Job:
    """The job of this id, its process checked.

    Raises:
        NotFoundError: there is none.
    """
    _reap()
    store = JobStore(workspace)
    found = store.get(identifier)
    return store.get(identifier) if found.live and _settle(store, found) else found


def stop(workspace: Workspace, identifier: str, *, wait_s: float = 0.0) -> Job:
    """Ask a job to stop; what it has finished is kept. A job that does not listen is ended after a while.

    Args:
        wait_s: how long to wait for it to end before returning.

    Raises:
        NotFoundError: there is no such job. InputError: it has ended already.
    """
    found = job(workspace, identifier)
    if not found.live:
        raise InputError(f"This job is not running: it is {found.status}", where=identifier)
    JobStore(workspace).request_stop(identifier)
    deadline = time.monotonic() + wait_s
    while (found := job(workspace, identifier)).live and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def pause(workspace: Workspace, identifier: str) -> Job:
    """Let a batch of a language model ask nothing new until `resume`; requests in flight end. The process stays and costs nothing.

    Raises:
        NotFoundError: there is no such job. InputError: it has ended already, or has no batch to hold.
    """
    return _hold(workspace, identifier, True)


def resume(workspace: Workspace, identifier: str) -> Job:
    """Let a paused batch go on; one that is not paused is left as it is.

    Raises:
        NotFoundError: there is no such job. InputError: as `pause`.
    """
    return _hold(workspace, identifier, False)


def is_paused(workspace: Workspace, identifier: str) -> bool:
    """Whether a live job was asked to hold its batch."""
    return job(workspace, identifier).live and JobStore(workspace).paused(identifier)


def _hold(workspace: Workspace, identifier: str, paused: bool) -> Job:
    found = job(workspace, identifier)
    if not found.live:
        hint = "Start it again: what was answered is kept" if has_batch(found.kind, found.arguments) else None
        raise InputError(f"This job is not running: it is {found.status}", where=identifier, hint=hint)
    if not has_batch(found.kind, found.arguments):
        hint = "`lmmrec stop` ends it; what it has finished is kept"
        raise InputError("Only an extraction by a language model can be paused", where=identifier, hint=hint)
    JobStore(workspace).set_paused(identifier, paused)
    return found


def log_path(workspace: Workspace, identifier: str) -> Path:
    """Where the output of a job's process is."""
    return workspace.root / "jobs" / f"{identifier}.log"


def log_tail(workspace: Workspace, identifier: str, lines: int = 40) -> str:
    """The last lines of a job's log; "" where it has none yet."""
    path = log_path(workspace, identifier)
    if not path.exists():
        return ""
    with path.open("rb") as handle:
        handle.seek(0, os.SEEK_END)
        handle.seek(max(0, handle.tell() - 400 * lines))
        text = handle.read().decode("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def process_started(pid: int) -> float | None:
    """When the process began (seconds since 1970); None where there is none, or only its remains."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.NoSuchProcess:
        return None


def _alive(found: Job) -> bool:
    if found.pid is None or found.pid_started is None:
        return _since(found.created_at) < timedelta(seconds=START_LIMIT_S)
    started = process_started(found.pid)
    return started is not None and abs(started - found.pid_started) < _CLOCK_TOLERANCE_S


def _settle(store: JobStore, found: Job) -> bool:
    """Bring the state of a live job in line with its process; whether it changed."""
    if not _alive(found):
        # It may have ended between the two looks: `end` then changes nothing.
        if found.stop_requested_at is not None:
            return store.end(found.id, "stopped", "Stopped on request; what was finished is kept")
        message = "The process is gone without a word (killed, out of memory, or the machine restarted); its log may say more"
        return store.end(found.id, "lost", message)
    overdue = found.stop_requested_at is not None and _since(found.stop_requested_at) > timedelta(seconds=STOP_GRACE_S + 10)
    if overdue and found.pid is not None:
        _kill(found.pid)
        return store.end(found.id, "stopped", "Ended by force: it did not stop when asked; what was finished is kept")
    return False


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)  # a worker leads its own session, so its group is its children and itself
    except ProcessLookupError:
        return


def _since(moment: str) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(moment)


def _reap() -> None:
    for pid, process in list(_children.items()):
        if process.poll() is not None:
            del _children[pid]
