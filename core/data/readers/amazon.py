"""Amazon reviews (McAuley): the layouts of 2014 and 2018 and that of 2023, and the metadata of all three."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from core.data.lines import BATCH, Reading, Record, parse_json_or_literal
from core.data.readers.fields import Wanted, review_chunks, texts_of

REVIEW_FIELDS = {
    "user": ("reviewerID", "user_id"),
    "item": ("parent_asin", "asin"),
    "rating": ("overall", "rating"),
    "timestamp": ("unixReviewTime", "timestamp", "reviewTime"),
    "summary": ("summary", "title"),
    "text": ("reviewText", "text"),
}


def read_reviews(path: Path, reading: Reading, size: int = BATCH) -> Iterator[pd.DataFrame]:
    """Reviews, one JSON object a line. In the 2023 layout items are the parent products, as in its metadata."""
    return review_chunks(path, REVIEW_FIELDS, parse_json_or_literal, reading, size)


def read_items(path: Path, reading: Reading, wanted: Wanted = None) -> pd.DataFrame:
    """Item metadata, as JSON or as the Python literals of 2014."""
    texts = {"title": _title, "description": _description, "category": _category}
    return texts_of(path, "item_id", ("parent_asin", "asin"), texts, parse_json_or_literal, reading, wanted)


def _title(record: Record) -> object:
    return record.get("title")


def _description(record: Record) -> object:
    return record.get("description") or record.get("features") or record.get("feature")


def _category(record: Record) -> object:
    return record.get("categories") or record.get("category") or record.get("main_category") or record.get("main_cat")
