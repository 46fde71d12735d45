"""A look at a file before it is imported: its first rows, its columns, and which of ours they seem to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from core.data.columns import storable
from core.data.frames import empty_reviews
from core.data.importing import Format
from core.data.lines import PARQUET_MAGIC, Reading, existing_file, first_bytes, parse_json_or_literal, record_batches
from core.data.readers import amazon, rlmrec, steam, table, yelp
from core.data.readers.fields import keys_of
from core.errors import InputError

_SAMPLE = 200
_LOOKED_AT = 2**16
_LONGEST_LINE = 2**22


@dataclass(frozen=True)
class Preview:
    """The beginning of a file of reviews.

    Args:
        rows: the first rows under our names: user_id, item_id, rating, timestamp (UTC, NaT where none), summary, text,
            and split where there is one.
        mapping: ours -> theirs, as it was asked for or guessed; empty where the format fixes it.
        raw_columns: the columns the file has, in its order.
        raw_rows: the first rows as they are in the file, for choosing a mapping; empty for "rlmrec".
        skipped: rows among the first ones that an import would drop or that are broken.
    """

    rows: pd.DataFrame
    mapping: dict[str, str]
    raw_columns: list[str]
    raw_rows: pd.DataFrame
    skipped: int = 0


def preview(path: Path, format: Format, columns: Mapping[str, str] | None = None, n: int = 20) -> Preview:
    """The first ``n`` rows of a file as an import would read them.

    For "table", a mapping that misses a required column gives the raw columns with no rows, so that a page can ask for it.

    Raises:
        InputError: the file cannot be read as this format, or ``columns`` names a column that is not there.
    """
    path = path.expanduser()
    check_readable(path)
    reading = Reading(skip_broken=True)
    if format == "rlmrec":
        folder = rlmrec.read_folder(path, reading)
        return Preview(_shown(folder.reviews.head(n)), {}, list(rlmrec.MATRICES.values()), pd.DataFrame())
    raw = load_table(path, n) if format == "table" else _raw_records(path, n)
    if raw.empty:
        raise InputError("The table has no row", where=path.name, hint="Check that it was written completely")
    raw_columns = [str(column) for column in raw.columns]
    mapping: dict[str, str] = {}
    if format == "table":
        wanted = {ours: theirs for ours, theirs in (columns or {}).items() if "." not in ours}
        mapping = table.mapping_of(raw_columns, table.REVIEW_GUESSES, wanted, path.name, ())
        if not {"user", "item"} <= mapping.keys() or mapping["user"] == mapping["item"]:
            return Preview(_shown(empty_reviews()), mapping, raw_columns, raw)
        chunks: Iterator[pd.DataFrame] = table.read_reviews(path, reading, wanted, size=_SAMPLE)
    else:
        chunks = {"amazon": amazon, "yelp": yelp, "steam": steam}[format].read_reviews(path, reading, size=_SAMPLE)
    rows = next(chunks, empty_reviews()).head(n)
    return Preview(_shown(rows), mapping, raw_columns, raw, sum(entry.count for entry in reading.report.dropped.values()))


def load_table(path: Path, n: int | None = None) -> pd.DataFrame:
    """A CSV, Parquet or JSON-lines table with its own columns; the first ``n`` rows, or all.

    Raises:
        InputError: it is no table, damaged or empty.
    """
    batches = table.table_batches(path.expanduser(), Reading(skip_broken=n is not None), size=_SAMPLE if n is not None else 20_000)
    frames = [_plain_frame(raw) for _, raw in (islice(batches, 1) if n is not None else batches)]
    whole = pd.concat(frames, ignore_index=True)
    return whole if n is None else whole.head(n)


def check_readable(path: Path) -> None:
    """Look at the first bytes of a file for what no reader can take: the wrong kind of file altogether.

    Raises:
        InputError: a spreadsheet, a web page, a binary file, other letters than UTF-8, or one endless line; says which and what to do.
            A missing, empty or damaged file too.
    """
    if path.is_dir():
        return
    if existing_file(path).suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise InputError("A spreadsheet, not a plain table", where=path.name, hint="Save the sheet as CSV (UTF-8) and take that")
    start = first_bytes(path, _LONGEST_LINE)
    if start.startswith(PARQUET_MAGIC):
        return
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("The file is UTF-16", where=path.name, hint="Save it as UTF-8")
    if b"\0" in start[:_LOOKED_AT]:
        raise InputError("A binary file, not a table of reviews", where=path.name, hint="CSV, JSON lines and Parquet are read, gzip or not")
    if start.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        raise InputError("A web page, not a table of reviews", where=path.name, hint="Download the file itself, not the page about it")
    if len(start) == _LONGEST_LINE and b"\n" not in start and b"\r" not in start:
        raise InputError("The first line never ends", where=path.name, hint="A table has one row a line; write one JSON object a line")
    if not start.lstrip().startswith(b"{"):  # of JSON lines a broken one can be left out
        _check_letters(path, start)


def _check_letters(path: Path, start: bytes) -> None:
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(start) - 4 and len(start) == _LONGEST_LINE:
            return  # the look ends within a letter
        line = start.count(b"\n", 0, error.start) + 1
        raise InputError("The table is not UTF-8", where=f"{path.name}, line {line}", hint="Save it as UTF-8") from error


def unreadable(seen: Preview) -> list[str]:
    """Of the mapped columns those, as ours, of which no shown row has a value: ratings that are no numbers, times that are no times."""
    if seen.rows.empty:
        return []
    empty = {"rating": seen.rows["rating"].isna().all(), "timestamp": seen.rows["timestamp"].isna().all()}
    return [ours for ours, none in empty.items() if none and seen.mapping.get(ours)]


def check_mapping(columns: Mapping[str, str]) -> None:
    """Look at a mapping, ours -> theirs, as people may choose it.

    Raises:
        InputError: user or item is missing, or both are the same column.
    """
    missing = [ours for ours in ("user", "item") if not columns.get(ours)]
    if missing:
        raise InputError(f"No column for the {' and the '.join(missing)}", hint="Choose it above")
    if columns["user"] == columns["item"]:
        raise InputError("User and item are the same column", where=columns["user"], hint="Choose two columns")


def guess_format(path: Path) -> Format | None:
    """The format a file seems to have, None where nothing speaks for one.

    Raises:
        InputError: the file cannot be read.
    """
    path = path.expanduser()
    if path.is_dir():
        return "rlmrec" if all((path / name).exists() for name in rlmrec.MATRICES.values()) else None
    check_readable(path)
    start = first_bytes(path).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(PARQUET_MAGIC) or not start.startswith(b"{"):
        return "table"
    try:
        keys = set(_raw_records(path, 5).columns)
    except InputError:
        return None
    signs: tuple[tuple[Format, set[str]], ...] = (
        ("amazon", {"reviewerID", "asin"}),
        ("amazon", {"user_id", "parent_asin"}),
        ("yelp", {"user_id", "business_id", "stars"}),
        ("steam", {"user_id", "reviews"}),
        ("steam", {"username", "product_id"}),
    )
    return next((format for format, needed in signs if needed <= keys), "table")


def _raw_records(path: Path, n: int) -> pd.DataFrame:
    _, records = next(record_batches(path, parse_json_or_literal, Reading(skip_broken=True), _SAMPLE))
    order = dict.fromkeys(key for record in records for key in record if key in keys_of(records))
    return _plain_frame({key: [record.get(key) for record in records[:n]] for key in order})


def _plain_frame(raw: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    return pd.DataFrame({name: [_cell(value) for value in values] for name, values in raw.items()})


def _cell(value: Any) -> Any:
    """Nested values as short texts, so that a table can show them."""
    if isinstance(value, (list, dict, tuple)):
        return storable(str(value)[:200])
    return storable(value) if isinstance(value, str) else value


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    times = pd.to_datetime(rows["timestamp"].where(rows["timestamp"] >= 0), unit="s", utc=True)
    return rows.drop(columns="line").assign(timestamp=times).reset_index(drop=True)
