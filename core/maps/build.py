"""Building a motivation map: users and items of a run drawn in one space, in named clusters, with statements and views among them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import StoppedError
from core.maps.cluster_table import cluster_table
from core.maps.clusters import UNCLUSTERED, cluster, cluster_by_density
from core.maps.layout import draw
from core.maps.motivations import NONE, node_motivations, said_motivations
from core.maps.points import DrawnSpace, node_points, statement_points, view_points
from core.maps.quality import mixing, preserved, trustworthiness
from core.maps.space import MapSpace, nearest
from core.maps.statements import closeness, drawn_statements, open_statement_encoder
from core.maps.views import alignment, node_views
from core.progress import Progress, ProgressEvent, never_stop, silent
from core.storage import content_hash, write_parquet
from core.training.opened import OpenedRun, profiles_of
from core.workspace import Artefact, Workspace, artefact_id

__all__ = ["UNCLUSTERED", "MapConfig", "MotivationMap", "build_map", "map_document", "map_id", "map_of", "read_map"]

_STEPS = ("Finding neighbours", "Drawing the map", "Finding clusters", "Naming clusters", "Measuring trust", "Placing statements and views")
_MAP_VERSION = 2  # part of every map's key: raise it when the same inputs would give another map


class MapConfig(BaseModel):
    """Settings of a motivation map; unknown keys are refused.

    Positions, clusters and trust of users and items do not depend on ``statements`` and ``views``: those are placed among them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    space: Literal["joint", "slot"] = Field("joint", description="All slots of the run, or the one of a motivation")
    motivation: str | None = Field(None, description="Key of the motivation whose slot is drawn (space slot)")
    statements: int = Field(1500, ge=0, le=20_000, description="Most statements drawn among users and items; 0 = none")
    views: bool = Field(True, description="Also place text view and interaction view of every node, where the run has them")
    method: Literal["k-means", "hdbscan"] = Field("k-means", description="How clusters are found; HDBSCAN leaves what is between them out")

    neighbours: int = Field(15, ge=3, le=200, description="Size of the neighbourhoods the drawing keeps")
    min_dist: float = Field(0.1, ge=0, le=1, description="How close points may lie in the drawing")
    epochs: int = Field(200, ge=10, le=2000, description="Optimisation epochs of UMAP")
    dimensions: int = Field(2, ge=2, le=3, description="2 to work with, 3 to look at")
    clusters: int | None = Field(None, ge=1, le=100, description="Number of clusters (k-means); none = chosen by silhouette")
    smallest_cluster: int | None = Field(None, ge=2, description="Fewest points of a cluster (HDBSCAN); none = a sixtieth of all")
    seed: int = Field(0, ge=0, description="Seed of clusters and drawing")

    @model_validator(mode="after")
    def _settings_fit(self) -> MapConfig:
        if (self.space == "slot") != (self.motivation is not None):
            raise ValueError("a map of a slot needs its motivation, and a joint map has none")
        if self.method == "hdbscan" and self.clusters is not None:
            raise ValueError("HDBSCAN finds the number of clusters itself: leave it out, or set the smallest cluster")
        return self


@dataclass(frozen=True)
class MotivationMap:
    """A map.

    Args:
        points: one row per user, then per item (`nodes`), then per drawn statement, then per placed view of a node:

            * side ("user", "item", "statement"), view ("joint"; "text" or "interaction" for a view of a node that is placed on its own),
              node_idx (of a view that of its node; of a statement its row in the profiles' statements), id, label (of a statement
              its sentence), x, y (, z);
            * cluster (`UNCLUSTERED` = in none; of statements and views the one most of their neighbours are in), motivation (the
              largest share, or "none"; of a statement its own), distinctive (what the node leans to more than others), said (the
              largest share of its text, or "none"), confidence (of the motivation, from the number of statements, 0..1; of a
              statement its strength), activity (training interactions; of a statement 1), trust (share of its nearest neighbours
              in the space that are among as many nearest in the drawing, 0..1: of nodes, statements and views among users and items);
            * user_idx, item_idx: whom and what a statement is of, -1 = none; of a user or item its own index and -1.
        clusters: cluster, name, words (list), size, users, items (nodes only), motivation.
        trustworthiness: of the drawing, 1 = what is near is near in the space too. mixing: see `core.maps.quality.mixing`.
        figures: further measures, see `core.maps.views.alignment` ("alignment") and `core.maps.statements` ("statements").
    """

    points: pd.DataFrame
    clusters: pd.DataFrame
    trustworthiness: float
    mixing: float
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def nodes(self) -> pd.DataFrame:
        """The rows of users and items, each once, without statements and views."""
        return self.points[(self.points["side"] != "statement") & (self.points["view"] == "joint")]


def build_map(
    workspace: Workspace,
    run_ref: str,
    config: MapConfig | None = None,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
) -> Artefact:
    """The map of a run: the one the workspace holds, or a new one.

    Raises:
        NotFoundError: the workspace does not hold the run or what it was made from. InputError: the run has no such slot.
        StoppedError: ``stop`` said so; nothing was written.
    """
    config = config or MapConfig()
    source = workspace.get("run", run_ref)
    text = profiles_of(workspace, source)
    identifier = map_id(workspace, source, config)
    known = workspace.find("map", identifier)
    if known is not None:
        return known
    started = time.perf_counter()
    run = OpenedRun.open(workspace, source.id)
    made = map_of(run, config, progress, stop)
    sources = {"run": run.id, "dataset": run.dataset.id} | ({"profiles": text.id} if text else {})
    with workspace.publish("map", identifier, name=source.manifest.name, sources=sources, config=config.model_dump(mode="json")) as draft:
        write_parquet(draft.path / "points.parquet", made.points)
        write_parquet(draft.path / "clusters.parquet", made.clusters)
        draft.generated = run.dataset.generated
        draft.summary.update(
            n_points=len(made.nodes),
            n_statements=int((made.points["side"] == "statement").sum()),
            n_views=int((made.points["view"] != "joint").sum()),
            n_clusters=int((made.clusters["cluster"] != UNCLUSTERED).sum()),
            unclustered=int((made.nodes["cluster"] == UNCLUSTERED).sum()),
            trustworthiness=round(made.trustworthiness, 4),
            mixing=round(made.mixing, 4),
            agreement=_agreement(made.nodes) if run.vectors.named else None,
            figures=made.figures,
            seconds=round(time.perf_counter() - started, 2),
            seed=config.seed,
        )
    return workspace.get("map", identifier)


def map_id(workspace: Workspace, run: Artefact, config: MapConfig) -> str:
    """The id that the map of a run with these settings has, or will have."""
    text = profiles_of(workspace, run)
    return artefact_id(run.manifest.name, content_hash(run.id, text.id if text else "", config, _MAP_VERSION))


def map_of(
    run: OpenedRun,
    config: MapConfig,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
) -> MotivationMap:
    """Draw, cluster, name and place, without a workspace.

    Raises:
        InputError: the run has no such slot. StoppedError: ``stop`` said so, between two steps.
    """
    space = MapSpace.of(run.vectors, config.motivation)
    report = _steps(progress, stop)
    report("Finding neighbours")
    near = nearest(space.vectors, min(config.neighbours, len(space)))
    report("Drawing the map")
    drawing = draw(space.vectors, near, dimensions=config.dimensions, epochs=config.epochs, min_dist=config.min_dist, seed=config.seed)
    report("Finding clusters")
    assigned = _clusters(space, drawing, config)
    report("Naming clusters")
    acted, said = node_motivations(run), said_motivations(run)
    clusters = cluster_table(run, assigned, acted, said, config.motivation)
    report("Measuring trust")
    drawn = DrawnSpace(space, drawing, assigned, preserved(near[0], drawing), config.neighbours, config.min_dist, config.seed)
    trusted = trustworthiness(space.vectors, drawing, config.neighbours, seed=config.seed)
    points, figures = _with_further(run, drawn, node_points(run, drawn, acted, said), config, report)
    made = MotivationMap(points, clusters, trusted, mixing(near[0], space.n_users), figures)
    progress(ProgressEvent(_STEPS[-1], len(_STEPS), len(_STEPS)))
    return made


def _steps(progress: Progress, stop: Callable[[], bool]) -> Callable[[str], None]:
    """What reports that a step begins, unless the work is to stop."""

    def report(step: str) -> None:
        if stop():
            raise StoppedError("The map was stopped", where=step, hint="Start it again: a map is drawn as a whole")
        progress(ProgressEvent(step, _STEPS.index(step), len(_STEPS)))

    return report


def _clusters(space: MapSpace, drawing: np.ndarray, config: MapConfig) -> np.ndarray:
    if config.method == "hdbscan":
        return cluster_by_density(drawing, config.smallest_cluster, config.seed)
    return cluster(space.vectors, config.clusters, config.seed)


def _with_further(
    run: OpenedRun,
    drawn: DrawnSpace,
    nodes: pd.DataFrame,
    config: MapConfig,
    report: Callable[[str], None],
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The nodes with what the settings place among them, and what was measured of it."""
    report("Placing statements and views")
    parts, figures = [nodes], dict[str, Any]()
    encoder = open_statement_encoder(run) if config.statements else None
    statements = drawn_statements(run, drawn.space, config.statements, config.seed, encoder)
    if statements is not None:
        parts.append(statement_points(run, drawn, statements))
        figures["statements"] = {
            "drawn": len(statements.table),
            "available": statements.available,
            "placed_by": statements.placed_by,
            "closeness": closeness(statements, drawn.space) if statements.placed_by == "encoder" else {},
        }
    views = node_views(run, drawn.space) if config.views else []
    parts += [view_points(nodes, drawn, view) for view in views]
    if views:
        figures["alignment"] = alignment(views, drawn.space, seed=config.seed)
    return pd.concat(parts, ignore_index=True), figures


def _agreement(points: pd.DataFrame) -> float | None:
    """Share of nodes, of those with text, whose largest motivation by the run is the one they say most of; None without text."""
    spoken = points[points["said"] != NONE]
    return round(float((spoken["motivation"] == spoken["said"]).mean()), 4) if len(spoken) else None


def read_map(artefact: Artefact) -> MotivationMap:
    """Read what `build_map` wrote; maps of version 1 had users and items only."""
    summary = artefact.manifest.summary
    points = pd.read_parquet(artefact.path / "points.parquet")
    if "view" not in points:
        points.insert(1, "view", "joint")
        for side in ("user", "item"):
            points[f"{side}_idx"] = points["node_idx"].where(points["side"] == side, -1)
    return MotivationMap(
        points=points,
        clusters=pd.read_parquet(artefact.path / "clusters.parquet"),
        trustworthiness=summary["trustworthiness"],
        mixing=summary["mixing"],
        figures=summary.get("figures", {}),
    )


def map_document(artefact: Artefact) -> dict[str, Any]:
    """A map in figures, for JSON: {map, run, space, motivation, points, statements, views, clusters: [{cluster, name, size}], ...}."""
    clusters = pd.read_parquet(artefact.path / "clusters.parquet")
    summary = artefact.manifest.summary
    return {
        "map": artefact.id,
        "run": artefact.manifest.sources["run"],
        "space": artefact.manifest.config.get("space", "joint"),
        "motivation": artefact.manifest.config.get("motivation"),
        "points": summary["n_points"],
        "statements": summary.get("n_statements", 0),
        "views": summary.get("n_views", 0),
        "clusters": clusters[["cluster", "name", "size"]].to_dict(orient="records"),
        "trustworthiness": summary["trustworthiness"],
        "mixing": summary["mixing"],
        "figures": summary.get("figures", {}),
        "seconds": summary["seconds"],
    }
