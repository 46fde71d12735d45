"""Files of one record a line: opened gzip or not (by their first bytes, not their name), read with line numbers."""

from __future__ import annotations

import ast
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from core.data.report import ImportReport
from core.errors import InputError, StoppedError
from core.progress import Progress, ProgressEvent, never_stop, silent

GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
BATCH = 20_000
BROKEN = "broken line"
SKIP_HINT = "Mend the line, or leave such lines out with --skip-broken"
Record = dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """What every reader of an import shares.

    Args:
        report: where lines are counted. skip_broken: count a broken line and go on instead of stopping at it.
        counting: False for files of items and users, whose lines are not reviews.
    """

    report: ImportReport = field(default_factory=ImportReport)
    skip_broken: bool = False
    progress: Progress = silent
    stop: Callable[[], bool] = never_stop
    counting: bool = True

    def broken(self, path: Path, line: int, what: str) -> InputError:
        """Count a broken line and give its error back, or stop at it.

        Raises:
            InputError: broken lines are not to be skipped.
        """
        error = InputError(what, where=f"{path.name}:{line}", hint=SKIP_HINT)
        if not self.skip_broken:
            raise error
        self.report.drop(BROKEN if self.counting else f"{BROKEN} in {path.name}", 1, [line])
        return error

    def advance(self, path: Path, done: int, total: int, lines: int) -> None:
        """Report progress in bytes and count lines; stops here when asked to.

        Raises:
            StoppedError: a stop was requested.
        """
        if self.counting:
            self.report.lines_read += lines
        self.progress(ProgressEvent(f"Reading {path.name}", done, total))
        if self.stop():
            raise StoppedError("The import was stopped", where=path.name, hint="Nothing was written")


def existing_file(path: Path) -> Path:
    """``path`` itself if it is a file with something in it.

    Raises:
        InputError: it is missing, a folder, or empty.
    """
    if not path.exists():
        raise InputError("No such file", where=str(path), hint="Check the path")
    if not path.is_file():
        raise InputError("This is a folder, a file is needed", where=str(path), hint="Name the file in it")
    if path.stat().st_size == 0:
        raise InputError("The file is empty", where=str(path), hint="Check that it was downloaded completely")
    return path


def first_bytes(path: Path, count: int = 4096) -> bytes:
    """The first bytes of a file's content, after decompression."""
    with opened(path) as (content, _):
        return content.read(count)


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The file's content, decompressed where it is gzip, and the raw file beneath (its position is the progress).

    Raises:
        InputError: missing, empty, unreadable, a kind of archive that is not read, or a truncated or damaged gzip.
    """
    try:
        with existing_file(path).open("rb") as raw:
            magic = raw.read(4)
            raw.seek(0)
            if magic.startswith(b"PK\x03\x04") or magic == b"\x28\xb5\x2f\xfd":
                raise InputError("A zip or zstd archive", where=str(path), hint="Unpack it first; gzip is read as it is")
            if not magic.startswith(GZIP_MAGIC):
                yield raw, raw
                return
            with gzip.GzipFile(fileobj=raw) as unzipped:
                yield cast("IO[bytes]", io.BufferedReader(unzipped, 1 << 20)), raw
    except EOFError as error:
        raise InputError("The gzip file is truncated", where=str(path), hint="Download or copy it again") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError("The gzip file is damaged", where=str(path), hint="Download or copy it again") from error
    except PermissionError as error:
        raise InputError("No permission to read", where=str(path), hint="Change the file's permissions") from error


def parse_json(line: str) -> Record:
    """One JSON object.

    Raises:
        ValueError: it is not one.
    """
    record = json.loads(line)
    if not isinstance(record, dict):
        raise ValueError(f"a JSON object was expected, not {type(record).__name__}")
    return record


def parse_json_or_literal(line: str) -> Record:
    """One object as JSON, or as the Python literal older McAuley files hold; a literal is parsed, never evaluated.

    Raises:
        ValueError: it is neither.
    """
    try:
        return parse_json(line)
    except ValueError as error:
        try:
            record = ast.literal_eval(line.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise error from None
        if not isinstance(record, dict):
            raise ValueError(f"an object was expected, not {type(record).__name__}") from None
        return record


def record_batches(
    path: Path, parse: Callable[[str], Record], reading: Reading, size: int = BATCH
) -> Iterator[tuple[list[int], list[Record]]]:
    """The records of a file, ``size`` at a time, with their line numbers (1-based); blank lines are passed over.

    Raises:
        InputError: the file cannot be read, holds no record, or a line is broken and broken lines are not skipped.
        StoppedError: a stop was requested.
    """
    any_record = False
    broken: InputError | None = None
    size_bytes = existing_file(path).stat().st_size
    with opened(path) as (content, raw):
        numbers: list[int] = []
        records: list[Record] = []
        for number, line in enumerate(content, start=1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                if not text.strip():
                    continue
                records.append(parse(text))
                numbers.append(number)
            except RecursionError:
                broken = reading.broken(path, number, "Broken line: nested too deeply")
            except UnicodeDecodeError:
                broken = reading.broken(path, number, "Broken line: not UTF-8")
            except ValueError as error:
                broken = reading.broken(path, number, f"Broken line: {_reason(error, line)}")
            if len(records) == size:
                any_record = True
                reading.advance(path, raw.tell(), size_bytes, len(records))
                yield numbers, records
                numbers, records = [], []
        reading.advance(path, size_bytes, size_bytes, len(records))
    if records:
        yield numbers, records
    elif broken is not None and not any_record:
        raise InputError(f"No line could be read. {broken.what}", where=broken.where, hint="Check the file and the --format")
    elif not any_record:
        raise InputError("The file holds no record", where=str(path), hint="Check that it was downloaded completely")


def _reason(error: ValueError, line: bytes) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    if not line.lstrip().startswith((b"{", b"[")):
        return "not JSON; is this the right --format?"
    return f"not valid JSON, {error.msg[0].lower()}{error.msg[1:]} at column {error.colno}"
