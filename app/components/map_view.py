"""The map on its page: what to colour, filter and search, the chart, and what a lasso or a click has caught."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import session
from app.artefacts import map_space
from app.artefacts import table as stored_table
from app.charts.motivation_map import COLOURINGS, motivation_map, shown_sample
from app.components.errors import live_fragment
from app.components.export import chart, table
from app.components.page import literal
from core.maps.outline import inside
from core.recommend.recommender import Recommender
from core.workspace import Artefact

_SIDES = {"both": "Both", "user": "Users", "item": "Items"}


@live_fragment()
def map_view(drawn: Artefact, recommender: Recommender, names: Mapping[str, str]) -> None:
    """Chart and selection; a fragment, so that a lasso does not run the whole page again.

    Args:
        names: key of a motivation -> name, in the order of the taxonomy, "other" last.
    """
    points, clusters = stored_table(drawn, "points.parquet"), stored_table(drawn, "clusters.parquet")
    colour_by, label_clusters, wanted = _controls()
    filtered = _filtered(points, clusters)
    found = _found(filtered, wanted)
    marked = found | _is_selected(filtered)
    shown = shown_sample(filtered, marked)
    if len(shown) < len(filtered):
        st.caption(f"{len(shown):,} of {len(filtered):,} points are drawn, at random; a lasso or a box still catches all of them.")
    figure = motivation_map(
        shown,
        names,
        clusters,
        colour_by=colour_by,
        highlighted=marked[filtered.index.get_indexer(shown.index)],
        label_clusters=label_clusters,
        revision=drawn.id,
    )
    event = chart(
        figure,
        "motivation-map",
        "Scatter of users and items by what moves them",
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
    )
    if wanted:
        st.caption(f"{int(found.sum()):,} of {len(filtered):,} points match “{literal(wanted)}”.")
    caught = caught_points(filtered, event["selection"] if event else {}, complete=len(shown) == len(filtered))
    if len(caught) == 0 and wanted and 0 < found.sum() <= 500:
        caught = filtered[found]
    _show_caught(caught, clusters, names, recommender)


def _controls() -> tuple[str, bool, str]:
    first, second, third, fourth = st.columns([1.2, 1.4, 1.3, 1], vertical_alignment="bottom")
    colour_by = first.selectbox("Colour by", list(COLOURINGS), format_func=COLOURINGS.__getitem__, key="colour", bind="query-params")
    second.segmented_control(
        "Show", list(_SIDES), default="both", required=True, format_func=_SIDES.__getitem__, key="show", bind="query-params"
    )
    wanted = third.text_input("Search", key="find", type="search", placeholder="part of a name, title or id", bind="query-params")
    with fourth.popover("Filter and labels", width="stretch"):
        st.toggle("Names of clusters", True, key="cluster-names")
        st.slider("At least this many training interactions", 1, 50, 1, key="least-activity")
        st.slider(
            "At least this much trust",
            0.0,
            1.0,
            0.0,
            0.05,
            key="least-trust",
            help="Share of a point's nearest neighbours in the original space that are near it here too",
        )
    return colour_by or "distinctive", bool(st.session_state["cluster-names"]), (wanted or "").strip()


def _filtered(points: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    del clusters
    kept = (points["activity"] >= st.session_state["least-activity"]) | (st.session_state["least-activity"] <= 1)
    kept &= points["trust"] >= st.session_state["least-trust"]
    if st.session_state["show"] in ("user", "item"):
        kept &= points["side"] == st.session_state["show"]
    return points[kept]


def _found(points: pd.DataFrame, wanted: str) -> np.ndarray:
    if not wanted:
        return np.zeros(len(points), dtype=bool)
    inside_label = points["label"].str.contains(wanted, case=False, regex=False)
    return (inside_label | points["id"].str.contains(wanted, case=False, regex=False)).to_numpy(dtype=bool)


def _is_selected(points: pd.DataFrame) -> np.ndarray:
    """The user and the item of the URL."""
    mask = np.zeros(len(points), dtype=bool)
    for side in ("user", "item"):
        if (identifier := session.selected(side)) is not None:
            mask |= ((points["side"] == side) & (points["id"] == identifier)).to_numpy()
    return mask


def caught_points(points: pd.DataFrame, selection: Mapping[str, Any], *, complete: bool) -> pd.DataFrame:
    """The points of a selection: by their customdata, or by the outline where not all points are drawn."""
    outlines = [*selection.get("lasso", []), *selection.get("box", [])]
    if outlines and not complete:
        mask = np.zeros(len(points), dtype=bool)
        for outline in outlines:
            mask |= inside(points[["x", "y"]].to_numpy(), outline["x"], outline["y"])
        return points[mask]
    wanted = {(point["customdata"][0], int(point["customdata"][1])) for point in selection.get("points", []) if point.get("customdata")}
    if not wanted:
        return points.iloc[:0]
    return points[[pair in wanted for pair in zip(points["side"], points["node_idx"], strict=True)]]


def _show_caught(caught: pd.DataFrame, clusters: pd.DataFrame, names: Mapping[str, str], recommender: Recommender) -> None:
    if caught.empty:
        listed = clusters.assign(
            words=[", ".join(words) for words in clusters["words"]], motivation=[names.get(key, "none") for key in clusters["motivation"]]
        )
        note = "Draw a lasso or a box, or click a point, and what it catches is listed here. The clusters of the map:"
        table(listed[["name", "size", "users", "items", "motivation", "words"]], "clusters", note, exported=listed)
        return
    counts = Counter(caught["side"])
    leaning = Counter(names.get(key, "no statement") for key in caught["distinctive"]).most_common(3)
    note = (
        f"**{counts['user']:,} users and {counts['item']:,} items caught.** They lean more than others to "
        + ", ".join(f"{literal(name)} ({100 * count / len(caught):.0f} %)" for name, count in leaning)
        + ". Choose a row to see its nearest neighbours."
    )
    cluster_names = dict(zip(clusters["cluster"], clusters["name"], strict=True))
    listed = pd.DataFrame(
        {
            "side": caught["side"],
            "name": caught["label"],
            "id": caught["id"],
            "main motivation": [names.get(key, "no statement") for key in caught["motivation"]],
            "distinctive motivation": [names.get(key, "no statement") for key in caught["distinctive"]],
            "cluster": [cluster_names.get(cluster, "") for cluster in caught["cluster"]],
            "training interactions": caught["activity"],
            "trust": caught["trust"].round(2),
        }
    ).reset_index(drop=True)
    height = min(320, 38 + 35 * len(listed))
    rows = table(listed, "selected-points", note, on_select="rerun", selection_mode="single-row", height=height)
    chosen = rows["selection"]["rows"]
    position = chosen[0] if chosen and chosen[0] < len(caught) else 0 if len(caught) == 1 else None
    if position is not None:
        _neighbourhood(caught.iloc[position], recommender)


def _neighbourhood(point: pd.Series, recommender: Recommender) -> None:
    """Nearest nodes in the original space, and the ways on from the chosen point."""
    side, other = str(point["side"]), "item" if point["side"] == "user" else "user"
    st.markdown(f"**{literal(str(point['label']))}** and what is nearest to it in the original space, not in the drawing")
    space = map_space(recommender)
    labels = {"user": recommender.dataset.users["name"], "item": recommender.dataset.items["title"]}
    left, right = st.columns(2)
    for column, among in ((left, side), (right, other)):
        near = space.neighbours(side, int(point["node_idx"]), 8, among)  # type: ignore[arg-type]
        listed = pd.DataFrame(
            {
                f"nearest {among}s": [str(labels[node.side].iloc[node.idx]) for node in near],
                "cosine": [round(node.similarity, 3) for node in near],
            }
        )
        column.dataframe(listed, hide_index=True, key=f"near-{among}")
    with st.container(horizontal=True):
        if st.button("Open the profile", type="primary", key="open-profile"):
            session.open_page(
                "profiles", **({"user": str(point["id"]), "item": None} if side == "user" else {"item": str(point["id"]), "user": None})
            )
        if side == "user" and st.button("Recommendations for this user", key="open-recommendations"):
            session.open_page("recommendations", user=str(point["id"]), item=None)
