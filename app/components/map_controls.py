"""What of a map is shown and how: colour, search, filters, names of clusters, trust; every choice stands in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from app.charts.motivation_map_colours import MEANINGS, colourings
from app.components.map_state import link, seed_many

KINDS = {"user": "Users", "item": "Items", "statement": "Statements"}
DRAGS = {"lasso": "Lasso", "select": "Box", "pan": "Move, pick"}
_STEPS = (0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 1_000_000)
_BY_MOTIVATION = ("distinctive", "motivation", "said")


@dataclass(frozen=True)
class Controls:
    """What people chose.

    Args:
        colour_by: a column. search: what was typed. kinds: sides that are shown.
        motivations, clusters: only these, or all where empty; ``motivation_column`` says which of a point's motivations is meant.
        activity: least and most training interactions. least_trust: 0..1.
        cluster_names, trust_regions, density: overlays. drag: what dragging the mouse does.
    """

    colour_by: str
    search: str
    kinds: tuple[str, ...]
    motivations: tuple[str, ...] = ()
    motivation_column: str = "motivation"
    clusters: tuple[int, ...] = ()
    activity: tuple[int, int] = (_STEPS[0], _STEPS[-1])
    least_trust: float = 0.0
    cluster_names: bool = True
    trust_regions: bool = False
    density: bool = False
    drag: str = "lasso"


def controls(points: pd.DataFrame, clusters: pd.DataFrame, names: Mapping[str, str], *, solid: bool = False) -> Controls:
    """Show the controls of a map and read them.

    Args:
        solid: the drawing has three dimensions: nothing can be selected in it.
    """
    choices = colourings(points)
    first, second, third = st.columns([1.3, 1.9, 0.6], vertical_alignment="bottom")
    colour_by = first.selectbox(
        "Colour by",
        list(choices),
        format_func=lambda column: choices.get(column, column),
        key="colour",
        bind="query-params",
        help="\n\n".join(f"**{choices[column]}**: {MEANINGS[column]}" for column in choices if column in MEANINGS),
    )
    search = second.text_input(
        "Search", key="find", type="search", placeholder="name, title, id, words of a statement, cluster", bind="query-params"
    )
    column = colour_by if colour_by in _BY_MOTIVATION else "motivation"
    with third:
        filters = _filters(points, clusters, names, choices.get(column, "Main motivation"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kinds = _kinds(points)
        drag = "pan" if solid else _mouse()
        overlays = _overlays(solid)
    chosen, numbers, activity, least_trust = filters
    return Controls(
        colour_by=colour_by or "distinctive",
        search=(search or "").strip(),
        kinds=tuple(kinds),
        motivations=chosen,
        motivation_column=column,
        clusters=numbers,
        activity=activity,
        least_trust=least_trust,
        cluster_names=overlays[0],
        trust_regions=overlays[1],
        density=overlays[2],
        drag=drag,
    )


def _kinds(points: pd.DataFrame) -> list[str]:
    present = [side for side in KINDS if (points["side"] == side).any()]
    return st.pills(
        "Show",
        present,
        selection_mode="multi",
        default=present,
        format_func=KINDS.__getitem__,
        key="show",
        bind="query-params",
        width="content",
    )


def _mouse() -> str:
    chosen = st.segmented_control(
        "Mouse",
        list(DRAGS),
        default="lasso",
        required=True,
        format_func=DRAGS.__getitem__,
        key="mouse",
        bind="query-params",
        width="content",
        help="Draw around points, draw a box, or move the map and pick single points by a click",
    )
    return chosen or "lasso"


def _filters(
    points: pd.DataFrame, clusters: pd.DataFrame, names: Mapping[str, str], which: str
) -> tuple[tuple[str, ...], tuple[int, ...], tuple[int, int], float]:
    with st.popover("Filters", icon=":material/filter_alt:", key="map-filters", width="stretch"):
        chosen = st.multiselect(
            which,
            list(names),
            format_func=lambda key: names.get(key, key),
            key="motivations",
            bind="query-params",
            placeholder="all",
        )
        named = {int(number): str(name) for number, name in zip(clusters["cluster"], clusters["name"], strict=True)}
        seed_many("clusters", list(named))
        numbers = st.multiselect(
            "Clusters",
            list(named),
            format_func=lambda number: named.get(number, str(number)),
            key="clusters",
            on_change=link,
            args=("clusters",),
            placeholder="all",
        )
        steps = [step for step in _STEPS if step <= max(1, int(points["activity"].max()) if len(points) else 1)] + [_STEPS[-1]]
        least, most = st.select_slider(
            "Training interactions",
            steps,
            (steps[0], steps[-1]),
            format_func=lambda step: "all" if step == _STEPS[-1] else f"{step:,}",
            key="activity",
            bind="query-params",
        )
        trust = st.slider("At least this much trust", 0.0, 1.0, 0.0, 0.05, key="least-trust", bind="query-params", help=MEANINGS["trust"])
    return tuple(chosen), tuple(numbers), (least, most), float(trust)


def _overlays(solid: bool) -> tuple[bool, bool, bool]:
    if solid:
        return False, False, False
    named = st.toggle("Names", True, key="cluster-names", bind="query-params", help="Write each cluster's name on the drawing")
    regions = st.toggle(
        "Doubt",
        key="trust-regions",
        bind="query-params",
        help="Shade the regions where what is near in the drawing is not near in the original space",
    )
    crowded = st.toggle(
        "Density", key="density", bind="query-params", help="Shade where points are many: of all that pass the filters, drawn or not"
    )
    return named, regions, crowded


def kept(points: pd.DataFrame, chosen: Controls) -> np.ndarray:
    """Bool [n]: the points that pass the filters."""
    mask = points["side"].isin(chosen.kinds)
    if chosen.motivations:
        mask &= points[chosen.motivation_column].isin(chosen.motivations)
    if chosen.clusters:
        mask &= points["cluster"].isin(chosen.clusters)
    least, most = chosen.activity
    # What a statement is of is not told by how many interactions it has: one.
    mask &= (points["side"] == "statement") | points["activity"].between(least, most)
    if chosen.least_trust > 0:
        mask &= points["trust"] >= chosen.least_trust
    return mask.to_numpy(dtype=bool)
