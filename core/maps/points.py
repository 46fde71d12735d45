"""The table of a map's points: users and items, and what is placed among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from core.maps.motivations import NodeMotivations
from core.maps.placement import majority, place
from core.maps.quality import preserved_among
from core.maps.space import MapSpace, nearest_among
from core.maps.statements import Statements
from core.maps.views import NodeViews
from core.training.opened import OpenedRun


@dataclass(frozen=True)
class DrawnSpace:
    """What is known of users and items once they are drawn.

    Args:
        space: what was drawn. drawing: float32 [n, 2 or 3]. assigned: int32 [n], clusters. trust: float32 [n].
        neighbours: size of the neighbourhoods, the point itself included. min_dist, seed: as drawn with.
    """

    space: MapSpace
    drawing: np.ndarray
    assigned: np.ndarray
    trust: np.ndarray
    neighbours: int
    min_dist: float
    seed: int


def node_points(run: OpenedRun, drawn: DrawnSpace, acted: NodeMotivations, said: NodeMotivations) -> pd.DataFrame:
    """The rows of users and items: see `core.maps.build.MotivationMap`."""
    dataset, pairs = run.dataset, run.training_pairs
    dominant, confidence = acted.dominant()
    activity = [np.bincount(pairs[:, column], minlength=n) for column, n in enumerate((dataset.n_users, dataset.n_items))]
    sides, node_idx = drawn.space.sides, drawn.space.node_idx.astype(np.int32)
    return pd.DataFrame(
        {
            "side": sides,
            "view": "joint",
            "node_idx": node_idx,
            "id": [*dataset.users["user_id"].astype(str), *dataset.items["item_id"].astype(str)],
            "label": [*dataset.users["name"].astype(str), *dataset.items["title"].astype(str)],
            **_axes(drawn.drawing),
            "cluster": drawn.assigned.astype(np.int32),
            "motivation": dominant,
            "distinctive": acted.distinctive(),
            "said": said.dominant()[0],
            "confidence": confidence,
            "activity": np.concatenate(activity).astype(np.int32),
            "trust": drawn.trust,
            "user_idx": np.where(sides == "user", node_idx, -1).astype(np.int32),
            "item_idx": np.where(sides == "item", node_idx, -1).astype(np.int32),
        }
    )


def statement_points(run: OpenedRun, drawn: DrawnSpace, statements: Statements) -> pd.DataFrame:
    """The rows of drawn statements."""
    assert run.profiles is not None
    table = statements.table
    keys = np.array(run.profiles.taxonomy.keys)[table["motivation"].to_numpy(dtype=np.int64)]
    placed, assigned, trust = _placed(drawn, statements.vectors)
    rows = table["row"].to_numpy(dtype=np.int32)
    return pd.DataFrame(
        {
            "side": "statement",
            "view": "joint",
            "node_idx": rows,
            "id": [f"statement {row}" for row in rows],
            "label": table["statement"].astype(str),
            **_axes(placed),
            "cluster": assigned,
            "motivation": keys,
            "distinctive": keys,
            "said": keys,
            "confidence": table["strength"].to_numpy(dtype=np.float32),
            "activity": np.ones(len(table), dtype=np.int32),
            "trust": trust,
            "user_idx": table["user_idx"].to_numpy(dtype=np.int32),
            "item_idx": table["item_idx"].to_numpy(dtype=np.int32),
        }
    )


def view_points(nodes: pd.DataFrame, drawn: DrawnSpace, views: NodeViews) -> pd.DataFrame:
    """The rows of one view of the nodes: as the nodes' own, but for place, cluster and trust."""
    placed, assigned, trust = _placed(drawn, views.vectors)
    own = nodes.iloc[views.rows].reset_index(drop=True)
    return own.assign(view=views.view, cluster=assigned, trust=trust, **_axes(placed))


def _placed(drawn: DrawnSpace, vectors: torch.Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(places float32 [m, dimensions], clusters int32 [m], trust float32 [m]) of further unit vectors."""
    near = nearest_among(vectors, drawn.space.vectors, min(max(1, drawn.neighbours - 1), len(drawn.space)))
    placed = place(drawn.drawing, near, min_dist=drawn.min_dist, seed=drawn.seed)
    return placed, majority(near[0], drawn.assigned), preserved_among(near[0], placed, drawn.drawing)


def _axes(places: np.ndarray) -> dict[str, np.ndarray]:
    return {axis: places[:, number].astype(np.float32) for number, axis in enumerate("xyz"[: places.shape[1]])}
