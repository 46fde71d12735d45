"""`lmmrec prompts`: the contract of its documents, and one clear line with status 2 for every wrong input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.extraction.prompts.defaults import default_template
from core.extraction.prompts.store import PromptStore
from core.workspace import Workspace
from tests.command_line import outcome


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LMMREC_WORKSPACE", raising=False)
    monkeypatch.delenv("LMMREC_DEBUG", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def store() -> PromptStore:
    """The prompts of ./workspace, with a second version of review-places."""
    store = PromptStore(Workspace("workspace"))
    shipped = default_template("review", "places")
    store.save("review-places", shipped.model_copy(update={"user": shipped.user + "Think twice.\n"}), note="Asks\nagain")
    return store


def prompts(*arguments: object, status: int = 0, capsys: pytest.CaptureFixture[str]) -> str:
    return outcome("prompts", *arguments, status=status, capsys=capsys)


def document(*arguments: object, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(prompts(*arguments, "--json", capsys=capsys))


def test_list_names_every_prompt_with_its_versions(store: PromptStore, capsys: pytest.CaptureFixture[str]):
    listed = document("list", capsys=capsys)["prompts"]
    assert [one["name"] for one in listed] == store.names()
    places = next(one for one in listed if one["name"] == "review-places")
    assert (places["kind"], places["domain"], places["newest"]) == ("review", "places", "review-places@2")
    assert [(one["label"], one["parent"], one["note"], one["shipped"]) for one in places["versions"]] == [
        ("review-places@2", "review-places@1", "Asks\nagain", False),
        ("review-places@1", None, "Ships with the program", True),
    ]
    assert {"number", "hash", "created_at"} <= set(places["versions"][0])
    lines = prompts("list", capsys=capsys).splitlines()
    assert len(lines) == 14
    assert any(line.startswith("review-places@2") and line.endswith("Asks again") for line in lines)


def test_list_takes_kind_and_domain(store: PromptStore, capsys: pytest.CaptureFixture[str]):
    assert [one["name"] for one in document("list", "--kind", "user", "--domain", "games", capsys=capsys)["prompts"]] == ["user-games"]
    assert len(document("list", "--kind", "merge", capsys=capsys)["prompts"]) == 3


def test_show_is_the_file_and_the_whole_version(store: PromptStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    shown = document("show", "review-places@1", capsys=capsys)
    template = default_template("review", "places")
    assert shown["template"] == template.model_dump()
    assert (shown["label"], shown["hash"], shown["remarks"]) == ("review-places@1", template.hash, [])
    assert shown["variables"] == ["item_title", "rating", "review", "schema", "taxonomy"]
    (tmp_path / "shown.toml").write_text(prompts("show", "review-places", capsys=capsys), encoding="utf-8")
    assert document("import", "shown.toml", capsys=capsys) == {"imported": [], "known": ["review-places@2"]}


def test_diff_shows_what_changed(store: PromptStore, capsys: pytest.CaptureFixture[str]):
    changes = prompts("diff", "review-places@1", "review-places", capsys=capsys)
    assert "+++ review-places@2 user" in changes
    assert "\n+Think twice.\n" in changes
    found = document("diff", "review-places@1", "review-places", capsys=capsys)
    assert (found["a"], found["b"], found["same"]) == ("review-places@1", "review-places@2", False)
    assert found["diff"] == changes.rstrip("\n") or found["diff"] + "\n" == changes
    assert document("diff", "review-places", "review-places@2", capsys=capsys)["same"] is True
    assert "say the same" in prompts("diff", "user-games", "user-games@1", capsys=capsys)


def test_export_and_import_carry_prompts_to_another_workspace(store: PromptStore, capsys: pytest.CaptureFixture[str]):
    written = document("export", "files", "review-places", capsys=capsys)
    assert written == {"folder": "files", "files": ["files/review-places@1.toml", "files/review-places@2.toml"]}
    taken = document("import", "files", "--workspace", "other", capsys=capsys)
    assert taken == {"imported": ["review-places@2"], "known": ["review-places@1"]}
    assert PromptStore(Workspace("other")).get("review-places") == store.get("review-places")
    assert document("import", "files", "--workspace", "other", capsys=capsys)["imported"] == []
    assert len(prompts("export", "all", capsys=capsys).splitlines()) == 13


def test_conflict_is_one_line_until_a_new_number_is_asked_for(store: PromptStore, capsys: pytest.CaptureFixture[str]):
    prompts("export", "files", "review-places@2", capsys=capsys)
    other = PromptStore(Workspace("other"))
    other.save("review-places", default_template("review", "places").model_copy(update={"system": "Mine."}))
    assert "review-places@2 is another template" in prompts("import", "files", "--workspace", "other", status=2, capsys=capsys)
    taken = document("import", "files", "--renumber", "--workspace", "other", capsys=capsys)
    assert taken == {"imported": ["review-places@3"], "known": []}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "review-place"], "Did you mean review-places?"),
        (["show", "review-places@9"], "There are: review-places@2, review-places@1"),
        (["show", "review-places@x"], "Labels look like"),
        (["diff", "review-places"], "Missing argument 'B'"),
        (["diff", "review-places", "nothing"], "No prompt 'nothing'"),
        (["list", "--kind", "poem"], "'poem'"),
        (["list", "--domain", "books"], "'books'"),
        (["export", "files", "nothing"], "No prompt 'nothing'"),
        (["import", "none.toml"], "No such file"),
        (["dance"], "No such command 'dance'"),
    ],
)
def test_wrong_input_is_one_line_with_status_2(arguments: list[str], words: str, store: PromptStore, capsys: pytest.CaptureFixture[str]):
    assert words in prompts(*arguments, status=2, capsys=capsys)


@pytest.mark.parametrize("command", [["list"], ["show", "review-places"], ["diff", "a", "b"], ["export", "files"]])
def test_reading_commands_make_no_workspace(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert "There is no workspace here" in prompts(*command, "--workspace", tmp_path / "none", status=2, capsys=capsys)
    assert not (tmp_path / "none").exists()
