"""A run's map over its training epochs: one drawing an epoch, each laid over the next so that points move no more than they must.

Drawn backwards: the last frame is the run's own joint map; each earlier epoch starts from the drawing of the one after it, goes on from
there by short steps, and is then turned onto it (Procrustes). On the demo points so move 0.19 of the drawing's spread from one frame to
the next, instead of 0.44 where every epoch is drawn for itself and turned onto the next, at the same trustworthiness. Needs a run
that kept snapshots (`core.training.snapshots`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from pydantic import BaseModel, ConfigDict, Field

from core.errors import InputError, StoppedError
from core.maps.alignment import aligned
from core.maps.build import MapConfig, build_map, map_id, read_map
from core.maps.layout import draw
from core.maps.quality import mixing, preserved, trustworthiness
from core.maps.space import MapSpace, nearest
from core.progress import Progress, ProgressEvent, never_stop, silent
from core.storage import content_hash, write_parquet
from core.training.run import RunVectors
from core.training.snapshots import Snapshot, read_snapshot, snapshot_epochs
from core.workspace import Artefact, Workspace, artefact_id

_STEP = 0.1  # of UMAP's own: with 1.0 points wander as far as without a common start, and the drawings are no truer
_VERSION = 2  # part of every key: raise it when the same inputs would give other drawings


class EpochMapConfig(BaseModel):
    """Settings of the maps over training epochs; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    neighbours: int = Field(15, ge=3, le=200, description="Size of the neighbourhoods the drawings keep")
    min_dist: float = Field(0.1, ge=0, le=1, description="How close points may lie in the drawings")
    epochs: int = Field(60, ge=10, le=2000, description="Optimisation epochs of UMAP for each drawing before the last")
    seed: int = Field(0, ge=0, description="Seed of clusters and drawings")


@dataclass(frozen=True)
class EpochMaps:
    """The drawings of a run's training.

    Args:
        epochs: training epochs drawn, ascending; the last is the one whose vectors the run keeps.
        nodes: users and items as in `core.maps.build.MotivationMap`, at the run's end: cluster, motivation, activity ... do not change
            over the epochs, so that one sees where what is a cluster in the end came from. A sample where the run kept one.
        layouts: epoch, x, y, trust: for each epoch one row per row of ``nodes``, in its order.
        figures: one row an epoch: epoch, trustworthiness, mixing, moved (mean distance of a point from where it is at the epoch before,
            in shares of the drawing's spread, see `moved`; 0 for the first).
        clusters: as of the run's map.
        n_nodes: users and items of the run; more than ``len(nodes)`` where only a sample was kept.
    """

    epochs: list[int]
    nodes: pd.DataFrame
    layouts: pd.DataFrame
    figures: pd.DataFrame
    clusters: pd.DataFrame
    n_nodes: int

    def points(self, epoch: int) -> pd.DataFrame:
        """The map after one epoch, with the columns of `MotivationMap.points`; rows are parallel over epochs.

        Raises:
            KeyError: the epoch was not drawn.
        """
        at = self.layouts[self.layouts["epoch"] == epoch]
        if at.empty:
            raise KeyError(epoch)
        return self.nodes.assign(**{name: at[name].to_numpy() for name in ("x", "y", "trust")})


def has_snapshots(run: Artefact) -> bool:
    """Whether maps over training epochs can be drawn: the run kept snapshots before its last epoch."""
    return len(snapshot_epochs(run.path)) > 0


def epoch_maps_of(workspace: Workspace, run: Artefact) -> Artefact | None:
    """The newest maps of a run over its epochs; None where there are none yet: start a job "epoch-map" with ``{"run": run.id}``."""
    return next(iter(workspace.made_from("epoch-map", run)), None)


def build_epoch_maps(
    workspace: Workspace,
    run_ref: str,
    config: EpochMapConfig | None = None,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
) -> Artefact:
    """The maps of a run over its training epochs: those the workspace holds, or new ones. The run's map is made where it is missing.

    Raises:
        NotFoundError: no such run. InputError: it kept no snapshots. StoppedError: ``stop`` said so; nothing was written.
    """
    config = config or EpochMapConfig()
    run = workspace.get("run", run_ref)
    base = MapConfig(neighbours=config.neighbours, min_dist=config.min_dist, seed=config.seed)
    identifier = artefact_id(run.manifest.name, content_hash(run.id, map_id(workspace, run, base), config, _VERSION))
    known = workspace.find("epoch-map", identifier)
    if known is not None:
        return known
    epochs = snapshot_epochs(run.path)
    if not epochs:
        hint = "Runs trained from now on keep some; those made on the way to something else (searches, benchmarks, noise) do not"
        raise InputError("This run kept no snapshots of its training", where=run.id, hint=hint)
    final = build_map(workspace, run.id, base, progress, stop)
    started = time.perf_counter()
    made = _drawn(run, final, epochs, config, progress, stop)
    sources = {"run": run.id, "map": final.id}
    with workspace.publish(
        "epoch-map", identifier, name=run.manifest.name, sources=sources, config=config.model_dump(mode="json")
    ) as draft:
        draft.generated = run.manifest.generated
        for name in ("nodes", "layouts", "figures", "clusters"):
            write_parquet(draft.path / f"{name}.parquet", getattr(made, name))
        draft.summary.update(
            epochs=made.epochs,
            n_points=len(made.nodes),
            n_nodes=made.n_nodes,
            moved=round(float(made.figures["moved"].iloc[1:].mean()), 4),
            seconds=round(time.perf_counter() - started, 2),
            seed=config.seed,
        )
    return workspace.get("epoch-map", identifier)


def read_epoch_maps(artefact: Artefact) -> EpochMaps:
    """Read what `build_epoch_maps` wrote."""
    tables = {name: pd.read_parquet(artefact.path / f"{name}.parquet") for name in ("nodes", "layouts", "figures", "clusters")}
    summary = artefact.manifest.summary
    return EpochMaps(epochs=[int(epoch) for epoch in summary["epochs"]], n_nodes=int(summary["n_nodes"]), **tables)


def moved(points: np.ndarray, onto: np.ndarray) -> float:
    """Mean distance between the places of the same points in two drawings, in shares of the spread of the second (its root mean
    squared distance from its centre).

    Args:
        points, onto: float [n, d].
    """
    spread = float(np.sqrt(((onto - onto.mean(axis=0)) ** 2).sum(axis=1).mean()))
    return float(np.linalg.norm(points - onto, axis=1).mean() / spread) if spread > 0 else 0.0


def drawn_before(vectors: torch.Tensor, after: np.ndarray, config: EpochMapConfig) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """(drawing float32 [n, 2] of an earlier epoch, its neighbours) that begins at the drawing ``after`` it and is turned onto it.

    Args:
        vectors: float32 [n, d], unit length. after: float32 [n, 2], the same points.
    """
    near = nearest(vectors, min(config.neighbours, len(vectors)))
    drawing = draw(vectors, near, epochs=config.epochs, min_dist=config.min_dist, seed=config.seed, start=after, step=_STEP)
    return aligned(drawing, after).astype(np.float32), near


def _drawn(
    run: Artefact, final: Artefact, epochs: list[int], config: EpochMapConfig, progress: Progress, stop: Callable[[], bool]
) -> EpochMaps:
    shown = read_map(final)
    nodes, last = shown.nodes.reset_index(drop=True), int(run.manifest.summary["best_epoch"])
    n_users = int((nodes["side"] == "user").sum())
    first = read_snapshot(run.path, epochs[0])
    rows = torch.cat([first.user_rows, n_users + first.item_rows]).numpy()
    kept = nodes.iloc[rows].reset_index(drop=True)
    places = kept[["x", "y"]].to_numpy(dtype=np.float32)
    frames = {last: kept[["x", "y", "trust"]].assign(epoch=last)}
    figures = {last: {"epoch": last, "trustworthiness": shown.trustworthiness, "mixing": shown.mixing, "moved": 0.0}}
    after = last
    for step, epoch in enumerate(reversed(epochs)):
        if stop():
            raise StoppedError("The maps over epochs were stopped", where=f"epoch {epoch}", hint="Start again: they are drawn as a whole")
        progress(ProgressEvent(f"Drawing epoch {epoch}", step, len(epochs)))
        space = _space(read_snapshot(run.path, epoch))
        drawing, near = drawn_before(space.vectors, places, config)
        trust = preserved(near[0], drawing)
        frames[epoch] = pd.DataFrame({"x": drawing[:, 0], "y": drawing[:, 1], "trust": trust, "epoch": epoch})
        trusted = trustworthiness(space.vectors, drawing, config.neighbours, seed=config.seed)
        figures[epoch] = {"epoch": epoch, "trustworthiness": trusted, "mixing": mixing(near[0], space.n_users), "moved": 0.0}
        figures[after]["moved"] = moved(places, drawing)
        places, after = drawing, epoch
    progress(ProgressEvent("Drawing epochs", len(epochs), len(epochs)))
    order = sorted(frames)
    return EpochMaps(
        epochs=order,
        nodes=kept,
        layouts=pd.concat([frames[epoch][["epoch", "x", "y", "trust"]] for epoch in order], ignore_index=True),
        figures=pd.DataFrame([figures[epoch] for epoch in order]),
        clusters=shown.clusters,
        n_nodes=len(nodes),
    )


def _space(snapshot: Snapshot) -> MapSpace:
    return MapSpace.of(RunVectors(snapshot.user, snapshot.item, (), torch.zeros(len(snapshot.item)), {}))
