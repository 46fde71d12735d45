"""Any table as CSV, Parquet or JSON lines (gzip or not), with a mapping of its columns or a guess at it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import pandas as pd

from core.data.columns import review_frame, text_frame
from core.data.lines import BATCH, PARQUET_MAGIC, Reading, existing_file, first_bytes, opened, parse_json, record_batches
from core.data.readers.fields import Wanted
from core.errors import InputError

REVIEW_GUESSES = {
    "user": ("user", "user_id", "userid", "uid", "reviewerid", "reviewer_id", "customer_id", "customer", "username", "visitor_id"),
    "item": (
        "item",
        "item_id",
        "itemid",
        "iid",
        "parent_asin",
        "asin",
        "product_id",
        "productid",
        "product",
        "business_id",
        "gmap_id",
        "movie_id",
        "movieid",
        "book_id",
        "isbn",
        "game_id",
        "app_id",
        "restaurant_id",
        "listing_id",
        "recipe_id",
    ),
    "rating": ("rating", "stars", "star_rating", "overall", "score", "review_score", "recommend"),
    "timestamp": ("timestamp", "time", "unixreviewtime", "date", "review_date", "datetime", "created_at", "reviewtime", "review_time"),
    "summary": ("summary", "review_title", "headline", "review_headline", "review_summary"),
    "text": ("text", "review", "review_text", "reviewtext", "review_body", "body", "comment", "comments", "content"),
    "split": ("split", "subset", "fold"),
    "title": ("title", "item_title", "item_name", "product_title", "business_name"),
}
ITEM_GUESSES = {
    "item": (*REVIEW_GUESSES["item"], "id"),
    "title": ("title", "name", "item_title", "item_name", "product_title", "business_name"),
    "description": ("description", "about", "short_description", "details"),
    "category": ("category", "categories", "genre", "genres", "main_category", "type"),
    "profile_text": ("profile", "profile_text", "item_profile"),
}
USER_GUESSES = {
    "user": (*REVIEW_GUESSES["user"], "id"),
    "name": ("name", "user_name", "username", "display_name"),
    "profile_text": ("profile", "profile_text", "user_profile", "bio"),
}

RawBatch = tuple[list[int], dict[str, list[object]]]
Choice = Callable[[list[str]], Collection[str]]


def read_reviews(
    path: Path, reading: Reading, columns: Mapping[str, str] | None = None, titles: dict[str, str] | None = None, size: int = BATCH
) -> Iterator[pd.DataFrame]:
    """Frames of reviews of a table.

    Args:
        columns: ours (user, item, rating, timestamp, text, summary, split, title) -> the table's; what is not named is guessed.
        titles: filled with item id -> title where the table has a column of item titles.

    Raises:
        InputError: a column is missing, or the file cannot be read as a table.
    """
    fields: dict[str, str] = {}

    def choose(raw: list[str]) -> Collection[str]:
        fields.update(mapping_of(raw, REVIEW_GUESSES, columns or {}, path.name))
        return set(fields.values())

    for numbers, raw in table_batches(path, reading, size, choose):
        ours = {name: raw[theirs] for name, theirs in fields.items()}
        if titles is not None and "title" in ours:
            named = text_frame("item_id", ours["item"], {"title": ours["title"]})
            titles.update(
                (item, title) for item, title in zip(named["item_id"], named["title"], strict=True) if title and item not in titles
            )
        yield review_frame(numbers, ours, reading.report, path.name)


def read_items(path: Path, reading: Reading, wanted: Wanted = None, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Item texts of a table: titles, descriptions, categories and profiles; only of the items ``wanted``."""
    return _texts(path, reading, "item", ITEM_GUESSES, wanted, columns or {})


def read_users(path: Path, reading: Reading, wanted: Wanted = None, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    """User texts of a table: names and profiles; only of the users ``wanted``."""
    return _texts(path, reading, "user", USER_GUESSES, wanted, columns or {})


def _texts(
    path: Path, reading: Reading, side: str, guesses: Mapping[str, tuple[str, ...]], wanted: Wanted, columns: Mapping[str, str]
) -> pd.DataFrame:
    keep = None if wanted is None else set(wanted)
    fields: dict[str, str] = {}

    def choose(raw: list[str]) -> Collection[str]:
        fields.update(mapping_of(raw, guesses, columns, path.name, (side,)))
        return set(fields.values())

    frames = []
    for _, raw in table_batches(path, reading, BATCH, choose):
        texts = {name: raw[theirs] for name, theirs in fields.items() if name != side}
        frame = text_frame(f"{side}_id", raw[fields[side]], texts)
        frames.append(frame if keep is None else frame[frame[f"{side}_id"].isin(keep)])
    return pd.concat(frames, ignore_index=True).drop_duplicates(f"{side}_id", ignore_index=True)


def mapping_of(
    raw: list[str],
    guesses: Mapping[str, tuple[str, ...]],
    columns: Mapping[str, str],
    where: str,
    required: tuple[str, ...] = ("user", "item"),
) -> dict[str, str]:
    """Ours -> theirs: the mapping asked for, the rest guessed from common names; "" for theirs says there is none, and none is guessed.

    Raises:
        InputError: a column asked for is not there, is none of ours, or a required one can neither be found nor guessed.
    """
    there = f"The table has: {', '.join(raw[:20])}"
    for ours, theirs in columns.items():
        if ours not in guesses:
            raise InputError(f"'{ours}' is no column of ours", where="column mapping", hint=f"Use {', '.join(guesses)}")
        if theirs and theirs not in raw:
            raise InputError(f"No column '{theirs}' for the {ours}", where=where, hint=there)
    simple = {_simple(name): name for name in reversed(raw)}
    fields = {ours: theirs for ours, theirs in columns.items() if theirs}
    for ours, names in guesses.items():
        if ours in columns:
            continue
        free = (simple[name] for name in names if name in simple and simple[name] not in fields.values())
        guess = next(free, None)
        if guess is not None:
            fields[ours] = guess
    for ours in required:
        if ours not in fields:
            raise InputError(f"No column for the {ours}", where=where, hint=f"{there}; name it with --column {ours}=NAME")
    return fields


def _simple(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


def table_batches(path: Path, reading: Reading, size: int = BATCH, choose: Choice = set) -> Iterator[RawBatch]:
    """The raw columns of a table, ``size`` rows at a time, with row numbers as lines (a CSV's header is line 1).

    Args:
        choose: given the names of all columns, those wanted; the others are not read where the file allows it.

    Raises:
        InputError: it is no table, damaged, or has no row.
    """
    existing_file(path)
    start = first_bytes(path).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"["):
        raise InputError("A JSON array, not one object a line", where=str(path), hint="Write one JSON object a line (jq -c '.[]')")
    batches = _parquet if start.startswith(PARQUET_MAGIC) else _json_lines if start.startswith(b"{") else _csv
    any_row = False
    for batch in batches(path, reading, size, choose):
        any_row = any_row or bool(batch[0])
        yield batch
    if not any_row:
        raise InputError("The table has no row", where=str(path), hint="Check that it was written completely")


def _json_lines(path: Path, reading: Reading, size: int, choose: Choice) -> Iterator[RawBatch]:
    names: list[str] = []
    for numbers, records in record_batches(path, parse_json, reading, size):
        if not names:
            present = list(dict.fromkeys(key for record in records for key in record))
            wanted = choose(present)
            names = [name for name in present if name in wanted]
        yield numbers, {name: [record.get(name) for record in records] for name in names}


def _csv(path: Path, reading: Reading, size: int, choose: Choice) -> Iterator[RawBatch]:
    size_bytes = path.stat().st_size
    separator = _separator(first_bytes(path))
    with opened(path) as (content, raw), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", pd.errors.ParserWarning)
        try:
            chunks = pd.read_csv(
                content,
                sep=separator,
                dtype="str",
                keep_default_na=False,
                encoding="utf-8-sig",
                chunksize=size,
                on_bad_lines="warn" if reading.skip_broken else "error",
            )
            wanted: Collection[str] | None = None
            for chunk in chunks:
                wanted = choose([str(name) for name in chunk.columns]) if wanted is None else wanted
                reading.advance(path, raw.tell(), size_bytes, len(chunk))
                yield [int(row) + 2 for row in chunk.index], {str(name): chunk[name].tolist() for name in chunk if str(name) in wanted}
        except pd.errors.EmptyDataError as error:
            raise InputError("The file is empty", where=str(path), hint="Check that it was downloaded completely") from error
        except UnicodeDecodeError as error:
            raise InputError("The table is not UTF-8", where=str(path), hint="Save it as UTF-8") from error
        except pd.errors.ParserError as error:
            raise _broken_row(path, error) from error
        for warning in caught:
            for line in re.findall(r"line (\d+)", str(warning.message)):
                reading.broken(path, int(line), "Broken row")


def _separator(start: bytes) -> str:
    header = start.decode("utf-8", "replace").splitlines()[0] if start else ""
    return max(",\t;|", key=header.count)


def _broken_row(path: Path, error: Exception) -> InputError:
    text = str(error)
    line = re.search(r"(?:line|row) (\d+)", text)
    expected = re.search(r"Expected (\d+) fields in line \d+, saw (\d+)", text)
    what = f"Broken row: {expected[2]} fields instead of {expected[1]}" if expected else "Broken row: a quote is not closed"
    hint = (
        "Mend the row, or leave such rows out with --skip-broken"
        if expected
        else "Close the quote; a broken end may mean the file is cut off"
    )
    return InputError(what, where=f"{path.name}:{line[1]}" if line else str(path), hint=hint)


def _parquet(path: Path, reading: Reading, size: int, choose: Choice) -> Iterator[RawBatch]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as table:
            total = table.metadata.num_rows
            row = 0
            names = table.schema_arrow.names
            wanted = choose(names)
            for batch in table.iter_batches(batch_size=size, columns=[name for name in names if name in wanted]):
                numbers = list(range(row + 1, row + 1 + batch.num_rows))
                row += batch.num_rows
                reading.advance(path, row, total, batch.num_rows)
                yield numbers, {name: batch.column(name).to_pylist() for name in batch.schema.names}
    except pa.ArrowInvalid as error:
        raise InputError("The Parquet file is damaged", where=str(path), hint="Download or write it again") from error
