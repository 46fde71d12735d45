from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from pydantic import ValidationError

from core.data.dataset import ReviewDataset
from core.errors import NotFoundError
from core.maps.build import MapConfig, build_map, map_document, map_of, read_map
from core.maps.layout import draw
from core.maps.space import nearest
from core.progress import ProgressEvent
from core.training.opened import OpenedRun
from core.workspace import Artefact, Workspace

QUICK = MapConfig(neighbours=6, epochs=30, clusters=2)


def test_map_is_built_once_and_read_back(workspace: Workspace, stored_run: Artefact, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[ProgressEvent] = []
    artefact = build_map(workspace, "small-run", QUICK, events.append)
    assert artefact.manifest.sources == {"run": stored_run.id, "dataset": "small-0"}
    assert [event.stage for event in events][:2] == ["Finding neighbours", "Drawing the map"]
    assert {"n_points", "n_clusters", "trustworthiness", "seconds", "seed"} <= artefact.manifest.summary.keys()
    made = read_map(artefact)
    assert len(made.points) == 40
    assert made.points["side"].tolist() == ["user"] * 24 + ["item"] * 16
    assert made.points["label"].iloc[[0, 24]].tolist() == ["User 0", "Item 0"]
    assert made.points["activity"].iloc[:24].tolist() == [5] * 24
    assert made.clusters["size"].sum() == 40
    assert made.clusters["name"].is_unique
    document = map_document(artefact)
    assert {"map", "run", "points", "clusters", "trustworthiness", "seconds"} <= document.keys()
    assert document["clusters"][0].keys() == {"cluster", "name", "size"}
    monkeypatch.setattr("core.maps.build.map_of", lambda *_: pytest.fail("the map was there already"))
    assert build_map(workspace, stored_run.id, QUICK) == artefact


def test_map_repeats_for_a_seed_and_keeps_groups_together(make_run: Callable[..., OpenedRun]) -> None:
    first, second = map_of(make_run(), QUICK), map_of(make_run(), QUICK)
    assert first.points.equals(second.points)
    assert first.clusters.equals(second.clusters)
    assert first.trustworthiness > 0.7
    assert first.nodes.groupby(first.nodes["node_idx"] % 2)["cluster"].nunique().tolist() == [1, 1]
    assert {name.split(":")[0] for name in first.clusters["name"]} == {"Sound", "Price"}
    assert {"x", "y", "trust", "confidence", "distinctive", "motivation"} <= set(first.points.columns)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_drawing_of_a_handful_of_points_needs_no_neighbourhoods(n: int) -> None:
    vectors = torch.nn.functional.normalize(torch.randn(n, 4, generator=torch.Generator().manual_seed(0)), dim=1)
    drawing = draw(vectors, nearest(vectors, n), dimensions=3)
    assert drawing.shape == (n, 3)
    assert torch.isfinite(torch.from_numpy(drawing)).all()


def test_map_of_an_unknown_run_is_refused(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    with pytest.raises(NotFoundError, match="No run 'nowhere'"):
        build_map(workspace, "nowhere")


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError):
        MapConfig(neighbors=10)  # type: ignore[call-arg]
