"""The workspace's SQLite file: live state that several processes read and write at once.

WAL mode lets pages read while a worker writes. The change to WAL fails at once, without waiting, where two processes meet in it, so a
table is set up by one process at a time.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from core.errors import StorageError
from core.storage import disk_errors
from core.workspace import Workspace


@contextmanager
def alone(workspace: Workspace) -> Iterator[None]:
    """Hold the lock under which the database is set up."""
    path = workspace.root / "locks" / "studio.lock"
    with disk_errors(path):
        path.parent.mkdir(exist_ok=True)
        handle = path.open("ab")
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Database:
    """Connections to the workspace's database with some tables in it.

    Args:
        schema: the statements that make the tables where they are missing.
        of: what the tables hold, for messages ("job", "prompt").
        synchronous: FULL for what people wrote and nothing can compute again; NORMAL may lose the last moments when the whole
            machine stops, never when a process does.

    Raises:
        StorageError: the file cannot be read or written (any method).
    """

    def __init__(self, workspace: Workspace, schema: str, *, of: str, synchronous: Literal["NORMAL", "FULL"] = "NORMAL") -> None:
        self.path = workspace.database
        self._of = of
        self._synchronous = synchronous
        with alone(workspace), self.connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(schema)

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection whose statements are committed one by one."""
        try:
            connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            try:
                connection.row_factory = sqlite3.Row
                connection.execute(f"PRAGMA synchronous = {self._synchronous}")
                yield connection
            finally:
                connection.close()
        except sqlite3.DatabaseError as error:
            hint = "Free some space, or check who else holds the file"
            raise StorageError(f"The {self._of} database refused: {error}", where=str(self.path), hint=hint) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one transaction that nobody else writes during: all of it happens, or nothing."""
        with self.connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
