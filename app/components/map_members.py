"""Who was caught on the map: a table of all of them, the way on to one, and a way to take them along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app import session
from app.components.export import table
from app.components.map_points import Setting
from app.components.map_state import choose, forget_outline
from app.components.page import literal

_MOST_LISTED = 1_000
_PLURAL = {"user": "users", "item": "items", "statement": "statements"}


def member_section(setting: Setting, members: pd.DataFrame, where: str, *, outlined: bool = False) -> None:
    """All members of a selection.

    Args:
        members: points, drawn or not. where: "inside your outline", ...
        outlined: there is an outline that can be let go of.
    """
    members = members.drop_duplicates(["side", "node_idx"]).sort_values("activity", ascending=False, kind="stable")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Selected", anchor=False, width="content")
        if outlined and st.button("Let go of the outline", key="forget-outline", icon=":material/close:", type="tertiary"):
            forget_outline()
            st.rerun(scope="fragment")
    if members.empty:
        st.caption(f"No point that passes the filters is {where}.")
        return
    listed = member_table(members, setting.names)
    shown = listed.head(_MOST_LISTED)
    rows = table(
        shown.drop(columns="id") if setting.people.hidden else shown,
        "selected-points",
        _summary(members, where, setting.names),
        exported=listed,
        on_select="rerun",
        selection_mode="single-row",
        height=min(320, 38 + 35 * len(shown)),
    )
    if len(listed) > len(shown):
        st.caption(f"The {len(shown):,} with the most training interactions are listed; the export holds all {len(listed):,}.")
    _choose_row(members, rows["selection"]["rows"])


def member_table(members: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """The members in words; a hidden user's id is the pseudonym."""

    def told(column: str) -> pd.Series:
        return members[column].map(names).fillna("none")

    listed = {
        "kind": members["side"],
        "name": members["label"],
        "id": members["shown_id"],
        "main motivation": told("motivation"),
        "distinctive motivation": told("distinctive"),
        "said motivation": told("said"),
        "cluster": members["cluster_name"],
        "training interactions": members["activity"],
        "confidence": members["confidence"].astype(float).round(2),
        "trust": members["trust"].astype(float).round(2),
        "quote": members["quote"],
    }
    return pd.DataFrame(listed).reset_index(drop=True)


def _summary(members: pd.DataFrame, where: str, names: Mapping[str, str]) -> str:
    counts = Counter(members["side"])
    who = [f"{counts[side]:,} {_PLURAL[side]}" for side in _PLURAL if counts[side]]
    leaning = Counter(key for key in members["distinctive"] if key in names).most_common(3)
    told = ", ".join(f"{literal(names[key])} ({100 * count / len(members):.0f} %)" for key, count in leaning)
    joined = f"{', '.join(who[:-1])} and {who[-1]}" if len(who) > 1 else who[0]
    return f"**{joined}** {where}." + (f" More than others moved by: {told}." if told else "") + " Choose a row to see its neighbours."


def _choose_row(members: pd.DataFrame, rows: list[int]) -> None:
    """Make the row that was newly chosen the chosen point; an old choice does not undo a later click on the map."""
    row = rows[0] if rows and rows[0] < len(members) else None
    identity = None if row is None else (str(members["side"].iloc[row]), int(members["node_idx"].iloc[row]))
    if identity != st.session_state.get("map-row"):
        st.session_state["map-row"] = identity
        if row is not None:
            choose(members.iloc[row])
            st.rerun(scope="fragment")


def ways_on(point: pd.Series) -> None:
    """Buttons to the other pages about a user or an item."""
    side = str(point["side"])
    with st.container(horizontal=True):
        if st.button("Open the profile", type="primary", key="open-profile"):
            session.open_page(
                "profiles", **({"user": str(point["id"]), "item": None} if side == "user" else {"item": str(point["id"]), "user": None})
            )
        if side == "user" and st.button("Recommendations for this user", key="open-recommendations"):
            session.open_page("recommendations", user=str(point["id"]), item=None)
