"""The Yelp academic dataset: review.json and business.json, one object a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from core.data.lines import BATCH, Reading, Record, parse_json
from core.data.readers.fields import Wanted, review_chunks, texts_of

REVIEW_FIELDS = {
    "user": ("user_id",),
    "item": ("business_id",),
    "rating": ("stars",),
    "timestamp": ("date",),
    "text": ("text",),
}


def read_reviews(path: Path, reading: Reading, size: int = BATCH) -> Iterator[pd.DataFrame]:
    """Reviews; each has user_id, business_id, stars, date and text."""
    return review_chunks(path, REVIEW_FIELDS, parse_json, reading, size)


def read_items(path: Path, reading: Reading, wanted: Wanted = None) -> pd.DataFrame:
    """Businesses: the name is the title, the town the description."""
    texts = {"title": _name, "description": _town, "category": _categories}
    return texts_of(path, "item_id", ("business_id",), texts, parse_json, reading, wanted)


def _name(record: Record) -> object:
    return record.get("name")


def _town(record: Record) -> object:
    return ", ".join(str(record[part]) for part in ("city", "state") if record.get(part))


def _categories(record: Record) -> object:
    return record.get("categories")
