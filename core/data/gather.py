"""Chunks of reviews -> one frame; beyond a size in memory they go through DuckDB on disk.

What is spilled is reduced in DuckDB to what a dataset keeps (each pair once, the k-core), so memory holds one chunk and
the kept rows, never the file. Both ways give the same rows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from core.data.filters import REPEATED, nothing_left, outside_core
from core.data.frames import RAW_COLUMNS, empty_reviews
from core.data.report import EXAMPLES, ImportReport
from core.errors import StorageError
from core.storage import disk_errors

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SPILL_BYTES = 1 << 30
MEMORY_LIMIT = "1GB"
_COUNT = {"reviews": "SELECT count(*) FROM reviews", "repeats": "SELECT count(*) FROM repeats", "pairs": "SELECT count(*) FROM pairs"}
_DELETE_FRINGE = (
    "DELETE FROM pairs WHERE user_id IN (SELECT user_id FROM pairs GROUP BY user_id HAVING count(*) < $k)",
    "DELETE FROM pairs WHERE item_id IN (SELECT item_id FROM pairs GROUP BY item_id HAVING count(*) < $k)",
)


def gather(
    chunks: Iterator[pd.DataFrame],
    report: ImportReport,
    core_size: Callable[[bool], int],
    scratch: Path,
    spill_bytes: int = SPILL_BYTES,
) -> pd.DataFrame:
    """All chunks as one frame of reviews.

    Args:
        chunks: frames with the columns `core.data.frames.RAW_COLUMNS`, all with a column split or none.
        core_size: k of the k-core, given whether there is a split.
        scratch: where the temporary database may lie. spill_bytes: memory the chunks may take before they are spilled.

    Raises:
        StorageError: the disk is full.
    """
    held: list[pd.DataFrame] = []
    held_bytes = 0
    for chunk in chunks:
        held.append(chunk)
        held_bytes += int(chunk.memory_usage(deep=True).sum())
        if held_bytes > spill_bytes:
            return _through_duckdb(held, chunks, report, core_size, scratch)
    return pd.concat(held, ignore_index=True) if held else empty_reviews()


def _through_duckdb(
    held: list[pd.DataFrame], chunks: Iterator[pd.DataFrame], report: ImportReport, core_size: Callable[[bool], int], scratch: Path
) -> pd.DataFrame:
    import duckdb

    with disk_errors(scratch):
        scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="import-", dir=scratch) as folder, disk_errors(scratch):
        settings: dict[str, str | bool | int | float | list[str]] = {"memory_limit": MEMORY_LIMIT, "temp_directory": folder}
        try:
            with duckdb.connect(str(Path(folder) / "reviews.duckdb"), config=settings) as database:
                _store(database, held, chunks)
                given = "split" in {row[0] for row in database.execute("DESCRIBE reviews").fetchall()}
                _drop_repeats(database, report, given)
                _drop_fringe(database, report, core_size(given))
                return _kept(database, given)
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            what = "The reviews could not be put aside on disk"
            raise StorageError(what, where=str(scratch), hint="Free some space or choose another workspace; nothing was changed") from error


def _store(database: DuckDBPyConnection, held: list[pd.DataFrame], chunks: Iterator[pd.DataFrame]) -> None:
    database.register("chunk", held[0])
    database.execute("CREATE TABLE reviews AS SELECT * FROM chunk LIMIT 0")
    while held:
        _append(database, held.pop(0))
    for chunk in chunks:
        _append(database, chunk)


def _append(database: DuckDBPyConnection, chunk: pd.DataFrame) -> None:
    database.register("chunk", chunk)
    database.execute("INSERT INTO reviews BY NAME SELECT * FROM chunk")
    database.unregister("chunk")


def _drop_repeats(database: DuckDBPyConnection, report: ImportReport, given: bool) -> None:
    """Keep one row of each pair, by the preference of `core.data.filters.repeated_pairs`."""
    database.execute("ALTER TABLE reviews ADD COLUMN rank TINYINT DEFAULT 0")
    if given:
        database.execute("UPDATE reviews SET rank = CASE split WHEN 'train' THEN 0 WHEN 'validation' THEN 1 ELSE 2 END")
    database.execute(
        """CREATE TABLE repeats AS SELECT reviews.rowid AS row, line FROM reviews
            JOIN (SELECT user_id, item_id FROM reviews GROUP BY ALL HAVING count(*) > 1) USING (user_id, item_id)
            QUALIFY row_number() OVER (PARTITION BY user_id, item_id ORDER BY rank, timestamp DESC, text DESC, summary DESC,
                CASE WHEN rating IS NULL OR isnan(rating) THEN -1 ELSE rating END DESC, line DESC) > 1"""
    )
    lines = database.execute("SELECT line FROM repeats ORDER BY 1 LIMIT ?", [EXAMPLES]).fetchall()
    report.drop(REPEATED, _size(database, "repeats"), [line for (line,) in lines])
    database.execute(
        "CREATE TABLE pairs AS SELECT rowid AS row, user_id, item_id FROM reviews WHERE rowid NOT IN (SELECT row FROM repeats)"
    )


def _drop_fringe(database: DuckDBPyConnection, report: ImportReport, k: int) -> None:
    before = left = _size(database, "pairs")
    while k > 1:
        for statement in _DELETE_FRINGE:
            database.execute(statement, {"k": k})
        still_left = _size(database, "pairs")
        if still_left == left:
            break
        left = still_left
    if before and not left:
        raise nothing_left(k, report)
    report.drop(outside_core(k), before - left)


def _kept(database: DuckDBPyConnection, given: bool) -> pd.DataFrame:
    columns = {**RAW_COLUMNS, **({"split": "str"} if given else {})}
    frame = database.execute("SELECT * FROM reviews WHERE rowid IN (SELECT row FROM pairs) ORDER BY line").df()
    return frame[list(columns)].astype(columns)


def _size(database: DuckDBPyConnection, table: str) -> int:
    row = database.execute(_COUNT[table]).fetchone()
    return int(row[0]) if row else 0
