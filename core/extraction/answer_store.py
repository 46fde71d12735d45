"""Answers of a language model on disk: what was asked once is known for good, whatever happens to the process that asked.

One SQLite table in the workspace's database (WAL). An answer is committed when `AnswerStore.put` returns, so a process killed
after that has lost nothing; a crash of the whole machine may cost the last moments (``synchronous = NORMAL``) but never the
table. The first valid answer to a question stands: later ones change nothing.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from core.database import alone
from core.errors import StorageError
from core.extraction.ollama.extractor import Answer
from core.storage import content_hash
from core.workspace import Workspace, now

State = Literal["answered", "failed"]

_CHUNK = 500  # keys looked up by one statement
_WAIT_S = 60.0  # for another process's write to finish
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,
    scope TEXT NOT NULL,
    state TEXT NOT NULL,
    digest TEXT NOT NULL,
    answer TEXT NOT NULL,
    answered_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_by_scope ON answers (scope, state);
"""


@dataclass(frozen=True)
class StoredAnswer:
    """An answer as it was kept; ``answered_at`` is ISO 8601, UTC."""

    key: str
    answer: Answer
    answered_at: str


def scope_of(prompt_hash: str, model: str, digest: str, options: Any, taxonomy_hash: str) -> str:
    """Hash of everything but the text that decides an answer: prompt, model with its weights' digest, settings, taxonomy."""
    return content_hash(prompt_hash, model, digest, options, taxonomy_hash, length=24)


def key_of(scope: str, material: Mapping[str, Any]) -> str:
    """Key of one question: its scope and what the prompt shows of the material (a review's text, and its rating where used)."""
    return content_hash(scope, dict(material), length=32)


class AnswerStore:
    """The answers of one workspace; usable from several threads at once.

    Raises:
        StorageError: the database cannot be read or written (any method).
    """

    def __init__(self, workspace: Workspace) -> None:
        self._path = workspace.database
        self._lock = threading.Lock()
        with self._refusals(), alone(workspace):
            self._connection = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the database; every answer put before is in it."""
        with self._lock:
            self._connection.close()

    def put(self, key: str, scope: str, answer: Answer) -> bool:
        """Write an answer down, committed when this returns; False where a valid one was there already and stays."""
        state: State = "failed" if answer.result is None else "answered"
        row = (key, scope, state, _digest(answer), answer.model_dump_json(), now())
        with self._locked() as connection:
            cursor = connection.execute(
                "INSERT INTO answers (key, scope, state, digest, answer, answered_at) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET state = excluded.state, digest = excluded.digest, answer = excluded.answer,"
                " answered_at = excluded.answered_at WHERE answers.state = 'failed'",
                row,
            )
            return cursor.rowcount == 1

    def state(self, key: str) -> State | None:
        """Whether a question was answered or failed; None where it was not asked yet."""
        with self._locked() as connection:
            row = connection.execute("SELECT state FROM answers WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def get_many(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers there are, failed ones too, by key."""
        return {key: Answer.model_validate_json(text) for key, text in self._column("answer", keys).items()}

    def digests(self, keys: Sequence[str]) -> dict[str, str]:
        """Hash of what each question ended in, by key: equal where the answers say the same, however long they took."""
        return self._column("digest", keys)

    def states(self, keys: Sequence[str]) -> dict[str, State]:
        """State of the questions asked already, by key."""
        return {key: "failed" if state == "failed" else "answered" for key, state in self._column("state", keys).items()}

    def counts(self, scope: str | None = None) -> dict[State, int]:
        """How many questions were answered and how many failed, of one scope or of all."""
        with self._locked() as connection:
            rows = connection.execute(
                "SELECT state, COUNT(*) FROM answers WHERE ? IS NULL OR scope = ? GROUP BY state", (scope, scope)
            ).fetchall()
        found = {str(state): int(count) for state, count in rows}
        return {"answered": found.get("answered", 0), "failed": found.get("failed", 0)}

    def failed(self, scope: str | None = None, limit: int = 1000) -> list[StoredAnswer]:
        """Failed answers with reason and raw text, newest first."""
        with self._locked() as connection:
            rows = connection.execute(
                "SELECT key, answer, answered_at FROM answers WHERE state = 'failed' AND (? IS NULL OR scope = ?)"
                " ORDER BY answered_at DESC LIMIT ?",
                (scope, scope, limit),
            ).fetchall()
        return [StoredAnswer(key, Answer.model_validate_json(text), moment) for key, text, moment in rows]

    def forget_failed(self, scope: str | None = None) -> int:
        """Forget failed answers, so that the next batch asks again; how many there were."""
        with self._locked() as connection:
            return connection.execute("DELETE FROM answers WHERE state = 'failed' AND (? IS NULL OR scope = ?)", (scope, scope)).rowcount

    def _column(self, column: Literal["answer", "digest", "state"], keys: Sequence[str]) -> dict[str, str]:
        statement = {
            "answer": "SELECT key, answer FROM answers WHERE key IN (SELECT value FROM json_each(?))",
            "digest": "SELECT key, digest FROM answers WHERE key IN (SELECT value FROM json_each(?))",
            "state": "SELECT key, state FROM answers WHERE key IN (SELECT value FROM json_each(?))",
        }[column]
        found: dict[str, str] = {}
        for begin in range(0, len(keys), _CHUNK):
            chunk = "[" + ",".join(f'"{key}"' for key in keys[begin : begin + _CHUNK]) + "]"  # keys are hexadecimal
            with self._locked() as connection:
                found.update(connection.execute(statement, (chunk,)).fetchall())
        return found

    @contextmanager
    def _locked(self) -> Iterator[sqlite3.Connection]:
        with self._refusals(), self._lock:
            yield self._connection

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            hint = "Free some space, or check who else holds the file; answers kept before are untouched"
            raise StorageError(f"The answers cannot be kept: {error}", where=str(self._path), hint=hint) from error


def _digest(answer: Answer) -> str:
    """Hash of what an answer says: its result, where its quotes stand, or the kind of its failure."""
    plain = answer.model_dump_json(include={"result", "groundings", "truncated"})
    failure = answer.failure.kind if answer.failure else ""
    return hashlib.blake2b(f"{failure}\n{plain}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
