"""Raw values -> the columns of our frames: ids, ratings, times and clean texts, whatever form a file gives them in."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd

from core.data.dataset import SPLITS
from core.data.frames import RAW_COLUMNS
from core.data.report import ImportReport
from core.errors import InputError

Columns = Mapping[str, Sequence[Any]]

_TAG = re.compile(r"</?(?:br|p|b|i|u|a|em|strong|div|span|ul|ol|li|h[1-6]|font|img|table|tr|td|hr)\b[^<>]*/?>", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\[\[(?:VIDEOID|ASIN):[^\]]*\]\]")
_DATE_FORMATS = ("ISO8601", "%m %d, %Y", "%B %d, %Y", "%b %d, %Y", "%m/%d/%Y", "%d.%m.%Y")
_SPLIT_NAMES = {
    **dict.fromkeys(("train", "trn", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev", "vali"), "validation"),
    **dict.fromkeys(("test", "tst", "testing"), "test"),
}
# Numbers above these are not seconds any more: 1e11 s is the year 5138, 1e11 ms is 1973.
_MILLISECONDS, _MICROSECONDS, _NANOSECONDS = 1e11, 1e14, 1e17
_LARGEST_RATING = 1e6
_LATEST = 253_402_300_799  # the last second of the year 9999


def identifier(value: Any) -> str:
    """An id as text; "" where there is none. 12.0 is the id 12."""
    if isinstance(value, str):
        return storable(value.strip())
    if value is None or isinstance(value, (bool, list, tuple, dict)) or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, (float, np.floating)):
        return "" if not math.isfinite(value) else str(int(value)) if float(value).is_integer() else repr(float(value))
    return str(value)


def number(value: Any) -> float:
    """A rating as a number, True as 5 and False as 1; NaN where it is none."""
    if isinstance(value, (bool, np.bool_)):
        return 5.0 if value else 1.0
    try:
        plain = float(value)
    except (TypeError, ValueError, OverflowError):
        words = {"true": 5.0, "false": 1.0}
        return words.get(value.strip().lower(), math.nan) if isinstance(value, str) else math.nan
    return plain if abs(plain) <= _LARGEST_RATING else math.nan


def storable(text: str) -> str:
    """``text`` without halves of surrogate pairs, which no UTF-8 file can hold."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def clean_text(value: Any) -> str:
    """Readable text: lists joined, HTML entities and tags resolved, white space folded to blanks and single line ends."""
    text = flat_text(value, " ")
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "[[" in text:
        text = _PLACEHOLDER.sub(" ", text)
    if "\n" not in text:
        return storable(" ".join(text.split()))
    return storable("\n".join(folded for line in text.splitlines() if (folded := " ".join(line.split()))))


def flat_text(value: Any, separator: str) -> str:
    """A text, or the distinct texts of a (nested) list joined by ``separator``; "" for nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple, np.ndarray)):
        parts = (flat_text(part, separator).strip() for part in value)
        return separator.join(dict.fromkeys(part for part in parts if part))
    if value is None or isinstance(value, dict) or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(value)


def seconds(values: Sequence[Any]) -> np.ndarray:
    """Times as int64 seconds since 1970, -1 where there is none.

    Numbers are taken as seconds, milli-, micro- or nanoseconds by their size, texts as numbers or dates (ISO 8601 and a
    few common forms), naive dates as UTC.
    """
    numbers = np.fromiter((_plain_seconds(value) for value in values), dtype=np.float64, count=len(values))
    for limit, unit in ((_NANOSECONDS, 1e9), (_MICROSECONDS, 1e6), (_MILLISECONDS, 1e3)):
        numbers = np.where(numbers > limit, numbers / unit, numbers)
    dates = [
        position for position, value in enumerate(values) if isinstance(value, str) and math.isnan(numbers[position]) and value.strip()
    ]
    if dates:
        numbers[dates] = _dated([values[position] for position in dates])
    usable = np.isfinite(numbers) & (numbers >= 0) & (numbers <= _LATEST)
    return np.where(usable, numbers, -1.0).astype(np.int64)


def _plain_seconds(value: Any) -> float:
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return math.nan if value is pd.NaT else moment.timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    if value is None or isinstance(value, (bool, list, dict)) or value is pd.NA:
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _dated(texts: list[str]) -> np.ndarray:
    found = np.full(len(texts), np.nan)
    for form in _DATE_FORMATS:
        left = np.flatnonzero(np.isnan(found))
        if not len(left):
            break
        moments = pd.to_datetime(
            pd.Series([storable(texts[position]) for position in left], dtype="str"), format=form, errors="coerce", utc=True
        )
        since = (moments - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
        found[left] = since.to_numpy(dtype=np.float64)
    return found


def review_frame(lines: Sequence[int], columns: Columns, report: ImportReport, where: str = "split") -> pd.DataFrame:
    """Raw columns (user and item, optionally rating, timestamp, summary, text, split) as a frame of reviews.

    Rows without a user or an item are dropped and counted.

    Returns:
        Columns `RAW_COLUMNS`, and ``split`` where the raw columns have it.

    Raises:
        InputError: a value of the split column names no split.
    """
    n = len(lines)
    nothing: list[None] = [None] * n
    series: dict[str, Any] = {
        "line": np.asarray(lines, dtype=np.int64),
        "user_id": pd.Series([identifier(value) for value in columns["user"]], dtype="str"),
        "item_id": pd.Series([identifier(value) for value in columns["item"]], dtype="str"),
        "rating": np.fromiter((number(value) for value in columns.get("rating", nothing)), dtype=np.float32, count=n),
        "timestamp": seconds(columns["timestamp"]) if "timestamp" in columns else np.full(n, -1, dtype=np.int64),
        "summary": pd.Series([clean_text(value) for value in columns.get("summary", nothing)], dtype="str"),
        "text": pd.Series([clean_text(value) for value in columns.get("text", nothing)], dtype="str"),
    }
    if "split" in columns:
        series["split"] = pd.Series(_splits(columns["split"], lines, where), dtype="str")
    frame = pd.DataFrame(series)
    for column, reason in (("user_id", "no user"), ("item_id", "no item")):
        missing = frame[column] == ""
        if missing.any():
            report.drop(reason, int(missing.sum()), frame["line"][missing])
            frame = frame[~missing]
    assert_columns = [*RAW_COLUMNS, *(["split"] if "split" in columns else [])]
    return frame[assert_columns].reset_index(drop=True)


def _splits(values: Iterable[Any], lines: Sequence[int], where: str) -> list[str]:
    named = []
    for line, value in zip(lines, values, strict=True):
        name = _SPLIT_NAMES.get(str(value).strip().lower())
        if name is None:
            raise InputError(f"'{value}' is no split", where=f"{where}, line {line}", hint=f"Use {', '.join(SPLITS)}")
        named.append(name)
    return named


def text_frame(key: str, identifiers: Iterable[Any], texts: Mapping[str, Iterable[Any]]) -> pd.DataFrame:
    """Texts of items or users by id: ``key`` ("item_id" or "user_id") and one str column a key of ``texts``.

    Rows without an id are left out, of several rows of an id the first stays.
    """
    columns = {key: pd.Series([identifier(value) for value in identifiers], dtype="str")}
    for name, values in texts.items():
        separator = ", " if name == "category" else " "
        columns[name] = pd.Series([clean_text(flat_text(value, separator)) for value in values], dtype="str")
    frame = pd.DataFrame(columns)
    return frame[frame[key] != ""].drop_duplicates(key, ignore_index=True)
