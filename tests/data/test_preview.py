"""A look at a file before it is imported."""

from __future__ import annotations

import pandas as pd
import pytest

from core.data.preview import guess_format, load_table, preview
from core.errors import InputError


def test_table_preview_shows_our_columns_the_guess_and_the_raw_ones(write_lines, table_records):
    shown = preview(write_lines("t.jsonl", table_records), "table", n=4)
    assert shown.mapping == {"user": "user", "item": "item", "rating": "rating", "timestamp": "date", "text": "text"}
    assert shown.raw_columns == ["user", "item", "rating", "date", "text"]
    assert len(shown.rows) == len(shown.raw_rows) == 4
    assert shown.rows["timestamp"].iloc[0] == pd.Timestamp("2020-01-01", tz="UTC")


def test_preview_asks_for_what_it_cannot_guess(write_lines):
    path = write_lines("t.jsonl", [{"who": "u", "what": {"nested": 1}, "words": "\ud83d"}])
    shown = preview(path, "table")
    assert shown.rows.empty
    assert shown.raw_rows.values.tolist() == [["u", "{'nested': 1}", "\ufffd"]]
    assert preview(path, "table", {"user": "who", "item": "words"}).rows["user_id"].tolist() == ["u"]
    with pytest.raises(InputError, match="No column 'nope'"):
        preview(path, "table", {"user": "nope"})


def test_preview_of_reviews_counts_what_is_broken(write_lines, amazon_records):
    shown = preview(write_lines("r.json", ["{broken", *amazon_records]), "amazon", n=3)
    assert shown.rows["user_id"].tolist() == ["A0", "A0", "A0"]
    assert shown.skipped == 1
    assert "reviewerID" in shown.raw_columns


def test_formats_are_guessed(write_lines, amazon_records, table_records, tmp_path):
    assert guess_format(write_lines("a.json", amazon_records, zipped=True)) == "amazon"
    assert guess_format(write_lines("t.jsonl", table_records)) == "table"
    assert guess_format(write_lines("y.json", [{"user_id": "u", "business_id": "b", "stars": 1}])) == "yelp"
    assert guess_format(write_lines("s.json", [{"user_id": "u", "reviews": []}], literal=True)) == "steam"
    assert guess_format(write_lines("t.csv", ["user,item", "u,i"])) == "table"
    assert guess_format(write_lines("odd.json", ["{odd"])) is None
    assert guess_format(tmp_path) is None


def test_whole_table_is_loaded(write_lines, table_records):
    assert len(load_table(write_lines("t.jsonl", table_records))) == 36
