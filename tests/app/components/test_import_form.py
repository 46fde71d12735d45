"""The import on the page: columns are chosen, wrong files are one line, and what was chosen stays."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.components.import_form import _existing, _name_of
from core.errors import InputError
from core.jobs.kinds import checked_arguments
from core.workspace import Workspace, checked_name

ROWS = "who,what,stars,said,day\n" + "\n".join(
    f"u{n % 7},i{n % 5},{1 + n % 5},The price was fair.,2024-01-{1 + n % 28:02d}" for n in range(60)
)


def form(root: str) -> None:
    from app.components.import_form import import_form
    from core.workspace import Workspace

    import_form(Workspace(root))


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    jobs: list[tuple[str, dict[str, Any]]] = []

    def launch(space: Workspace, kind: str, arguments: dict[str, Any]) -> str:
        jobs.append((kind, checked_arguments(kind, arguments)))
        return "job-0"

    monkeypatch.setattr("app.components.job_progress.launch", launch)
    return jobs


def opened(workspace: Workspace, path: Path | str) -> AppTest:
    app = AppTest.from_function(form, args=(str(workspace.root),), default_timeout=60).run()
    app.segmented_control(key="import-way").set_value("path").run()
    app.text_input(key="import-path").set_value(str(path)).run()
    assert not app.exception
    return app


def column(app: AppTest, ours: str) -> Any:
    (found,) = [one for one in app.selectbox if str(one.key).startswith(f"column-{ours}-")]
    return found


def written(tmp_path: Path, content: str | bytes, name: str = "mine.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_columns_of_any_name_are_chosen_and_imported(
    workspace: Workspace, tmp_path: Path, launched: list[tuple[str, dict[str, Any]]]
) -> None:
    app = opened(workspace, written(tmp_path, ROWS))
    assert "Say above which column is the user" in app.info[0].value
    assert [button.label for button in app.button] == []
    for ours, theirs in (("user", "who"), ("item", "what"), ("text", "said"), ("timestamp", "day")):
        column(app, ours).set_value(theirs).run()
    assert not app.exception
    assert "Preview" in "\n".join(one.value for one in app.markdown)
    app.button(key="import-only").click().run()
    ((kind, arguments),) = launched
    request = arguments["request"]
    assert (kind, request["name"], request["format"]) == ("import", "mine", "table")
    assert {ours: theirs for ours, theirs in request["columns"].items() if theirs} == {
        "user": "who", "item": "what", "text": "said", "timestamp": "day", "rating": "stars",
    }  # fmt: skip


def test_guesses_are_filled_in_and_can_be_taken_out(
    workspace: Workspace, tmp_path: Path, launched: list[tuple[str, dict[str, Any]]]
) -> None:
    app = opened(workspace, written(tmp_path, ROWS.replace("who,what,stars,said,day", "user_id,item_id,rating,review,date")))
    assert {ours: column(app, ours).value for ours in ("user", "item", "rating", "text", "timestamp", "title")} == {
        "user": "user_id", "item": "item_id", "rating": "rating", "text": "review", "timestamp": "date", "title": "",
    }  # fmt: skip
    column(app, "rating").set_value("").run()
    app.button(key="import-pipeline").click().run()
    ((kind, arguments),) = launched
    assert kind == "pipeline"
    assert arguments["request"]["columns"]["rating"] == ""
    assert arguments["training"]["model"] == "lmmrec"


def test_without_texts_one_click_trains_a_model_that_needs_none(
    workspace: Workspace, tmp_path: Path, launched: list[tuple[str, dict[str, Any]]]
) -> None:
    app = opened(workspace, written(tmp_path, "user,item\n" + "\n".join(f"u{n % 7},i{n % 5}" for n in range(40))))
    app.button(key="import-pipeline").click().run()
    assert launched[0][1]["training"]["model"] == "lightgcn"


def test_one_column_cannot_be_both_user_and_item(workspace: Workspace, tmp_path: Path) -> None:
    app = opened(workspace, written(tmp_path, ROWS))
    column(app, "user").set_value("who").run()
    column(app, "item").set_value("who").run()
    assert "same column" in app.error[0].value
    column(app, "item").set_value("what").run()
    assert not app.error
    assert column(app, "user").value == "who"  # the error lost nothing


def test_a_column_without_any_rating_is_warned_of(workspace: Workspace, tmp_path: Path) -> None:
    app = opened(workspace, written(tmp_path, ROWS))
    for ours, theirs in (("user", "who"), ("item", "what"), ("rating", "said")):
        column(app, ours).set_value(theirs).run()
    assert "hold no ratings in the column “said”" in app.warning[0].value


def _database(path: Path) -> bytes:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE reviews (a TEXT)")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "empty.csv", "empty"),
        (b"\n\n", "blank.csv", "empty"),
        (b"user,item\n", "header.csv", "no row"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), "picture.csv", "binary file"),
        (b"PK\x03\x04" + b"0" * 64, "sheet.xlsx", "spreadsheet"),
        (b"PK\x03\x04" + b"0" * 64, "all.zip", "archive"),
        ("user,item,text\nu,i,Très bien\n".encode("latin-1"), "french.csv", "not UTF-8"),
        ("user,item\nu,i\n".encode("utf-16"), "wide.csv", "UTF-16"),
        (b'[{"user": 1}]', "array.json", "JSON array"),
        (b"<!DOCTYPE html><html></html>", "page.csv", "web page"),
        (b"x" * (5 * 2**20), "endless.csv", "never ends"),
        (b"PAR1 and then nothing", "cut.parquet", "damaged"),
        (b"\x1f\x8b" + b"\xff" * 60, "cut.csv.gz", "gzip"),
        (b'{"user": "u", "item": ', "cut.jsonl", "No line could be read"),
    ],
)  # fmt: skip
def test_a_hostile_file_is_one_line(workspace: Workspace, tmp_path: Path, content: bytes, name: str, said: str) -> None:
    app = opened(workspace, written(tmp_path, content, name))
    (error,) = app.error
    assert said in error.value.replace("\\", "")
    assert "\n" not in error.value
    assert app.text_input(key="import-path").value.endswith(name)
    assert not app.button


def test_a_database_is_no_table(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "reviews.sqlite"
    _database(path)
    assert "binary file" in opened(workspace, path).error[0].value


@pytest.mark.parametrize("typed", ["/no/such/file.csv", "a\0b", "~nobody-here/x.csv", "x" * 5000])
def test_an_impossible_path_is_one_line(typed: str) -> None:
    with pytest.raises(InputError) as caught:
        _existing(typed)
    assert "\n" not in str(caught.value)


def test_a_folder_of_something_else_is_one_line(workspace: Workspace, tmp_path: Path) -> None:
    assert "folder" in opened(workspace, tmp_path).error[0].value


def test_a_name_that_cannot_be_is_told_before_anything_starts(workspace: Workspace, tmp_path: Path) -> None:
    app = opened(workspace, written(tmp_path, "user,item\n" + "\n".join(f"u{n % 7},i{n % 5}" for n in range(40))))
    (name,) = [one for one in app.text_input if str(one.key).startswith("import-name")]
    name.set_value("../../etc").run()
    assert "usable name" in app.error[0].value
    assert not app.button


@pytest.mark.parametrize("file", ["Reviews (2023).json.gz", "_x.csv", "é.csv", "Musical_Instruments_5.json", "..csv"])
def test_the_proposed_name_can_name_a_dataset(file: str) -> None:
    assert checked_name(_name_of(Path(file)))
