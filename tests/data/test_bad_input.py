"""Wrong input: one clear line (what, where, what to do), exit status 2, and nothing half-written."""

from __future__ import annotations

import gzip
import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data.importing import ImportRequest, import_reviews
from core.data.lines import Reading, parse_json_or_literal
from core.data.readers import amazon
from core.errors import InputError, StoppedError, StorageError


@pytest.fixture
def refused(workspace):
    """Import what must be refused; answers the one line, and holds that the workspace stays as it was."""

    def run(path, format, **options):
        before = sorted(workspace.root.rglob("*"))
        with pytest.raises(InputError) as caught:
            import_reviews(workspace, ImportRequest.model_validate({"path": path, "format": format, "name": "bad", **options}))
        line = str(caught.value)
        assert caught.value.exit_status == 2
        assert caught.value.where
        assert "\n" not in line
        assert sorted(path for path in workspace.root.rglob("*") if path.name != ".drafts") == before
        return line

    return run


def test_missing_path(tmp_path, refused):
    assert "No such file" in refused(tmp_path / "nowhere.json", "amazon")


def test_missing_items_file(tmp_path, write_lines, refused, amazon_records):
    assert "nowhere.json" in refused(write_lines("r.json", amazon_records), "amazon", items=tmp_path / "nowhere.json")


def test_folder_instead_of_file(tmp_path, refused):
    assert "This is a folder" in refused(tmp_path, "amazon")


@pytest.mark.parametrize("format", ["amazon", "yelp", "steam", "table"])
@pytest.mark.parametrize("content", [b"", b"\n \n", gzip.compress(b"", mtime=0)], ids=["nothing", "white space", "gzip of nothing"])
def test_empty_file(tmp_path, refused, format, content):
    path = tmp_path / "empty"
    path.write_bytes(content)
    line = refused(path, format)
    assert "empty" in line or "no record" in line or "no row" in line


@pytest.mark.parametrize("format", ["amazon", "table"])
def test_truncated_gzip(tmp_path, refused, amazon_records, table_records, format):
    records = amazon_records if format == "amazon" else table_records
    path = tmp_path / "cut.json.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, records)).encode())[:-30])
    assert "The gzip file is truncated" in refused(path, format)


def test_truncated_gzip_of_a_csv(tmp_path, refused, table_records):
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(pd.DataFrame(table_records * 50).to_csv(index=False).encode())[:-30])
    assert "The gzip file is truncated" in refused(path, "table")


def test_damaged_gzip(tmp_path, refused):
    path = tmp_path / "odd.json.gz"
    content = bytearray(gzip.compress(b'{"reviewerID": "a"}' * 200))
    content[12:30] = b"\xff" * 18
    path.write_bytes(content)
    assert "gzip file is" in refused(path, "amazon")


def test_zip_archive(tmp_path, refused):
    path = tmp_path / "r.zip"
    path.write_bytes(b"PK\x03\x04" + b"0" * 100)
    assert "Unpack it first" in refused(path, "amazon")


def test_broken_line_is_named_with_its_number_and_a_way_on(write_lines, refused, amazon_records):
    line = refused(write_lines("r.json", [*amazon_records[:6], '{"reviewerID": "A1", "asin": ', *amazon_records[6:]]), "amazon")
    assert "r.json:7" in line
    assert "not valid JSON" in line
    assert "--skip-broken" in line


@pytest.mark.parametrize("broken", ["[1, 2]", "7", '"text"', "{'a': open('x')}", "{'a': ", "\udc80", "[" * 100_000])
def test_broken_lines_of_all_kinds_can_be_skipped_and_are_counted(write_lines, imported, refused, amazon_records, broken):
    path = write_lines("r.json", [amazon_records[0], broken, *amazon_records[1:]])
    assert "r.json:2" in refused(path, "amazon")
    dataset = imported(path, "amazon", skip_broken=True)
    assert dataset.report["dropped"]["broken line"] == {"count": 1, "lines": [2]}
    assert dataset.report["interactions"] == 36


def test_file_of_only_broken_lines_says_what_is_wrong(write_lines, refused):
    line = refused(write_lines("r.txt", ["some text", "more text"]), "amazon", skip_broken=True)
    assert "No line could be read" in line
    assert "right --format" in line


def test_a_python_literal_is_parsed_and_not_run(tmp_path, write_lines, refused, amazon_records):
    trap = tmp_path / "trap"
    hostile = f"{{'asin': __import__('pathlib').Path({str(trap)!r}).touch()}}"
    assert "meta.json:1" in refused(write_lines("r.json", amazon_records), "amazon", items=write_lines("meta.json", [hostile]))
    assert not trap.exists()


def test_wrong_format_names_the_missing_column(write_lines, refused, table_records):
    line = refused(write_lines("t.jsonl", table_records), "amazon")
    assert "reviewerID" in line
    assert "There are: date, item, rating, text, user" in line


def test_missing_column_of_a_table(write_lines, refused, table_records):
    path = write_lines("t.jsonl", [{"user": row["user"], "words": row["text"]} for row in table_records])
    line = refused(path, "table")
    assert "No column for the item" in line
    assert "user, words" in line
    assert "No column 'nope'" in refused(path, "table", columns={"item": "nope"})
    assert "'colour' is no column of ours" in refused(path, "table", columns={"colour": "words"})


def test_column_mapping_is_only_for_tables(write_lines, refused, amazon_records):
    assert "--format table" in refused(write_lines("r.json", amazon_records), "amazon", columns={"user": "reviewerID"})


def test_csv_row_with_too_many_fields(tmp_path, refused, imported):
    path = tmp_path / "t.csv"
    path.write_text("user,item\n" + "u,i\n" * 3 + "u,i,x\n" + "u,j\n")
    line = refused(path, "table")
    assert "t.csv:5" in line
    assert "3 fields instead of 2" in line
    dataset = imported(path, "table", skip_broken=True, min_interactions=1)
    assert dataset.report["dropped"]["broken line"] == {"count": 1, "lines": [5]}


def test_csv_with_an_open_quote(tmp_path, refused):
    path = tmp_path / "t.csv"
    path.write_text('user,item,text\nu,i,"never closed\nu,j,x\n')
    assert "quote is not closed" in refused(path, "table")


def test_table_that_is_not_utf8(tmp_path, refused):
    path = tmp_path / "t.csv"
    path.write_bytes("user,item,text\nu,i,caf\xe9\n".encode("latin-1"))
    assert "not UTF-8" in refused(path, "table")


def test_json_array(tmp_path, refused):
    path = tmp_path / "t.json"
    path.write_text('[{"user": "u", "item": "i"}]')
    assert "one JSON object a line" in refused(path, "table")


def test_truncated_parquet(tmp_path, refused, table_records):
    path = tmp_path / "t.parquet"
    pd.DataFrame(table_records).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-40])
    assert "Parquet file is damaged" in refused(path, "table")


def test_nothing_left_after_the_core(write_lines, refused, table_records):
    assert "Lower --min-interactions" in refused(write_lines("t.jsonl", table_records), "table", min_interactions=7)


def test_unusable_name(write_lines, refused, table_records):
    assert "Not a usable name" in refused(write_lines("t.jsonl", table_records), "table", name="../x")


def test_unknown_split_name_is_located(write_lines, refused, table_records):
    path = write_lines("t.jsonl", [{**row, "split": "holdout"} for row in table_records])
    assert "'holdout' is no split (t.jsonl, line 1)" in refused(path, "table")


def test_reviews_without_text_and_duplicates_are_kept_and_counted(write_lines, imported, amazon_records):
    silent = [{**record, "reviewText": ""} if number < 3 else record for number, record in enumerate(amazon_records)]
    dataset = imported(write_lines("r.json", [*silent, {**amazon_records[0], "unixReviewTime": 1, "reviewText": "old"}]), "amazon")
    assert dataset.report["without_text"] == 3
    assert "old" not in set(dataset.interactions["text"])
    assert dataset.report["dropped"]["the user reviewed the item again (the latest is kept)"] == {"count": 1, "lines": [37]}


def test_stop_leaves_nothing_behind(workspace, write_lines, amazon_records):
    with pytest.raises(StoppedError):
        import_reviews(workspace, ImportRequest(path=write_lines("r.json", amazon_records), format="amazon", name="s"), stop=lambda: True)
    assert workspace.list("dataset") == []


def test_full_disk_leaves_nothing_behind(workspace, write_lines, amazon_records, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(StorageError, match="disk is full"):
        import_reviews(workspace, ImportRequest(path=write_lines("r.json", amazon_records), format="amazon", name="s"))
    assert workspace.list("dataset") == []
    assert list((workspace.root / ".drafts").iterdir()) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path, content):
    path = tmp_path / "any"
    path.write_bytes(content)
    try:
        list(amazon.read_reviews(path, Reading()))
    except InputError:
        return


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_line_is_parsed_or_refused(line):
    try:
        assert isinstance(parse_json_or_literal(line), dict)
    except (ValueError, RecursionError):
        return
