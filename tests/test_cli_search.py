"""`lmmrec search` and what `lmmrec train --preset` makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.workspace import Workspace
from tests.command_line import lmmrec

SEARCH = ("search", "small", "--given-split", "--workers", "1", "--trials", "3", "--epochs-limit", "3")


@pytest.fixture
def space(workspace: Workspace, small_dataset: ReviewDataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Workspace:
    monkeypatch.setenv("LMMREC_WORKSPACE", str(workspace.root))
    monkeypatch.setattr("core.training.presets.ASSETS", tmp_path / "settings")
    publish_dataset(workspace, small_dataset)
    return workspace


def test_found_settings_train_a_run(space: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = lmmrec(*SEARCH, "--models", "ease", "lightgcn", "--json", capsys=capsys)
    document = json.loads(out)
    ease, light = document["models"]
    assert (ease["model"], light["model"]) == ("ease", "lightgcn")
    assert [len(one["trials"]) for one in (ease, light)] == [3, 3]
    assert "test" not in out.replace("@", " ").split()
    assert "small ease 1/3" in err
    assert "small lightgcn 3/3" in err
    out, _ = lmmrec("train", "small", "--model", "ease", "--preset", "tuned", "--json", capsys=capsys)
    config = space.get("run", json.loads(out)["run"]).manifest.config
    assert {name: config[name] for name in ease["best"]["settings"]} == ease["best"]["settings"]


def test_table_names_every_model_and_file(space: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = lmmrec(*SEARCH, "--models", "ease", "popularity", capsys=capsys)
    assert "Validation, recall@20 / ndcg@20" in out
    lines = [line.split() for line in out.splitlines()]
    assert {line[1] for line in lines if line[:1] == ["small"]} == {"ease", "popularity"}
    assert out.count("Written: ") == 2


def test_preset_goes_after_what_is_set(space: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("train", "small", "--model", "lightgcn", "--preset", "fast", "--set", "epochs=2", "--json")
    out, _ = lmmrec(*given, capsys=capsys)
    config = space.get("run", json.loads(out)["run"]).manifest.config
    assert (config["epochs"], config["patience"], config["negatives"]) == (2, 3, 128)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (("train", "small", "--preset", "fastest"), "No preset 'fastest'"),
        (("train", "small", "--model", "ease", "--preset", "tuned"), "Run `lmmrec search`"),
        (("train", "small", "--model", "ease", "--preset", "paper"), "has no settings of ease"),
        ((*SEARCH, "--models", "eese"), "No model 'eese'"),
        ((*SEARCH[:1], "nothing", *SEARCH[2:], "--models", "ease"), "nothing"),
    ],
)
def test_wrong_input_is_one_line(space: Workspace, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], line: str) -> None:
    _, err = lmmrec(*given, status=2, capsys=capsys)
    assert line in err
