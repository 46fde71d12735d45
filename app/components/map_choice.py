"""Which map the page shows: of all slots or of one motivation, nodes by text and by behaviour, or over the training; and how to get one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components.job_progress import launch_button
from app.components.map_points import Setting, run_vectors
from app.components.map_state import link, seed
from app.components.page import empty_state, moment
from core.maps.build import MapConfig
from core.maps.catalogue import config_of, maps_of
from core.maps.epochs import epoch_maps_of, has_snapshots
from core.workspace import Artefact

KINDS = {
    "joint": "Users and items",
    "slot": "One motivation",
    "views": "Text against behaviour",
    "epochs": "Over the training",
}
_SENTENCES = {
    "joint": "Near each other are those whom the same motivations move, by all slots of the run together.",
    "slot": "Near each other are those who are alike in this one motivation, whatever else moves them.",
    "views": "Each node twice: where its text puts it (triangle) and where its interactions put it (square). "
    "The longer the line, the less the two agree.",
    "epochs": "How the map came about: drawings of several training epochs, each laid over the next, on the same axes.",
}


@dataclass(frozen=True)
class Choice:
    """What is to be shown: ``drawn`` is a map, or the maps over the training where ``kind`` is "epochs"."""

    kind: str
    drawn: Artefact


def choose_map(setting: Setting) -> Choice | None:
    """The choice of a map, in the URL; None where there is none of the kind, after the page has said what to do."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        kind, motivation, dimensions = _wanted(setting)
    st.caption(_SENTENCES[kind])
    if kind == "epochs":
        drawn = epoch_maps_of(setting.space, setting.run)
        if drawn is None:
            _no_epochs(setting)
    else:
        settings = _settings(kind, motivation, dimensions)
        drawn = _stored(setting, row, kind, motivation, dimensions)
        if drawn is None:
            _no_map(setting, kind, settings)
    return None if drawn is None else Choice(kind, drawn)


def _wanted(setting: Setting) -> tuple[str, str | None, int]:
    """Kind, motivation and dimensions."""
    kind = st.segmented_control(
        "Map", list(KINDS), default="joint", required=True, format_func=KINDS.__getitem__, key="map", bind="query-params", width="content"
    )
    motivation = _motivation(setting) if kind == "slot" else None
    dimensions = 2
    if kind in ("joint", "slot"):
        chosen = st.segmented_control(
            "Drawn in",
            [2, 3],
            default=2,
            required=True,
            format_func=lambda count: f"{count}-D",
            key="dimensions",
            bind="query-params",
            width="content",
            help="Three dimensions are for looking only; select, compare and name clusters in two.",
        )
        dimensions = chosen or 2
    return kind or "joint", motivation, dimensions


def _motivation(setting: Setting) -> str | None:
    """The motivation whose slot is drawn; None where the run's slots have no names."""
    keys = run_vectors(setting.run).motivations
    if not keys:
        return None
    return st.selectbox("Motivation", keys, format_func=lambda key: setting.names.get(key, key), key="slot", bind="query-params", width=260)


def _settings(kind: str, motivation: str | None, dimensions: int) -> dict[str, Any]:
    """What of a map's settings the kind decides."""
    settings: dict[str, Any] = {"dimensions": dimensions}
    return settings | ({"space": "slot", "motivation": motivation} if kind == "slot" else {})


def _stored(setting: Setting, row: DeltaGenerator, kind: str, motivation: str | None, dimensions: int) -> Artefact | None:
    """The map of the URL among those of this kind, else the newest."""
    found = []
    for drawn in maps_of(setting.space, setting.run):
        config = config_of(drawn)
        fits = config.dimensions == dimensions and config.motivation == (motivation if kind == "slot" else None)
        if fits and (kind != "views" or config.views) and (kind != "slot" or motivation is not None):
            found.append(drawn)
    if not found:
        return None
    known = {drawn.id: drawn for drawn in found}
    seed("drawn", list(known))
    with row.popover("Settings", icon=":material/tune:", type="tertiary"):
        chosen = st.selectbox(
            "Drawn with",
            list(known),
            format_func=lambda identifier: _words(known[identifier]),
            key="drawn",
            on_change=link,
            args=("drawn",),
        )
        st.divider()
        st.markdown("**Draw another**")
        _build_form(setting, _settings(kind, motivation, dimensions), primary=False)
    return known.get(chosen or "", found[0])


def _words(drawn: Artefact) -> str:
    config = config_of(drawn)
    number = "by silhouette" if config.clusters is None else str(config.clusters)
    clusters = "HDBSCAN" if config.method == "hdbscan" else f"k-means, clusters {number}"
    return f"{clusters}, {config.neighbours} neighbours, {config.statements:,} statements ({moment(drawn.manifest.created_at)})"


def _no_map(setting: Setting, kind: str, settings: dict[str, Any]) -> None:
    vectors = run_vectors(setting.run)
    if kind == "slot" and not vectors.named:
        empty_state("The slots of this run have no names", "Only LMMRec's slots are motivations: choose such a run in the sidebar.")
        return
    if kind == "views" and "user_text" not in vectors.views and "user_interaction" not in vectors.views:
        empty_state(
            "This run has no separate views",
            "Only LMMRec keeps where a node's text and its interactions alone would put it: choose such a run in the sidebar.",
        )
        return
    if kind == "joint" and settings["dimensions"] == 2:
        title, hint = "This run has no map yet", ""
    else:
        title, hint = "This run has no such map yet", "It is drawn beside the maps there are. "
    empty_state(title, f"{hint}Drawing takes seconds for a few thousand users and items, and a few minutes for 50,000.")
    _build_form(setting, settings, primary=True)


def _no_epochs(setting: Setting) -> None:
    if not has_snapshots(setting.run):
        empty_state(
            "This run kept no snapshots of its training",
            "Train again with snapshots switched on; what the run has learned at a few epochs is then kept beside it.",
        )
        return
    empty_state("The training of this run has not been drawn yet", "One drawing for each kept epoch: a few times as long as one map.")
    launch_button(setting.space, "Draw the training", "epoch-map", {"run": setting.run.id}, key="build-epoch-map")


def _build_form(setting: Setting, settings: dict[str, Any], *, primary: bool) -> None:
    """The settings people may want to change, and the button; what is not changed is the default."""
    fields = MapConfig.model_fields
    left, right = st.columns(2, vertical_alignment="bottom")
    method = left.segmented_control(
        "Clusters by",
        ["k-means", "hdbscan"],
        default="k-means",
        required=True,
        key="new-method",
        help="k-means puts every point into a cluster; HDBSCAN finds dense groups and leaves out what lies between",
    )
    number = right.number_input(
        "Number of clusters",
        min_value=2,
        max_value=100,
        value=None,
        key="new-clusters",
        placeholder="by silhouette",
        disabled=method != "k-means",
    )
    left, right = st.columns(2)  # anew, so that both of a row stand level
    neighbours = left.number_input(
        "Neighbours", min_value=3, max_value=200, value=15, key="new-neighbours", help=fields["neighbours"].description
    )
    statements = right.number_input(
        "Statements drawn", min_value=0, max_value=20_000, value=1500, step=500, key="new-statements", help=fields["statements"].description
    )
    changed = {"method": method, "neighbours": int(neighbours), "statements": int(statements)}
    if number is not None and method == "k-means":
        changed["clusters"] = int(number)
    label = "Build the map" if primary else "Draw it"
    launch_button(setting.space, label, "map", {"run": setting.run.id, "config": settings | changed}, key="build-map", primary=primary)
