"""What people have picked on the map: an outline in the session, a point and a cluster in the URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import session
from app.components.map_points import ShownMap
from core.maps.members import inside, outlines

CHART = "motivation-map"
POINT = "point"  # in the URL: "user" or "item" (which of the two selected), or "statement:ROW"
_CAUGHT, _CLEARED = "map-caught", "map-cleared"


def catch(of: str) -> None:
    """Keep what was drawn or clicked on the chart: once the figure changes, the chart itself forgets it.

    Args:
        of: what the drawing is of; an outline means nothing on another drawing.
    """
    selection: Mapping[str, Any] = st.session_state[CHART]["selection"]
    rows = sorted({int(_row(point)) for point in selection.get("points", []) if _row(point) is not None})
    drawn = outlines(selection)
    if not drawn and len(rows) == 1:
        st.session_state["map-clicked"] = rows[0]
        forget_outline()
        return
    st.session_state[_CAUGHT] = {"of": of, "outlines": drawn, "rows": [] if drawn else rows}


def forget_outline() -> None:
    """Let go of what was caught; the browser takes the outline away."""
    st.session_state.pop(_CAUGHT, None)
    st.session_state[_CLEARED] = cleared() + 1


def cleared() -> int:
    """How often an outline was let go of in this session: part of the figure's revision."""
    return int(st.session_state.get(_CLEARED, 0))


def caught(of: str, points: pd.DataFrame) -> pd.DataFrame | None:
    """All of ``points`` inside the kept outline, or those clicked; None where nothing is kept for this drawing.

    Args:
        points: what passes the filters, drawn or not; indexed by row.
    """
    kept = st.session_state.get(_CAUGHT)
    if not kept or kept["of"] != of or not (kept["outlines"] or kept["rows"]):
        return None
    if kept["outlines"]:
        return points.iloc[inside(points, kept["outlines"])]
    return points[points.index.isin(kept["rows"])]


def take_click(points: pd.DataFrame) -> None:
    """Choose the point that was clicked, if one was."""
    row = st.session_state.pop("map-clicked", None)
    if row is not None and row in points.index:
        choose(point_at(points, row))


def choose(point: pd.Series) -> None:
    """Make a point of the map the chosen one, in the URL."""
    side = str(point["side"])
    if side == "user":
        session.select(user=str(point["id"]))
    elif side == "item":
        session.select(item=str(point["id"]))
    st.query_params[POINT] = side if side != "statement" else f"statement:{int(point['node_idx'])}"


def forget_point() -> None:
    """No point is chosen any more."""
    if POINT in st.query_params:
        del st.query_params[POINT]


def chosen_row(points: pd.DataFrame) -> int | None:
    """Row of the chosen point among the points given; None where none is, or it is not among them."""
    wanted = str(st.query_params.get(POINT, ""))
    side, _, number = wanted.partition(":")
    if side == "statement" and number.isdecimal():
        return _first(points, (points["side"] == side) & (points["node_idx"] == int(number)))
    if side in ("user", "item"):
        return _first(points, (points["side"] == side) & (points["id"] == session.selected(side)))
    return None


def seed(key: str, known: Sequence[int | str]) -> None:
    """Give a select box the value the URL has for it, where it has none of its own yet; `link` is its ``on_change``.

    Values stand in the URL as what they are and not, as Streamlit's own binding has it, as what they are called: clusters can be renamed.
    """
    if key not in st.session_state and key in st.query_params:
        st.session_state[key] = next((value for value in known if str(value) == st.query_params[key]), None)


def seed_many(key: str, known: Sequence[int]) -> None:
    """The same of a choice of several."""
    if key not in st.session_state and key in st.query_params:
        wanted = st.query_params[key].split(",")
        st.session_state[key] = [value for value in known if str(value) in wanted]


def link(key: str) -> None:
    """Write what was chosen into the URL."""
    value = st.session_state[key]
    written = ",".join(str(one) for one in value) if isinstance(value, list) else "" if value is None else str(value)
    if written:
        st.query_params[key] = written
    elif key in st.query_params:
        del st.query_params[key]


def selected_rows(points: pd.DataFrame) -> list[int]:
    """Rows of the user and the item that are selected on the other pages."""
    mask = np.zeros(len(points), dtype=bool)
    for side in ("user", "item"):
        if (identifier := session.selected(side)) is not None:
            mask |= ((points["side"] == side) & (points["id"] == identifier)).to_numpy(dtype=bool)
    return [int(row) for row in points.index[mask]]


def point_at(points: pd.DataFrame, row: int) -> pd.Series:
    """The point of one row."""
    return points[points.index == row].iloc[0]


def drawing_of(shown: ShownMap, kind: str) -> str:
    """What outlines are kept for."""
    return f"{shown.drawn.id} {kind}"


def _first(points: pd.DataFrame, mask: pd.Series) -> int | None:
    rows = points.index[mask.to_numpy(dtype=bool)]
    return int(rows[0]) if len(rows) else None


def _row(point: Mapping[str, Any]) -> Any:
    """The customdata of a caught point: its row, as a number or in a list of one."""
    value = point.get("customdata")
    return value[0] if isinstance(value, (list, tuple)) and value else value
