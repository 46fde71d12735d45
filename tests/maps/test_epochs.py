"""Maps over training epochs: the last is the run's map, and points move less than between drawings made apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.errors import InputError, StoppedError
from core.maps.alignment import aligned
from core.maps.build import read_map
from core.maps.epochs import EpochMapConfig, build_epoch_maps, drawn_before, epoch_maps_of, has_snapshots, moved, read_epoch_maps
from core.maps.layout import draw
from core.maps.quality import trustworthiness
from core.maps.space import nearest
from core.progress import ProgressEvent
from core.storage import write_tensors
from core.training.opened import OpenedRun
from core.workspace import Artefact, Workspace
from tests.maps.conftest import two_groups

QUICK = EpochMapConfig(neighbours=6, epochs=20)


def keep_snapshots(run: Artefact, epochs: dict[int, float], users: list[int] | None = None) -> None:
    """Snapshots that begin as noise (weight 1) and end as the run's two groups (0)."""
    generator = torch.Generator().manual_seed(9)
    users = list(range(24)) if users is None else users
    for epoch, noise in epochs.items():
        user, item = (
            (1 - noise) * two_groups(n, torch.Generator().manual_seed(5)) + noise * torch.randn(n, 3, 2, generator=generator)
            for n in (24, 16)
        )
        rows = {"user_rows": torch.tensor(users).int(), "item_rows": torch.arange(16).int()}
        path = run.path / "snapshots" / f"epoch-{epoch}.safetensors"
        write_tensors(path, {"user": user[users].half(), "item": item.half()} | rows)


@pytest.fixture
def run(workspace: Workspace, make_run: Callable[..., OpenedRun]) -> Artefact:
    made = make_run(profiles=False)
    with workspace.publish("dataset", made.dataset.id, name="small", config={"domain": "products"}) as draft:
        made.dataset.save(draft.path)
    with workspace.publish("run", "small-run-1", name="small-run", sources={"dataset": made.dataset.id}) as draft:
        made.vectors.save(draft.path / "vectors.safetensors")
        draft.summary["best_epoch"] = 9
    return workspace.get("run", "small-run-1")


def test_last_frame_is_the_map_and_all_frames_hold_the_same_nodes(workspace: Workspace, run: Artefact) -> None:
    keep_snapshots(run, {1: 1.0, 4: 0.3})
    assert has_snapshots(run)
    assert epoch_maps_of(workspace, run) is None
    events: list[ProgressEvent] = []
    artefact = build_epoch_maps(workspace, "small-run", QUICK, events.append)
    assert [event.stage for event in events][-3:] == ["Drawing epoch 4", "Drawing epoch 1", "Drawing epochs"]
    made = read_epoch_maps(artefact)
    assert made.epochs == [1, 4, 9]
    shown = read_map(workspace.get("map", artefact.manifest.sources["map"]))
    last = made.points(9)
    assert last[["x", "y", "trust"]].equals(shown.nodes[["x", "y", "trust"]].astype(last.dtypes[["x", "y", "trust"]]))
    for epoch in made.epochs:
        frame = made.points(epoch)
        assert frame["id"].tolist() == shown.nodes["id"].tolist()
        assert frame["cluster"].tolist() == shown.nodes["cluster"].tolist()
        assert np.isfinite(frame[["x", "y", "trust"]].to_numpy()).all()
    assert not made.points(1)[["x", "y"]].equals(made.points(4)[["x", "y"]])
    first, second = (made.points(epoch)[["x", "y"]].to_numpy() for epoch in (1, 4))
    assert made.figures["moved"].tolist()[:2] == [0.0, pytest.approx(moved(second, first), rel=1e-4)]
    with pytest.raises(KeyError):
        made.points(2)
    assert build_epoch_maps(workspace, run.id, QUICK) == artefact == epoch_maps_of(workspace, run)


def test_a_sample_of_nodes_is_matched_with_the_map(workspace: Workspace, run: Artefact) -> None:
    keep_snapshots(run, {1: 0.5}, users=[2, 3, 11, 20])
    made = read_epoch_maps(build_epoch_maps(workspace, run.id, QUICK))
    assert (len(made.nodes), made.n_nodes) == (20, 40)
    assert made.nodes["id"].tolist()[:5] == ["u2", "u3", "u11", "u20", "i0"]


def test_a_run_without_snapshots_is_refused_and_a_stop_leaves_nothing(workspace: Workspace, run: Artefact) -> None:
    with pytest.raises(InputError, match="kept no snapshots"):
        build_epoch_maps(workspace, run.id, QUICK)
    assert workspace.list("map") == []
    keep_snapshots(run, {1: 1.0})
    with pytest.raises(StoppedError):
        build_epoch_maps(workspace, run.id, QUICK, stop=lambda: True)
    assert workspace.list("epoch-map") == []


def test_points_move_less_than_between_drawings_made_apart_and_no_trust_is_lost() -> None:
    """Vectors that drift from noise to eight groups; apart: each drawn for itself, then turned onto the next (Procrustes)."""
    generator = torch.Generator().manual_seed(0)
    groups, noise = torch.eye(8).repeat(50, 1), torch.randn(400, 8, generator=generator)
    drift = [torch.nn.functional.normalize(groups * share + 0.35 * noise, dim=1) for share in (0.4, 0.6, 0.8, 1.0)]
    apart = [draw(vectors, nearest(vectors, 15), epochs=100) for vectors in drift]
    after, chained, turned, trust = apart[-1], [], [], []
    for vectors, own, later in zip(drift[-2::-1], apart[-2::-1], apart[:0:-1], strict=True):
        drawing = drawn_before(vectors, after, EpochMapConfig())[0]
        chained.append(moved(drawing, after))
        turned.append(moved(aligned(own, later), later))
        trust.append(trustworthiness(vectors, drawing) - trustworthiness(vectors, own))
        after = drawing
    assert np.mean(chained) < 0.7 * np.mean(turned)
    assert min(trust) > -0.02
    assert moved(after, after) == 0


def test_moved_is_a_share_of_the_spread() -> None:
    square = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    assert moved(square + np.array([1.0, 0.0]), square) == pytest.approx(1 / np.sqrt(2))
    assert moved(10 * square + np.array([10.0, 0.0]), 10 * square) == pytest.approx(1 / np.sqrt(2))
    assert moved(square, np.zeros((4, 2))) == 0
