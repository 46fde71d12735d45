"""Raw values in all their forms become clean columns."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.columns import clean_text, identifier, number, review_frame, seconds, text_frame
from core.data.report import ImportReport
from core.errors import InputError

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just("\ud83d"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
columns = st.fixed_dictionaries(dict.fromkeys(("user", "item", "rating", "timestamp", "summary", "text"), anything))


@settings(deadline=None, max_examples=50)
@given(st.lists(columns, min_size=1, max_size=5))
def test_any_json_value_becomes_a_frame_that_can_be_stored(records):
    report = ImportReport()
    lines = list(range(1, len(records) + 1))
    frame = review_frame(lines, {name: [record[name] for record in records] for name in records[0]}, report)
    assert len(frame) + sum(entry.count for entry in report.dropped.values()) == len(records)
    assert (frame["timestamp"] >= -1).all()
    assert np.isfinite(frame["rating"].dropna()).all()
    for column in ("user_id", "item_id", "summary", "text"):
        "".join(frame[column]).encode("utf-8")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(" a ", "a"), (7, "7"), (7.0, "7"), (7.5, "7.5"), (None, ""), (math.nan, ""), (True, ""), (["a"], ""), ("\ud83d", "\ufffd")],
)
def test_ids(value, expected):
    assert identifier(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(4, 4.0), ("3.5", 3.5), (True, 5.0), (False, 1.0), ("True", 5.0), ("false", 1.0)])
def test_ratings(value, expected):
    assert number(value) == expected


@pytest.mark.parametrize("value", [None, "", "good", math.inf, [], {}, 10**400, 1e300])
def test_ratings_that_are_none(value):
    assert math.isnan(number(value))


DAY = 1_388_534_400  # 2014-01-01


@pytest.mark.parametrize(
    "value",
    [
        DAY,
        float(DAY),
        str(DAY),
        DAY * 1000,
        DAY * 10**6,
        DAY * 10**9,
        "2014-01-01",
        "2014-01-01 00:00:00",
        "2014-01-01T01:00:00+01:00",
        "01 1, 2014",
        "January 1, 2014",
        "Jan 1, 2014",
        "01/01/2014",
        datetime(2014, 1, 1, tzinfo=UTC),
        datetime(2014, 1, 1),
        date(2014, 1, 1),
    ],
)
def test_times_in_many_forms(value):
    assert seconds([value, None]).tolist() == [DAY, -1]


@pytest.mark.parametrize("value", ["", "yesterday", -5, True, math.nan, 10**400, "January 5", [DAY], 1e30])
def test_times_that_are_none(value):
    assert seconds([value]).tolist() == [-1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a &#34;b&#34; &amp; c", 'a "b" & c'),
        ("one<br />two<BR>three", "one two three"),
        ("  a \t b \r\n\n c  ", "a b\nc"),
        ("I <3 this, 2 < 3 and 4 > 3", "I <3 this, 2 < 3 and 4 > 3"),
        ("[[VIDEOID:abc123]]Loud amp", "Loud amp"),
        (["First.", "Second.", "First."], "First. Second."),
        (None, ""),
        ("\ud83d half", "\ufffd half"),
        (12, "12"),
    ],
)
def test_texts_are_cleaned(value, expected):
    assert clean_text(value) == expected


def test_rows_without_a_user_or_an_item_are_counted_with_their_lines():
    report = ImportReport()
    frame = review_frame([3, 5, 9], {"user": ["u", None, "u"], "item": ["i", "i", ""]}, report)
    assert frame["line"].tolist() == [3]
    assert report.dropped["no user"].lines == [5]
    assert report.dropped["no item"].lines == [9]


def test_split_names_are_understood_and_others_refused():
    frame = review_frame([1, 2, 3], {"user": "abc", "item": "xyz", "split": ["trn", "VALID", "test"]}, ImportReport())
    assert frame["split"].tolist() == ["train", "validation", "test"]
    with pytest.raises(InputError, match=r"'maybe' is no split \(t.csv, line 4\)"):
        review_frame([4], {"user": "a", "item": "x", "split": ["maybe"]}, ImportReport(), "t.csv")


def test_categories_are_joined_and_repeated_ids_keep_their_first_text():
    frame = text_frame("item_id", ["a", "a", None], {"category": [[["Music", "Guitars"]], ["Other"], ["None"]]})
    assert frame.to_dict("records") == [{"item_id": "a", "category": "Music, Guitars"}]
