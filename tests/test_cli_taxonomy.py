"""`lmmrec taxonomy`: the contract of its documents, and one clear line with status 2 for every wrong input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.cli.commands import run
from core.extraction.taxonomy import Taxonomy
from core.jobs import steps
from core.workspace import Workspace
from tests.command_line import outcome

TEXTS = (
    "The {} tone of this guitar is warm and rich. It was a {} bargain at this price.",
    "My {} daughter unwrapped this present on her birthday. The {} cable fits every jack.",
    "Setup took {} minutes and was easy. The {} strap feels soft and comfortable.",
)
FILLERS = ("bright", "deep", "sweet", "young", "heavy", "short", "clean", "loud", "green")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LMMREC_WORKSPACE", raising=False)
    monkeypatch.delenv("LMMREC_DEBUG", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    """./workspace with the dataset "shop", extracted."""
    rows = [
        f'u{user},i{item},4,"{TEXTS[(user + item) % 3].format(FILLERS[item], FILLERS[user % 9])}"'
        for user in range(12)
        for item in range(9)
    ]
    (tmp_path / "reviews.csv").write_text("\n".join(["user,item,rating,text", *rows]))
    workspace = Workspace("workspace")
    request = {"path": tmp_path / "reviews.csv", "format": "table", "name": "shop", "min_interactions": 1}
    steps.extract(workspace, steps.import_dataset(workspace, request).id, {"encoder": "tfidf"})
    return workspace


def taxonomy(*arguments: object, status: int = 0, capsys: pytest.CaptureFixture[str]) -> str:
    return outcome("taxonomy", *arguments, status=status, capsys=capsys)


def document(*arguments: object, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(taxonomy(*arguments, "--json", capsys=capsys))


def test_versions_are_made_listed_and_compared(capsys: pytest.CaptureFixture[str]):
    Workspace("workspace")
    renamed = document("rename", "places", "atmosphere", "--to", "Ambience", "--note", "shorter", capsys=capsys)
    assert (renamed["version"], renamed["parent"], renamed["edit"]) == ("places@2", "places@1", "renamed atmosphere to Ambience")
    merged = document("merge", "places", "food_quality", "health_diet", "--into", "food_quality", "--to", "Food", capsys=capsys)
    assert (merged["version"], merged["n_motivations"]) == ("places@3", 7)
    removed = document("remove", "places@2", "atmosphere", "--as", "mine", capsys=capsys)
    assert (removed["version"], removed["parent"], removed["taxonomy"]["name"]) == ("mine@1", "places@2", "mine")
    example = ("--example", "The dog was welcome.", "--example", "They like cats.")
    added = document("add", "mine", "--to", "Pets", "--description", "Animals are welcome.", *example, capsys=capsys)
    assert added["taxonomy"]["motivations"][-1]["key"] == "pets"
    assert len(added["taxonomy"]["motivations"][-1]["examples"]) == 2
    restored = document("restore", "places@1", capsys=capsys)
    assert (restored["version"], restored["n_motivations"]) == ("places@4", 8)
    listed = document("list", capsys=capsys)["taxonomies"]
    names = ["games@1", "mine@1", "mine@2", "places@1", "places@2", "places@3", "places@4", "products@1"]
    assert [one["version"] for one in listed] == names
    assert [line.split()[0] for line in taxonomy("list", capsys=capsys).splitlines()[2:]] == names
    assert document("show", "places@2", capsys=capsys)["note"] == "shorter"
    assert "Ambience" in taxonomy("show", "places@2", capsys=capsys)
    assert "+[atmosphere] Ambience" in document("diff", "places@1", "places@2", capsys=capsys)["diff"].splitlines()
    assert taxonomy("diff", "places@1", "places@4", capsys=capsys) == "They say the same.\n"


def test_files_go_out_and_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    Workspace("workspace")
    assert document("export", "games", capsys=capsys) == {"version": "games@1", "path": "games@1.json"}
    assert Taxonomy.read(tmp_path / "games@1.json") == Taxonomy.default("games")
    taxonomy("export", "games", tmp_path / "deep" / "file.json", capsys=capsys)
    made = document("import", tmp_path / "deep" / "file.json", "--name", "ours", "--note", "from the team", capsys=capsys)
    assert (made["version"], made["edit"], made["note"]) == ("ours@1", "imported from file.json", "from the team")
    assert document("import", "games@1.json", capsys=capsys)["version"] == "games@1"


def test_split_is_shown_and_applied(shop: Workspace, capsys: pytest.CaptureFixture[str]):
    before = document("clusters", "shop", capsys=capsys)
    largest = max(before["clusters"][:-1], key=lambda one: one["n_statements"])
    split = document("split", "products", largest["key"], "--dataset", "shop", "--to", "Left", "--to", "Right", capsys=capsys)
    assert {"left", "right"} <= {one["key"] for one in split["taxonomy"]["motivations"]}
    assert split["before"]["motivations"][largest["key"]] == largest["n_statements"]
    parts = split["after"]["motivations"]
    assert parts["left"] + parts["right"] == largest["n_statements"]
    assert min(parts["left"], parts["right"]) > 0
    applied = document("apply", "shop", "products@2", capsys=capsys)
    assert applied["after"] == split["after"]
    assert applied["relabelled"]["method"] == "edits"
    assert applied["extraction"] != applied["from"]
    assert document("apply", "shop", "products", capsys=capsys) == applied
    assert document("clusters", "shop", capsys=capsys)["extraction"] == applied["extraction"]
    plain = taxonomy("apply", "shop", "products@1", capsys=capsys)
    assert "reviews with a motivation" in plain
    assert plain.endswith("Next: lmmrec train shop\n")


def test_edits_can_show_what_they_change(shop: Workspace, capsys: pytest.CaptureFixture[str]):
    counts = {one["key"]: one["n_statements"] for one in document("clusters", "shop", capsys=capsys)["clusters"]}
    key = max((key for key in counts if key != "other"), key=lambda one: counts[one])
    removed = document("remove", "products", key, "--dataset", "shop", capsys=capsys)
    assert removed["before"]["motivations"] == counts
    assert removed["after"]["motivations"]["other"] == counts["other"] + counts[key]
    assert "share of the statements" in taxonomy("rename", "products@1", key, "--to", "New", "--dataset", "shop", capsys=capsys)


def test_discovered_can_be_extracted_with(shop: Workspace, capsys: pytest.CaptureFixture[str]):
    found = document("discover", "shop", "--motivations", 4, "--name", "found", capsys=capsys)
    assert (found["version"], found["n_motivations"]) == ("found@1", 4)
    applied = document("apply", "shop", "found", capsys=capsys)
    assert list(applied["after"]["motivations"]) == [*(one["key"] for one in found["taxonomy"]["motivations"]), "other"]
    assert run(["extract", "shop", "--taxonomy", "found@1", "--set", "encoder=tfidf", "--json"]) == 0
    extracted = json.loads(capsys.readouterr().out)
    assert extracted["taxonomy"] == {"name": "found", "version": 1, "hash": found["hash"]}
    assert extracted["profile_summary"]["taxonomy"] == extracted["taxonomy"]
    assert "most alike" in taxonomy("clusters", "shop", "--extraction", applied["from"], capsys=capsys)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "place"], "Did you mean places"),
        (["show", "places@9"], "There are: places@1"),
        (["rename", "places", "atmosfere", "--to", "Mood"], "Did you mean atmosphere"),
        (["rename", "places", "atmosphere"], "Nothing to rename"),
        (["rename", "places", "atmosphere", "--to", "Food quality"], "merge them"),
        (["merge", "places", "atmosphere"], "--into"),
        (["merge", "places", "atmosphere", "--into", "atmosphere"], "two motivations"),
        (["remove", "places", "other"], "is no motivation"),
        (["remove", "places", "atmosphere", "--as", "My own"], "Not a usable name"),
        (["add", "places", "--to", "Atmosphere", "--description", "It is.", "--example", "It is."], "called 'Atmosphere'"),
        (["split", "places", "atmosphere"], "--dataset"),
        (["split", "places", "atmosphere", "--dataset", "nothing"], "No dataset 'nothing'"),
        (["split", "places", "atmosphere", "--dataset", "shop", "--parts", "1"], "--parts"),
        (["apply", "nothing", "places"], "No dataset 'nothing'"),
        (["clusters", "nothing"], "No dataset 'nothing'"),
        (["discover", "nothing"], "No dataset 'nothing'"),
        (["import", "none.json"], "No such file"),
        (["import", "wrong.json"], "Not a taxonomy"),
        (["diff", "places"], "Missing argument"),
    ],
)
def test_wrong_input_is_one_line_with_status_2(arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    Workspace("workspace")
    (tmp_path / "wrong.json").write_text('{"name": "x"}')
    assert words in taxonomy(*arguments, status=2, capsys=capsys)


@pytest.mark.parametrize(
    "command",
    ["list", "show", "diff", "export", "import", "discover", "clusters", "apply", "rename", "merge", "split", "add", "remove", "restore"],
)
def test_every_command_takes_a_workspace_and_answers_json(command: str, capsys: pytest.CaptureFixture[str]):
    out = taxonomy(command, "--help", capsys=capsys)
    assert "LMMREC_WORKSPACE" in out
    assert "--json" in out


def test_reading_makes_no_workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert "There is no workspace here" in taxonomy("list", "--workspace", tmp_path / "none", status=2, capsys=capsys)
    assert not (tmp_path / "none").exists()
