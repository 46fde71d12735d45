"""Text view and interaction view of the same node: each placed on the map on its own, and how well the two agree.

The text view alone says what somebody writes, the interaction view what somebody does. Placed among the joint vectors of users and items,
both lie where the node would be if it were only that; the way between them is where text and behaviour disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch.nn.functional import normalize

from core.maps.space import MapSpace
from core.training.opened import SIDES, OpenedRun, Side

View = Literal["text", "interaction"]
VIEWS: tuple[View, ...] = ("text", "interaction")
_AT_A_TIME = 1000


@dataclass(frozen=True)
class NodeViews:
    """One view of all nodes that have it.

    Args:
        view: which. rows: int64 [m], rows of the map's space the nodes have, ascending.
        vectors: float32 [m, K s], unit length, in that space.
    """

    view: View
    rows: np.ndarray
    vectors: torch.Tensor


def node_views(run: OpenedRun, space: MapSpace) -> list[NodeViews]:
    """Both views of users and items in the map's space; empty where the run has none that fit its slots.

    Of the text view a run keeps only directions that count, so every slot is given the mean length that it has in the interaction view,
    as the model does where it adds the two. Nodes whose text is silent (in a map of a slot: about its motivation) have no text view.
    """
    made = []
    for view in VIEWS:
        brought = [_brought(run, space, view, side) for side in SIDES]
        if brought[0] is None or brought[1] is None:
            return []
        vectors = torch.cat([one for one in brought if one is not None])
        rows = np.flatnonzero((vectors.norm(dim=1) > 0).numpy())
        made.append(NodeViews(view, rows, vectors[torch.from_numpy(rows)]))
    return made


def _brought(run: OpenedRun, space: MapSpace, view: View, side: Side) -> torch.Tensor | None:
    views, (n_slots, width) = run.vectors.views, run.vectors.user.shape[1:]
    own, acted = views.get(f"{side}_{view}"), views.get(f"{side}_interaction")
    if own is None or acted is None or own.shape[1:] != acted.shape[1:] or own.shape[1] != n_slots or own.shape[2] > width:
        return None
    if view == "text":
        own = normalize(own.float(), dim=2) * acted.float().norm(dim=2).mean(dim=0)[:, None]
    return space.bring(own, side)


def alignment(views: list[NodeViews], space: MapSpace, sample: int = 2000, seed: int = 0) -> dict[str, dict[str, Any]]:
    """How often a node's text view finds its own interaction view among those of all nodes of its side, in the map's space.

    Returns:
        For "user" and "item", where there are any: nodes (with both views), measured (of them, at most ``sample``), nearest (share
        whose own interaction view is the nearest of all), within_10 (share with it among the ten nearest), median_rank (1 = the
        nearest) and chance_rank (the median rank if the views had nothing to do with each other).
    """
    found: dict[str, dict[str, Any]] = {}
    if len(views) != len(VIEWS):
        return found
    text, acted = views
    for side in SIDES:
        of_side = (acted.rows < space.n_users) == (side == "user")
        among, rows = acted.vectors[torch.from_numpy(of_side)], acted.rows[of_side]
        both = np.flatnonzero(np.isin(text.rows, rows))
        if len(both) == 0:
            continue
        chosen = np.sort(np.random.default_rng(seed).choice(both, size=min(sample, len(both)), replace=False))
        ranks = _ranks(text.vectors[torch.from_numpy(chosen)], among, np.searchsorted(rows, text.rows[chosen]))
        found[side] = {
            "nodes": len(both),
            "measured": len(chosen),
            "nearest": round(float((ranks == 1).mean()), 4),
            "within_10": round(float((ranks <= 10).mean()), 4),
            "median_rank": float(np.median(ranks)),
            "chance_rank": (len(among) + 1) / 2,
        }
    return found


def _ranks(vectors: torch.Tensor, among: torch.Tensor, own: np.ndarray) -> np.ndarray:
    """Int [m]: at which place each vector finds the one that belongs to it, 1 = nearest; equals count before it."""
    ranks = []
    for part, where in zip(vectors.split(_AT_A_TIME), torch.from_numpy(own).split(_AT_A_TIME), strict=True):
        cosines = part @ among.T
        mine = cosines[torch.arange(len(part)), where][:, None]
        ranks.append((cosines >= mine).sum(dim=1).clamp(min=1))
    return np.asarray(torch.cat(ranks))
