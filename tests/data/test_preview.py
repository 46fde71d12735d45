"""A look at a file before it is imported."""

from __future__ import annotations

import pandas as pd
import pytest

from core.data.preview import check_mapping, check_readable, guess_format, load_table, preview, unreadable
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


def test_a_guess_can_be_taken_out(write_lines, table_records):
    shown = preview(write_lines("t.jsonl", table_records), "table", {"rating": "", "text": ""}, n=3)
    assert shown.mapping == {"user": "user", "item": "item", "timestamp": "date"}
    assert shown.rows["rating"].isna().all()
    assert set(shown.rows["text"]) == {""}


def test_columns_that_hold_no_ratings_or_times_are_named(write_lines, table_records):
    path = write_lines("t.jsonl", table_records)
    assert unreadable(preview(path, "table")) == []
    assert unreadable(preview(path, "table", {"rating": "text", "timestamp": "text"})) == ["rating", "timestamp"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "No column for the user and the item"),
        ({"user": "a", "item": ""}, "No column for the item"),
        ({"user": "a", "item": "a"}, "same column"),
    ],
)
def test_a_mapping_without_user_and_item_is_refused(columns, said):
    with pytest.raises(InputError, match=said):
        check_mapping(columns)


def test_letters_cut_by_the_look_are_no_fault(tmp_path):
    path = tmp_path / "long.csv"
    path.write_bytes(b"user,item\n" + "é".encode() * 2**21 + b"\n")  # the look ends within a letter
    check_readable(path)


def test_the_line_of_a_wrong_letter_is_named(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"user,item\nu,i\n\xe9,i\n")
    with pytest.raises(InputError, match="line 3"):
        check_readable(path)


def test_a_broken_line_among_good_ones_is_counted_and_not_refused(write_lines, table_records, tmp_path):
    path = write_lines("t.jsonl", table_records)
    path.write_bytes(path.read_bytes() + b'{"user": "\xe9"}\n')
    check_readable(path)
    assert preview(path, "table").skipped == 1
