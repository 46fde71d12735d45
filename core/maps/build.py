"""Building a motivation map: users and items of a run drawn in one space, in named clusters."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

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

_MAP_VERSION = 1  # part of every map's key: raise it when the same inputs would give another map


class MapConfig(BaseModel):
    """Settings of a motivation map; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    neighbours: int = Field(15, ge=3, le=200, description="Size of the neighbourhoods the drawing keeps")
    min_dist: float = Field(0.1, ge=0, le=1, description="How close points may lie in the drawing")
    epochs: int = Field(200, ge=10, le=2000, description="Optimisation epochs of UMAP")
    dimensions: int = Field(2, ge=2, le=3, description="2 to work with, 3 to look at")
    clusters: int | None = Field(None, ge=1, le=100, description="Number of clusters; none = chosen by silhouette")
    seed: int = Field(0, ge=0, description="Seed of clusters and drawing")


@dataclass(frozen=True)
class MotivationMap:
    """A map.

    Args:
        points: one row per user, then per item: side, node_idx, id, label, x, y (, z), cluster, motivation (the largest share,
            or "none"), distinctive (what the node leans to more than others), said (the largest share of its text, or "none"),
            confidence (of the motivation, from the number of statements, 0..1), activity
            (training interactions), trust (share of its nearest neighbours kept in the drawing, 0..1).
        clusters: cluster, name, words (list), size, users, items, motivation.
        trustworthiness: of the drawing, 1 = what is near is near in the space too. mixing: see `core.maps.quality.mixing`.
    """

    points: pd.DataFrame
    clusters: pd.DataFrame
    trustworthiness: float
    mixing: float


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
    """Read what `build_map` wrote."""
    summary = artefact.manifest.summary
    return MotivationMap(
        points=pd.read_parquet(artefact.path / "points.parquet"),
        clusters=pd.read_parquet(artefact.path / "clusters.parquet"),
        trustworthiness=summary["trustworthiness"],
        mixing=summary["mixing"],
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
