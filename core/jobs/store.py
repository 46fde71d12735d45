"""Jobs on disk: what was asked for, which process works on it, how far it is and how it ended.

One SQLite table in the workspace's database, in WAL mode: pages and the command line read while a worker writes. Every
change of state names the states it may come from, so two processes can never both end the same job.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

from core.database import Database
from core.errors import NotFoundError
from core.progress import ProgressEvent
from core.workspace import Workspace, now

Status = Literal["queued", "running", "finished", "failed", "stopped", "lost"]
LIVE: tuple[Status, ...] = ("queued", "running")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    arguments TEXT NOT NULL,
    status TEXT NOT NULL,
    pid INTEGER,
    pid_started REAL,
    stage TEXT NOT NULL DEFAULT '',
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    measures TEXT NOT NULL DEFAULT '{}',
    message TEXT NOT NULL DEFAULT '',
    result_kind TEXT,
    result TEXT,
    created_at TEXT NOT NULL,
    started_at TEXT,
    stage_started_at TEXT,
    updated_at TEXT NOT NULL,
    stop_requested_at TEXT,
    finished_at TEXT
)
"""
_BATCHES = """
CREATE TABLE IF NOT EXISTS batches (
    job TEXT PRIMARY KEY,
    paused INTEGER NOT NULL,
    changed_at TEXT NOT NULL
)
"""


@dataclass(frozen=True)
class Job:
    """One job as it stands.

    Args:
        kind: what is done, see `core.jobs.kinds`. arguments: what it is done with, plain data.
        pid, pid_started: the worker's process and when that began (seconds since 1970): pids are used again.
        stage, done, total, measures: the last report of progress; ``stage_started_at`` gives rates their beginning.
        message: one line on how it ended, for people.
        result_kind, result: kind and id of the artefact it made.
        *_at: ISO 8601, UTC.
    """

    id: str
    kind: str
    arguments: dict[str, Any]
    status: Status
    pid: int | None
    pid_started: float | None
    stage: str
    done: int
    total: int
    measures: dict[str, Any]
    message: str
    result_kind: str | None
    result: str | None
    created_at: str
    started_at: str | None
    stage_started_at: str | None
    updated_at: str
    stop_requested_at: str | None
    finished_at: str | None

    @property
    def live(self) -> bool:
        """Whether it is waiting or being worked on."""
        return self.status in LIVE


class JobStore:
    """The jobs of one workspace.

    Raises:
        StorageError: the database cannot be read or written (any method).
    """

    def __init__(self, workspace: Workspace) -> None:
        self._database = Database(workspace, f"{_SCHEMA};{_BATCHES}", of="job")

    def create(self, kind: str, arguments: dict[str, Any]) -> tuple[str, bool]:
        """Write down a new job, queued, unless the same one is live; its id, and whether it is new."""
        moment = now()
        identifier = f"{kind}-{uuid4().hex[:8]}"
        plain = json.dumps(arguments, sort_keys=True)
        with self._database.writing() as connection:
            row = connection.execute(
                "SELECT id FROM jobs WHERE kind = ? AND arguments = ? AND status IN ('queued', 'running') AND stop_requested_at IS NULL",
                (kind, plain),
            ).fetchone()
            if row is not None:
                return str(row["id"]), False
            connection.execute(
                "INSERT INTO jobs (id, kind, arguments, status, created_at, updated_at) VALUES (?, ?, ?, 'queued', ?, ?)",
                (identifier, kind, plain, moment, moment),
            )
        return identifier, True

    def get(self, identifier: str) -> Job:
        """The job of this id.

        Raises:
            NotFoundError: there is none.
        """
        with self._database.connection() as connection:
            row = connection.execute("SELECT * FROM jobs WHERE id = ?", (identifier,)).fetchone()
        if row is None:
            where = str(self._database.path.parent)
            raise NotFoundError(f"No job '{identifier}' in this workspace", where=where, hint="`lmmrec jobs` lists them")
        return _job(row)

    def list(self) -> tuple[Job, ...]:
        """All jobs, newest first."""
        with self._database.connection() as connection:
            rows = connection.execute("SELECT * FROM jobs ORDER BY created_at DESC, id").fetchall()
        return tuple(_job(row) for row in rows)

    def set_process(self, identifier: str, pid: int, pid_started: float) -> None:
        """Note the process that was started for a job, unless it has noted itself already."""
        with self._database.connection() as connection:
            connection.execute("UPDATE jobs SET pid = ?, pid_started = ? WHERE id = ? AND pid IS NULL", (pid, pid_started, identifier))

    def claim(self, identifier: str, pid: int, pid_started: float) -> bool:
        """Take a queued job for this process; False where it is no longer queued."""
        moment = now()
        with self._database.connection() as connection:
            cursor = connection.execute(
                "UPDATE jobs SET status = 'running', pid = ?, pid_started = ?, started_at = ?, updated_at = ?"
                " WHERE id = ? AND status = 'queued'",
                (pid, pid_started, moment, moment, identifier),
            )
            return cursor.rowcount == 1

    def report(self, identifier: str, event: ProgressEvent) -> None:
        """Write the latest progress of a running job."""
        moment = now()
        with self._database.connection() as connection:
            connection.execute(
                "UPDATE jobs SET stage_started_at = CASE WHEN stage = :stage AND stage_started_at IS NOT NULL"
                " THEN stage_started_at ELSE :moment END, stage = :stage, done = :done, total = :total, measures = :measures,"
                " updated_at = :moment WHERE id = :id AND status = 'running'",
                {
                    "stage": event.stage,
                    "done": event.done,
                    "total": event.total,
                    "measures": json.dumps(event.measures, default=str),
                    "moment": moment,
                    "id": identifier,
                },
            )

    def request_stop(self, identifier: str) -> None:
        """Ask a live job to stop; asking again changes nothing."""
        with self._database.connection() as connection:
            connection.execute(
                "UPDATE jobs SET stop_requested_at = ? WHERE id = ? AND stop_requested_at IS NULL AND status IN ('queued', 'running')",
                (now(), identifier),
            )

    def stop_requested(self, identifier: str) -> bool:
        """Whether someone asked this job to stop."""
        with self._database.connection() as connection:
            row = connection.execute("SELECT stop_requested_at FROM jobs WHERE id = ?", (identifier,)).fetchone()
        return row is not None and row[0] is not None

    def set_paused(self, identifier: str, paused: bool) -> None:
        """Ask a job to hold its batch, or to go on with it; asking again changes nothing."""
        with self._database.connection() as connection:
            connection.execute(
                "INSERT INTO batches (job, paused, changed_at) VALUES (?, ?, ?) ON CONFLICT (job) DO UPDATE"
                " SET paused = excluded.paused, changed_at = excluded.changed_at WHERE batches.paused <> excluded.paused",
                (identifier, int(paused), now()),
            )

    def paused(self, identifier: str) -> bool:
        """Whether someone asked this job to hold its batch."""
        with self._database.connection() as connection:
            row = connection.execute("SELECT paused FROM batches WHERE job = ?", (identifier,)).fetchone()
        return row is not None and bool(row[0])

    def end(self, identifier: str, status: Status, message: str, *, result_kind: str | None = None, result: str | None = None) -> bool:
        """End a live job; False where it had ended already (the first word stands)."""
        moment = now()
        with self._database.connection() as connection:
            cursor = connection.execute(
                "UPDATE jobs SET status = ?, message = ?, result_kind = ?, result = ?, finished_at = ?, updated_at = ?"
                " WHERE id = ? AND status IN ('queued', 'running')",
                (status, message, result_kind, result, moment, moment, identifier),
            )
            return cursor.rowcount == 1


def _job(row: sqlite3.Row) -> Job:
    columns = dict(row)
    return Job(**{**columns, "arguments": json.loads(columns["arguments"]), "measures": json.loads(columns["measures"])})
