"""Building a motivation map: users and items of a run drawn in one space, in named clusters."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.maps.clusters import cluster, distinct_names, typical_motivations
from core.maps.layout import draw
from core.maps.motivations import NONE, NodeMotivations, node_motivations, said_motivations
from core.maps.quality import mixing, preserved, trustworthiness
from core.maps.space import MapSpace, nearest
from core.maps.words import cluster_words, member_texts
from core.progress import Progress, ProgressEvent, silent
from core.storage import content_hash, write_parquet
from core.training.opened import OpenedRun, profiles_of
from core.workspace import Artefact, Workspace, artefact_id

UNCLUSTERED = -1
"""The cluster of points that HDBSCAN finds in none; its row of ``clusters`` comes last and is called "Unclustered"."""
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
    clusters: int | None = Field(None, ge=1, le=100, description="Number of clusters; none = chosen by silhouette")
    seed: int = Field(0, ge=0, description="Seed of clusters and drawing")

    @model_validator(mode="after")
    def _slot_has_a_motivation(self) -> MapConfig:
        if (self.space == "slot") != (self.motivation is not None):
            raise ValueError("a map of a slot needs its motivation, and a joint map has none")
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


def build_map(workspace: Workspace, run_ref: str, config: MapConfig | None = None, progress: Progress = silent) -> Artefact:
    """The map of a run: the one the workspace holds, or a new one.

    Raises:
        NotFoundError: the workspace does not hold the run or what it was made from.
    """
    config = config or MapConfig()
    source = workspace.get("run", run_ref)
    text = profiles_of(workspace, source)
    identifier = artefact_id(source.manifest.name, content_hash(source.id, text.id if text else "", config, _MAP_VERSION))
    known = workspace.find("map", identifier)
    if known is not None:
        return known
    started = time.perf_counter()
    run = OpenedRun.open(workspace, source.id)
    made = map_of(run, config, progress)
    sources = {"run": run.id, "dataset": run.dataset.id} | ({"profiles": text.id} if text else {})
    with workspace.publish("map", identifier, name=source.manifest.name, sources=sources, config=config.model_dump(mode="json")) as draft:
        write_parquet(draft.path / "points.parquet", made.points)
        write_parquet(draft.path / "clusters.parquet", made.clusters)
        draft.generated = run.dataset.generated
        draft.summary.update(
            n_points=len(made.points),
            n_clusters=len(made.clusters),
            trustworthiness=round(made.trustworthiness, 4),
            mixing=round(made.mixing, 4),
            agreement=_agreement(made.points) if run.vectors.named else None,
            seconds=round(time.perf_counter() - started, 2),
            seed=config.seed,
        )
    return workspace.get("map", identifier)


def map_of(run: OpenedRun, config: MapConfig, progress: Progress = silent) -> MotivationMap:
    """Draw, cluster and name, without a workspace."""
    space = MapSpace.of(run.vectors)
    steps = ("Finding neighbours", "Drawing the map", "Finding clusters", "Naming clusters", "Measuring trust")

    def report(step: int) -> None:
        progress(ProgressEvent(steps[step], step, len(steps)))

    report(0)
    near = nearest(space.vectors, min(config.neighbours, len(space)))
    report(1)
    drawing = draw(space.vectors, near, dimensions=config.dimensions, epochs=config.epochs, min_dist=config.min_dist, seed=config.seed)
    report(2)
    assigned = cluster(space.vectors, config.clusters, config.seed)
    report(3)
    motivations, said = node_motivations(run), said_motivations(run)
    # A cluster's name has to fit the words beside it, so the text decides where there is text.
    clusters = _cluster_table(run, assigned, said if said.shares.any() else motivations)
    report(4)
    made = MotivationMap(
        points=_point_table(run, space, drawing, assigned, (motivations, said), preserved(near[0], drawing)),
        clusters=clusters,
        trustworthiness=trustworthiness(space.vectors, drawing, config.neighbours, seed=config.seed),
        mixing=mixing(near[0], space.n_users),
    )
    progress(ProgressEvent(steps[-1], len(steps), len(steps)))
    return made


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
    """A map in figures, for JSON: {map, run, points, clusters: [{cluster, name, size}], trustworthiness, seconds}."""
    clusters = pd.read_parquet(artefact.path / "clusters.parquet")
    summary = artefact.manifest.summary
    return {
        "map": artefact.id,
        "run": artefact.manifest.sources["run"],
        "points": summary["n_points"],
        "clusters": clusters[["cluster", "name", "size"]].to_dict(orient="records"),
        "trustworthiness": summary["trustworthiness"],
        "mixing": summary["mixing"],
        "seconds": summary["seconds"],
    }


def _cluster_table(run: OpenedRun, assigned: np.ndarray, motivations: NodeMotivations) -> pd.DataFrame:
    n_users = run.dataset.n_users
    typical = typical_motivations(assigned, motivations)
    words = cluster_words(member_texts(run), assigned, n_users)
    users = np.bincount(assigned[:n_users], minlength=len(typical))
    items = np.bincount(assigned[n_users:], minlength=len(typical))
    return pd.DataFrame(
        {
            "cluster": np.arange(len(typical), dtype=np.int32),
            "name": distinct_names(typical, run.motivation_names, words),
            "words": words,
            "size": users + items,
            "users": users,
            "items": items,
            "motivation": [motivation or NONE for motivation in typical],
        }
    )


def _point_table(
    run: OpenedRun,
    space: MapSpace,
    drawing: np.ndarray,
    assigned: np.ndarray,
    leanings: tuple[NodeMotivations, NodeMotivations],
    trust: np.ndarray,
) -> pd.DataFrame:
    dataset = run.dataset
    pairs = run.training_pairs
    motivations, said = leanings
    dominant, confidence = motivations.dominant()
    activity = [np.bincount(pairs[:, column], minlength=n) for column, n in enumerate((dataset.n_users, dataset.n_items))]
    axes = {axis: drawing[:, number] for number, axis in enumerate("xyz"[: drawing.shape[1]])}
    return pd.DataFrame(
        {
            "side": space.sides,
            "node_idx": space.node_idx.astype(np.int32),
            "id": [*dataset.users["user_id"].astype(str), *dataset.items["item_id"].astype(str)],
            "label": [*dataset.users["name"].astype(str), *dataset.items["title"].astype(str)],
            **axes,
            "cluster": assigned,
            "motivation": dominant,
            "distinctive": motivations.distinctive(),
            "said": said.dominant()[0],
            "confidence": confidence,
            "activity": np.concatenate(activity).astype(np.int32),
            "trust": trust,
        }
    )
