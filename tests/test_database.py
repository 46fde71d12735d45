"""The workspace's database: whole transactions, plain errors, set up by one process at a time."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.database import Database
from core.errors import StorageError
from core.workspace import Workspace

SCHEMA = "CREATE TABLE IF NOT EXISTS notes (note TEXT PRIMARY KEY)"


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def notes(database: Database) -> list[str]:
    with database.connection() as connection:
        return [row["note"] for row in connection.execute("SELECT note FROM notes ORDER BY note")]


def test_a_transaction_happens_whole_or_not_at_all(space: Workspace) -> None:
    database = Database(space, SCHEMA, of="note")
    with database.writing() as connection:
        connection.execute("INSERT INTO notes VALUES ('kept')")

    def break_off() -> None:
        with database.writing() as connection:
            connection.execute("INSERT INTO notes VALUES ('lost')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert notes(database) == ["kept"]
    assert notes(Database(space, SCHEMA, of="note")) == ["kept"]


def test_writers_wait_for_each_other(space: Workspace) -> None:
    def write(number: int) -> None:
        with Database(space, SCHEMA, of="note").writing() as connection:
            count = connection.execute("SELECT COUNT(*) FROM notes").fetchone()[0]
            connection.execute("INSERT INTO notes VALUES (?)", (f"{count:03d}",))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert notes(Database(space, SCHEMA, of="note")) == [f"{number:03d}" for number in range(40)]


def test_a_file_that_is_no_database_is_told_in_one_line(space: Workspace) -> None:
    space.database.write_bytes(b"not a database, but long enough to be looked at " * 40)
    with pytest.raises(StorageError, match=r"note database refused.*studio\.sqlite"):
        Database(space, SCHEMA, of="note")


@pytest.mark.parametrize(("synchronous", "level"), [("NORMAL", 1), ("FULL", 2)])
def test_it_is_as_careful_as_asked_and_in_wal_mode(space: Workspace, synchronous: str, level: int) -> None:
    database = Database(space, SCHEMA, of="note", synchronous=synchronous)  # type: ignore[arg-type]
    with database.connection() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == level
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.row_factory is sqlite3.Row
