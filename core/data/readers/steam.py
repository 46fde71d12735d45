"""Steam reviews and games (McAuley): Python literals or JSON, one a line, in two layouts.

* ``australian_user_reviews``: a user a line with nested reviews (``recommend`` True or False); its companion
  ``australian_users_items`` has the games a user owns, which are interactions without text.
* ``steam_reviews`` / ``steam_games``: a review and a game a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from core.data.columns import review_frame
from core.data.lines import BATCH, Reading, Record, parse_json_or_literal, record_batches
from core.data.readers.fields import Wanted, chosen_fields, keys_of, texts_of

FLAT_FIELDS = {
    "user": ("username", "user_id"),
    "item": ("product_id", "app_id", "item_id"),
    "rating": ("recommend", "recommended"),
    "timestamp": ("date", "posted"),
    "text": ("text", "review"),
}
NESTED_FIELDS = {"user": ("user_id",), "item": ("item_id",), "rating": ("recommend",), "timestamp": ("posted",), "text": ("review",)}
_POSTED = re.compile(r"^\s*Posted\s+|\.\s*$")


def read_reviews(path: Path, reading: Reading, size: int = BATCH) -> Iterator[pd.DataFrame]:
    """Reviews of either layout. A recommendation counts as 5, its opposite as 1; a date without a year is no date."""
    fields: dict[str, str] = {}
    for lines, read in record_batches(path, parse_json_or_literal, reading, size):
        numbers, records, nested = _unnested(lines, read)
        alternatives = NESTED_FIELDS if nested else FLAT_FIELDS
        if records or not nested:
            fields = fields or chosen_fields(alternatives, keys_of(records), path.name)
            columns: dict[str, list[Any]] = {ours: [record.get(raw) for record in records] for ours, raw in fields.items()}
            if "timestamp" in columns:
                columns["timestamp"] = [_POSTED.sub("", when) if isinstance(when, str) else when for when in columns["timestamp"]]
            yield review_frame(numbers, columns, reading.report, path.name)


def read_items(path: Path, reading: Reading, wanted: Wanted = None) -> pd.DataFrame:
    """Games: the name is the title, the tags the description, the genres the category."""
    texts = {"title": _name, "description": _tags, "category": _genres}
    return texts_of(path, "item_id", ("id", "app_id", "item_id", "product_id"), texts, parse_json_or_literal, reading, wanted)


def _unnested(lines: list[int], records: list[Record]) -> tuple[list[int], list[Record], bool]:
    """One record a review (or an owned game); whether the layout was the nested one."""
    numbers: list[int] = []
    flat: list[Record] = []
    nested = False
    for line, record in zip(lines, records, strict=True):
        inner = record.get("reviews", record.get("items"))
        if not isinstance(inner, list):
            numbers.append(line)
            flat.append(record)
            continue
        nested = True
        parts = [part for part in inner if isinstance(part, dict)]
        numbers += [line] * len(parts)
        flat += [{**part, "user_id": record.get("user_id")} for part in parts]
    return numbers, flat, nested


def _name(record: Record) -> object:
    return record.get("title") or record.get("app_name") or record.get("name") or record.get("item_name")


def _tags(record: Record) -> object:
    tags = record.get("tags")
    return ", ".join(map(str, tags)) if isinstance(tags, list) else tags


def _genres(record: Record) -> object:
    return record.get("genres")
