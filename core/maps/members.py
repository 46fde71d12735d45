"""Which points of a map an outline, a search or a sample for display means: always rows of all points, not only of those drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.maps.outline import inside as inside_corners

Rows = npt.NDArray[np.int64]
"""Positions (0 .. n - 1) in the table of points that was handed over, not its index labels."""


@dataclass(frozen=True)
class Outline:
    """A lasso (corners in order) or a box (two opposite corners), in the coordinates of the map.

    Args:
        xs, ys: the corners. box: whether the two corners are those of a box.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    box: bool = False


def outlines(selection: Mapping[str, Any]) -> list[Outline]:
    """The outlines of a plotly selection, ``{"lasso": [{"x": [...], "y": [...]}], "box": [...]}``; parts that enclose nothing are left out.

    Args:
        selection: ``event["selection"]`` of Streamlit's plotly chart, or the same as plain data from the URL.
    """
    lassos = [Outline(*_corners(part)) for part in selection.get("lasso") or () if len(part["x"]) > 2]
    boxes = [Outline(*_corners(part), box=True) for part in selection.get("box") or () if len(part["x"]) == 2]
    return [*lassos, *boxes]


def _corners(part: Mapping[str, Sequence[float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(float(x) for x in part["x"]), tuple(float(y) for y in part["y"])


def inside(points: pd.DataFrame, outline: Outline | Sequence[Outline]) -> Rows:
    """Rows of all points inside an outline, or inside any of several, in their order.

    A lasso holds what the even-odd rule says: where it crosses itself, what is enclosed twice is outside.

    Args:
        points: with columns x and y, e.g. ``MotivationMap.points`` or a filtered part of them.
    """
    wanted = [outline] if isinstance(outline, Outline) else list(outline)
    places = points[["x", "y"]].to_numpy(dtype=np.float64)
    caught = np.zeros(len(places), dtype=bool)
    for one in wanted:
        caught |= _enclosed(places, one)
    return np.flatnonzero(caught)


def _enclosed(places: np.ndarray, outline: Outline) -> np.ndarray:
    if len(outline.xs) < (2 if outline.box else 3):
        return np.zeros(len(places), dtype=bool)
    low, high = (np.array([bound(outline.xs), bound(outline.ys)]) for bound in (min, max))
    caught = np.asarray(((places >= low) & (places <= high)).all(axis=1))
    if not outline.box:
        near = np.flatnonzero(caught)
        caught[near] = inside_corners(places[near], outline.xs, outline.ys)
    return caught


def display_sample(points: pd.DataFrame, most: int, seed: int = 0) -> Rows:
    """Rows to draw where there are too many: at most ``most``, every cluster (and each side within it) in proportion to its size.

    A stratum that has any point keeps one while ``most`` allows it, so that no small cluster vanishes.

    Args:
        points: with columns cluster and side. most: 0 or more. seed: equal seeds give equal samples.

    Returns:
        All rows where there are no more than ``most``; in their order.
    """
    n = len(points)
    if n <= most:
        return np.arange(n)
    strata = points.groupby(["cluster", "side"], sort=True).ngroup().to_numpy(dtype=np.int64)
    quota = _quotas(np.bincount(strata), most)
    order = np.random.default_rng(seed).permutation(n)
    order = order[np.argsort(strata[order], kind="stable")]
    own = strata[order]
    starts = np.searchsorted(own, np.arange(len(quota)))
    return np.sort(order[np.arange(n) - starts[own] < quota[own]])


def _quotas(sizes: np.ndarray, most: int) -> np.ndarray:
    """Int [strata]: how many of each to keep, by largest remainders, one at least, ``most`` in all."""
    least = np.ones_like(sizes) if most >= len(sizes) else np.zeros_like(sizes)
    share = (sizes - least) * ((most - least.sum()) / max(1, (sizes - least).sum()))
    quota = least + np.floor(share).astype(np.int64)
    left = most - int(quota.sum())
    quota[np.argsort(-(share - np.floor(share)), kind="stable")[:left]] += 1
    return np.asarray(np.minimum(quota, sizes))


def search(points: pd.DataFrame, text: str, clusters: pd.DataFrame | None = None) -> Rows:
    """Rows whose id, label or cluster's name holds a text, case aside: whole ids and labels first, then beginnings, then the rest.

    Args:
        points: with columns id, label and cluster. text: what was typed; nothing finds nothing.
        clusters: with columns cluster and name (of `core.maps.cluster_edits.edited`); None leaves names of clusters out.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return np.zeros(0, dtype=np.int64)
    rank = np.full(len(points), 9)
    for column in ("label", "id"):
        values = points[column].astype(str).str.casefold()
        found = values.str.contains(wanted, regex=False).to_numpy(dtype=bool)
        rank = np.where(found, np.minimum(rank, 2), rank)
        rank = np.where(values.str.startswith(wanted).to_numpy(dtype=bool), np.minimum(rank, 1), rank)
        rank = np.where((values == wanted).to_numpy(dtype=bool), 0, rank)
    if clusters is not None:
        named = clusters.loc[clusters["name"].str.casefold().str.contains(wanted, regex=False), "cluster"]
        rank = np.where(points["cluster"].isin(named).to_numpy(dtype=bool), np.minimum(rank, 3), rank)
    order = np.argsort(rank, kind="stable")
    return order[rank[order] < 9].astype(np.int64)
