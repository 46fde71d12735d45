"""A map with statements and views: what is placed moves nothing, maps of slots, maps by density, maps of older versions."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from core.data.dataset import ReviewDataset
from core.errors import InputError, StoppedError
from core.maps.build import UNCLUSTERED, MapConfig, build_map, map_of, read_map
from core.maps.catalogue import config_of, joint_map, maps_of, slot_map
from core.storage import write_parquet
from core.training.opened import OpenedRun
from core.workspace import Artefact, Workspace
from tests.maps.speaking_run import speaking_run

QUICK = MapConfig(neighbours=6, epochs=30, clusters=2)


@pytest.fixture
def run(small_dataset: ReviewDataset, tmp_path: Path) -> OpenedRun:
    return speaking_run(small_dataset, tmp_path)


def test_what_is_placed_moves_nothing_and_lies_beside_its_motivation(run: OpenedRun) -> None:
    plain = map_of(run, QUICK.model_copy(update={"statements": 0, "views": False}))
    whole = map_of(run, QUICK)
    assert len(plain.points) == 40
    assert whole.nodes.equals(plain.points)
    assert whole.clusters.equals(plain.clusters)
    rest = whole.points.iloc[40:]
    statements, views = rest[rest["side"] == "statement"], rest[rest["view"] != "joint"]
    assert len(statements) + len(views) == len(rest)
    assert set(views["view"]) == {"text", "interaction"}
    assert set(views["node_idx"][views["side"] == "user"]) == set(range(24))
    assert run.profiles is not None
    said = run.profiles.statements.iloc[statements["node_idx"]]
    assert statements["label"].tolist() == said["statement"].tolist()
    assert statements["user_idx"].tolist() == said["user_idx"].tolist()
    assert statements["motivation"].tolist() == [("sound", "price")[which] for which in said["motivation"]]
    # Users of even number speak of sound, the others of price; each group is a cluster of its own.
    own_cluster = plain.points["cluster"].iloc[said["user_idx"].to_numpy()].to_numpy()
    assert (statements["cluster"].to_numpy() == own_cluster).mean() > 0.8  # half by chance
    assert rest["trust"].between(0, 1).all()
    assert whole.points.notna().all().all()
    assert whole.figures["statements"]["placed_by"] == "encoder"
    assert whole.figures["alignment"]["user"]["median_rank"] < 10


def test_fewer_statements_are_drawn_when_told(run: OpenedRun) -> None:
    made = map_of(run, QUICK.model_copy(update={"statements": 11, "views": False}))
    assert (made.points["side"] == "statement").sum() == 11
    assert made.figures["statements"]["available"] == 120


def test_map_of_a_slot(run: OpenedRun) -> None:
    made = map_of(run, MapConfig(neighbours=6, epochs=30, clusters=2, space="slot", motivation="price"))
    assert len(made.nodes) == 40
    assert set(made.points.loc[made.points["side"] == "statement", "motivation"]) == {"price"}
    assert {name.split(":")[0] for name in made.clusters["name"]} == {"Price"}
    with pytest.raises(InputError, match="No motivation 'colour'"):
        map_of(run, MapConfig(space="slot", motivation="colour"))


def test_map_by_density_says_what_is_unclustered(run: OpenedRun) -> None:
    made = map_of(run, MapConfig(neighbours=6, epochs=30, method="hdbscan", smallest_cluster=5))
    assert set(made.nodes["cluster"]) == set(made.clusters["cluster"])
    assert made.clusters["size"].sum() == 40
    if (made.nodes["cluster"] == UNCLUSTERED).any():
        assert made.clusters["name"].iloc[-1] == "Unclustered"


def test_three_dimensions_hold_everything_too(run: OpenedRun) -> None:
    made = map_of(run, QUICK.model_copy(update={"dimensions": 3}))
    assert made.points[["x", "y", "z"]].notna().all().all()
    assert (made.points["view"] == "text").any()


@pytest.mark.parametrize("settings", [{"space": "slot"}, {"motivation": "price"}, {"method": "hdbscan", "clusters": 4}, {"statements": -1}])
def test_settings_that_do_not_fit_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MapConfig.model_validate(settings)


def test_a_map_that_is_stopped_leaves_nothing(workspace: Workspace, stored_run: Artefact) -> None:
    with pytest.raises(StoppedError):
        build_map(workspace, stored_run.id, QUICK, stop=lambda: True)
    assert workspace.list("map") == []


def test_maps_of_a_run_are_told_apart(workspace: Workspace, stored_run: Artefact) -> None:
    assert joint_map(workspace, stored_run) is None
    joint = build_map(workspace, stored_run.id, QUICK)
    solid = build_map(workspace, stored_run.id, QUICK.model_copy(update={"dimensions": 3}))
    slot = build_map(workspace, stored_run.id, MapConfig(neighbours=6, epochs=30, clusters=2, space="slot", motivation="price"))
    assert maps_of(workspace, stored_run) == [slot, solid, joint]
    assert joint_map(workspace, stored_run) == joint
    assert joint_map(workspace, stored_run, dimensions=3) == solid
    assert slot_map(workspace, stored_run, "price") == slot
    assert slot_map(workspace, stored_run, "sound") is None
    assert config_of(slot).motivation == "price"


def test_a_map_of_the_first_version_reads_as_one_of_nodes_alone(workspace: Workspace) -> None:
    points = pd.DataFrame({"side": ["user", "item"], "node_idx": [4, 7], "id": ["u4", "i7"], "x": [0.0, 1.0], "y": 0.0, "cluster": 0})
    with workspace.publish("map", "old-1", name="old", sources={"run": "run-1"}, config={"neighbours": 15, "dimensions": 2}) as draft:
        write_parquet(draft.path / "points.parquet", points)
        write_parquet(draft.path / "clusters.parquet", pd.DataFrame({"cluster": [0], "name": ["All"]}))
        draft.summary.update(trustworthiness=0.9, mixing=0.5)
    old = workspace.get("map", "old-1")
    read = read_map(old)
    assert read.points["view"].tolist() == ["joint", "joint"]
    assert read.points[["user_idx", "item_idx"]].to_numpy().tolist() == [[4, -1], [-1, 7]]
    assert len(read.nodes) == 2
    assert (config_of(old).statements, config_of(old).views) == (0, False)
