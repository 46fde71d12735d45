"""A run's map over its training epochs: one drawing an epoch, each laid over the next so that points move no more than they must.

Drawn backwards: the last frame is the run's own map, each earlier epoch starts from the drawing of the one after it and is then turned
onto it. Needs a run that kept snapshots of its vectors (`core.training.snapshots`).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from core.progress import Progress, silent
from core.training.snapshots import snapshot_epochs
from core.workspace import Artefact, Workspace


class EpochMapConfig(BaseModel):
    """Settings of the maps over training epochs; unknown keys are refused. Seed and neighbourhoods are those of the run's map."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    neighbours: int = Field(15, ge=3, le=200, description="Size of the neighbourhoods the drawings keep")
    min_dist: float = Field(0.1, ge=0, le=1, description="How close points may lie in the drawings")
    epochs: int = Field(100, ge=10, le=2000, description="Optimisation epochs of UMAP for each drawing")
    seed: int = Field(0, ge=0, description="Seed of clusters and drawings")


@dataclass(frozen=True)
class EpochMaps:
    """The drawings of a run's training.

    Args:
        epochs: training epochs drawn, ascending; the last is the one whose vectors the run keeps.
        nodes: users and items as in `core.maps.build.MotivationMap`, at the run's end: cluster, motivation, activity ... do not change
            over the epochs, so that one sees where what is a cluster in the end came from. A sample where the run kept one.
        layouts: epoch, x, y, trust: for each epoch one row per row of ``nodes``, in its order.
        figures: one row an epoch: epoch, trustworthiness, mixing, moved (mean distance a point moves from the epoch before, in
            shares of the drawing's spread; 0 for the first).
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


def build_epoch_maps(workspace: Workspace, run_ref: str, config: EpochMapConfig | None = None, progress: Progress = silent) -> Artefact:
    """The maps of a run over its training epochs: those the workspace holds, or new ones.

    Raises:
        NotFoundError: no such run. InputError: it kept no snapshots.
    """
    raise NotImplementedError


def read_epoch_maps(artefact: Artefact) -> EpochMaps:
    """Read what `build_epoch_maps` wrote."""
    raise NotImplementedError
