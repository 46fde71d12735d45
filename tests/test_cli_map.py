"""`lmmrec map`: the same calls as the page, and the map as a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from core.cli.commands import run as run_cli
from core.maps.cluster_edits import rename
from core.maps.epochs import build_epoch_maps
from core.training.opened import OpenedRun
from core.workspace import Artefact, Workspace
from tests.maps.conftest import make_run, stored_run
from tests.maps.test_epochs import keep_snapshots

__all__ = ["make_run", "stored_run"]
QUICK = ["--set", "neighbours=6", "--set", "epochs=30", "--set", "clusters=2"]


def lmmrec(space: Workspace, *arguments: str, capsys: pytest.CaptureFixture[str], status: int = 0) -> str:
    assert run_cli(["map", "small-run", *arguments, "--workspace", str(space.root)]) == status
    captured = capsys.readouterr()
    return captured.out if status == 0 else captured.err


def test_map_of_a_slot_is_another_map_and_says_so(workspace: Workspace, stored_run: Artefact, capsys: pytest.CaptureFixture[str]) -> None:
    joint = json.loads(lmmrec(workspace, *QUICK, "--json", capsys=capsys))
    assert (joint["space"], joint["points"], joint["statements"], joint["views"]) == ("joint", 40, 0, 0)
    slot = json.loads(lmmrec(workspace, *QUICK, "--motivation", "price", "--statements", "20", "--json", capsys=capsys))
    assert (slot["space"], slot["motivation"]) == ("slot", "price")
    assert slot["map"] != joint["map"]
    config = workspace.get("map", slot["map"]).manifest.config
    assert config["statements"] == 20
    plain = lmmrec(workspace, *QUICK, capsys=capsys)
    assert plain.startswith(f"Map {joint['map']}: 40 points, trustworthiness ")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_points_are_written_with_the_names_people_gave(
    ending: str, workspace: Workspace, stored_run: Artefact, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = json.loads(lmmrec(workspace, *QUICK, "--json", capsys=capsys))
    rename(workspace.get("map", made["map"]), 0, "First of all")
    path = tmp_path / f"map.{ending}"
    assert f"Written to {path}" in lmmrec(workspace, *QUICK, "-o", str(path), capsys=capsys)
    table = pd.read_csv(path) if ending == "csv" else pd.read_parquet(path)
    assert len(table) == 40
    assert set(table.loc[table["cluster"] == 0, "cluster_name"]) == {"First of all"}


def test_page_holds_the_map_and_asks_no_other_host(
    workspace: Workspace, stored_run: Artefact, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "map.html"
    lmmrec(workspace, *QUICK, "-o", str(path), capsys=capsys)
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "24 users, 16 items" in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
    assert path.stat().st_size < 6_000_000


def test_maps_over_epochs_are_drawn_and_written(
    workspace: Workspace, make_run: Callable[..., OpenedRun], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_run(profiles=False)
    with workspace.publish("dataset", made.dataset.id, name="small", config={"domain": "products"}) as draft:
        made.dataset.save(draft.path)
    with workspace.publish("run", "small-run-2", name="small-run", sources={"dataset": made.dataset.id}) as draft:
        made.vectors.save(draft.path / "vectors.safetensors")
        draft.summary["best_epoch"] = 9
    err = lmmrec(workspace, "--epochs", capsys=capsys, status=2)
    assert "kept no snapshots" in err
    keep_snapshots(workspace.get("run", "small-run-2"), {1: 1.0, 4: 0.4})
    path = tmp_path / "epochs.parquet"
    settings = ["--set", "neighbours=6", "--set", "epochs=20"]
    assert "40 points at 3 epochs" in lmmrec(workspace, "--epochs", *settings, "-o", str(path), capsys=capsys)
    table = pd.read_parquet(path)
    assert table["epoch"].value_counts().to_dict() == {1: 40, 4: 40, 9: 40}
    assert build_epoch_maps(workspace, "small-run") != workspace.list("epoch-map")[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "map.xlsx"], "Let it end in .csv, .parquet, .html"),
        (["--epochs", "-o", "map.html"], "Let it end in .csv, .parquet"),
        (["--epochs", "--method", "hdbscan"], "method"),
        (["--space", "slot"], "needs its motivation"),
        (["--motivation", "colour"], "No motivation 'colour'"),
        (["--method", "birch"], "'birch'"),
        (["--statements", "-1"], "--statements"),
    ],
)
def test_wrong_settings_are_one_line(
    arguments: list[str], words: str, workspace: Workspace, stored_run: Artefact, capsys: pytest.CaptureFixture[str]
) -> None:
    err = lmmrec(workspace, *arguments, capsys=capsys, status=2)
    assert words in err
    assert len(err.strip().splitlines()) == 1
