"""The chosen point of the map with its nearest in the original space, not in the drawing."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.components.export import table
from app.components.map_members import ways_on
from app.components.map_points import Setting, ShownMap, space_of
from app.components.map_state import chosen_row, forget_point, point_at
from app.components.page import literal
from core.maps.space import Neighbour
from core.training.opened import Side

_NEAREST = 8
_PLACED = {
    "encoder": ", placed by what was said: where the run's own text encoder would put somebody who said nothing but this",
    "nodes": ", placed between who said it and what of: this run has no text encoder that could place it by its words",
}
_SIDES: tuple[Side, ...] = ("user", "item")


def neighbour_rows(setting: Setting, shown: ShownMap, points: pd.DataFrame, row: int) -> list[int]:
    """Rows of the chosen point's nearest nodes, users and items, in the original space; those not on this map are left out."""
    if points.at[row, "side"] == "statement":
        return []
    found = [one for near in _nearest(setting, shown, point_at(points, row)).values() for one in near]
    places = _places(points, str(points.at[row, "view"]))
    return [places[one.side, one.idx] for one in found if (one.side, one.idx) in places]


def neighbour_section(setting: Setting, shown: ShownMap, points: pd.DataFrame) -> None:
    """The chosen point: what it is, its neighbours as tables with cosines, and the ways on."""
    row = chosen_row(points)
    if row is None:
        return
    point = point_at(points, row)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(literal(str(point["label"])), anchor=False, width="content")
        if st.button("Let go of the point", key="forget-point", icon=":material/close:", type="tertiary"):
            forget_point()
            st.rerun(scope="fragment")
    if point["side"] == "statement":
        _statement(shown, points, point)
        return
    by = "" if shown.config.motivation is None else f" of {literal(setting.names.get(shown.config.motivation, ''))}"
    st.caption(
        f"Nearest in the original space{by}, not in the drawing: the cosine is exact, and the red lines on the map show where the drawing "
        "has put them. Long lines are what the drawing could not keep."
    )
    ways_on(point)
    labels = points.drop_duplicates(["side", "node_idx"]).set_index(["side", "node_idx"])
    for column, (side, near) in zip(st.columns(2), _nearest(setting, shown, point).items(), strict=True):
        with column:
            _listed(side, near, labels)


def _listed(side: str, near: list[Neighbour], labels: pd.DataFrame) -> None:
    known = [one for one in near if (one.side, one.idx) in labels.index]
    rows = labels.loc[[(one.side, one.idx) for one in known]]
    listed = pd.DataFrame(
        {
            f"nearest {side}s": rows["label"].to_numpy(),
            "cosine": [round(one.similarity, 3) for one in known],
            "cluster": rows["cluster_name"].to_numpy(),
        }
    )
    table(listed, f"near-{side}s", f"**Nearest {side}s**", exported=listed.assign(id=rows["shown_id"].to_numpy()))


def _statement(shown: ShownMap, points: pd.DataFrame, point: pd.Series) -> None:
    """A statement is no node of the run: how it came to its place, whose it is and what of."""
    placed_by = shown.figures.get("statements", {}).get("placed_by")
    st.caption(f"A statement of a training review{_PLACED.get(placed_by, '')}.")
    for side in ("user", "item"):
        idx = int(point[f"{side}_idx"])
        nodes = points[(points["side"] == side) & (points["node_idx"] == idx)]
        if idx >= 0 and len(nodes):
            st.markdown(f"**{'By' if side == 'user' else 'About'}** {literal(str(nodes['label'].iloc[0]))}")


def _nearest(setting: Setting, shown: ShownMap, point: pd.Series) -> dict[Side, list[Neighbour]]:
    space = space_of(setting.run, shown.config.motivation)
    own: Side = "user" if point["side"] == "user" else "item"
    return {side: space.neighbours(own, int(point["node_idx"]), _NEAREST, side) for side in _SIDES}


def _places(points: pd.DataFrame, view: str) -> dict[tuple[str, int], int]:
    """(side, node) -> row, of the points of one view."""
    nodes = points[(points["view"] == view) & (points["side"] != "statement")]
    return {(str(side), int(node)): int(row) for row, side, node in zip(nodes.index, nodes["side"], nodes["node_idx"], strict=True)}
