"""Names and merges are kept beside a map: the map itself never changes, and every edit can be taken back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.maps.build import UNCLUSTERED, MotivationMap, read_map
from core.maps.cluster_edits import edited, history, merge, rename, revision, undo
from core.storage import write_parquet
from core.workspace import Artefact, Workspace


@pytest.fixture
def drawn(workspace: Workspace) -> Artefact:
    """Three clusters of six, four and two points, and one point in none."""
    cluster = np.array([0] * 6 + [1] * 4 + [2] * 2 + [UNCLUSTERED], dtype=np.int32)
    points = pd.DataFrame({"side": "user", "view": "joint", "node_idx": np.arange(13), "cluster": cluster})
    clusters = pd.DataFrame(
        {
            "cluster": np.array([0, 1, 2, UNCLUSTERED], dtype=np.int32),
            "name": ["Sound", "Price", "Gifts", "Unclustered"],
            "words": [["warm", "tone"], ["cheap"], ["son", "warm"], []],
            "size": [6, 4, 2, 1],
            "users": [6, 4, 2, 1],
            "items": [0, 0, 0, 0],
            "motivation": ["sound", "price", "gifts", "none"],
        }
    )
    with workspace.publish("map", "map-1", name="map", sources={"run": "run-1"}) as draft:
        write_parquet(draft.path / "points.parquet", points)
        write_parquet(draft.path / "clusters.parquet", clusters)
        draft.summary.update(trustworthiness=1.0, mixing=1.0)
    return workspace.get("map", "map-1")


def files(drawn: Artefact) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in drawn.path.iterdir()}


def same(one: MotivationMap, other: MotivationMap) -> bool:
    return one.points.equals(other.points) and one.clusters.equals(other.clusters)


def test_edits_add_up_and_are_taken_back_one_by_one(drawn: Artefact) -> None:
    before = files(drawn)
    steps = [edited(drawn), rename(drawn, 1, "  A good \n price "), merge(drawn, [2, 0]), rename(drawn, 0, "Sound and gifts")]
    assert steps[1].clusters["name"].tolist() == ["Sound", "A good price", "Gifts", "Unclustered"]
    last = edited(drawn)
    assert same(last, steps[3])
    assert last.clusters["name"].tolist() == ["Sound and gifts", "A good price", "Unclustered"]
    assert last.clusters["size"].tolist() == [8, 4, 1]
    assert last.points["cluster"].tolist() == [0] * 6 + [1] * 4 + [0] * 2 + [UNCLUSTERED]
    assert last.clusters["words"].iloc[0] == ["warm", "son"]
    assert last.clusters["motivation"].iloc[0] == "sound"
    assert [edit.action for edit in history(drawn)] == ["rename", "merge", "rename"]
    for step in reversed(steps[:3]):
        assert same(undo(drawn), step)
    assert same(edited(drawn), read_map(drawn))
    assert files(drawn) == before
    assert revision(drawn) == 6
    with pytest.raises(InputError, match="no edit to take back"):
        undo(drawn)


def test_merged_clusters_are_named_after_their_parts_unless_told(drawn: Artefact) -> None:
    assert merge(drawn, [0, 1]).clusters["name"].tolist() == ["Sound + Price", "Gifts", "Unclustered"]
    assert merge(drawn, [0, 2], "All").clusters["name"].tolist() == ["All", "Unclustered"]


def test_a_map_in_memory_is_not_changed(drawn: Artefact) -> None:
    read = read_map(drawn)
    merge(drawn, [0, 1])
    edited(drawn, read)
    assert same(read, read_map(drawn))


@pytest.mark.parametrize(
    ("clusters", "name", "words"),
    [
        ([7, 1], "x", "No cluster 7"),
        ([UNCLUSTERED, 1], "x", "No cluster -1"),
        ([1, 1], "x", "two clusters or more"),
        ([0, 1], "gifts", "Another cluster has this name"),
        ([0, 1], "  ", "needs a name"),
        ([0, 1], "x" * 81, "too long"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_no_trace(drawn: Artefact, clusters: list[int], name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        merge(drawn, clusters, name)
    assert history(drawn) == []
    assert revision(drawn) == 0


def test_a_cluster_may_keep_its_own_name_but_not_take_anothers(drawn: Artefact) -> None:
    assert rename(drawn, 1, "PRICE").clusters["name"].iloc[1] == "PRICE"
    with pytest.raises(InputError, match="Another cluster has this name"):
        rename(drawn, 0, "Gifts")


def test_merged_away_clusters_are_gone(drawn: Artefact) -> None:
    merge(drawn, [0, 2])
    with pytest.raises(InputError, match="No cluster 2"):
        rename(drawn, 2, "Presents")


def test_edits_outlive_a_map_that_is_built_again_and_damage_is_told(drawn: Artefact, workspace: Workspace) -> None:
    rename(drawn, 0, "Tone")
    path: Path = workspace.root / "cluster-edits" / "map-1.json"
    assert path.exists()
    path.write_text("[]")
    with pytest.raises(InputError, match="damaged"):
        edited(drawn)
