"""Choosing whose profile is shown: by name or id, by the words of reviews and statements, or a segment; all of it in the URL."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import session
from app.components.export import table
from app.components.page import literal
from app.components.pickers import pick_node
from app.components.profile_kept import node_search
from app.user_names import UserNames
from core.recommend.portrait import labels
from core.recommend.recommender import Recommender
from core.training.opened import Side

SIDES = {"user": "Users", "item": "Items", "segment": "Segments"}
_LISTED = 50


def pick_side() -> str:
    """Users, items or segments."""
    first = "segment" if session.selected("segment") and not session.selected("user") else "user"
    if session.selected("item") and not session.selected("user"):
        first = "item"
    chosen = st.segmented_control(
        "Profiles of", list(SIDES), default=first, required=True, format_func=SIDES.__getitem__, key="side", bind="query-params"
    )
    return chosen or "user"


def pick_subject(recommender: Recommender, side: Side, people: UserNames) -> str | None:
    """The id of the user or item that is shown; the first time the one with most interactions."""
    dataset = recommender.dataset
    ids = ids_of(recommender, side)
    if session.selected(side) is None and ids:
        counts = dataset.rows("train")[f"{side}_idx"].value_counts()
        session.select(**{side: ids[int(counts.index[0])] if len(counts) else ids[0]})
    left, right = st.columns(2)
    with left:
        chosen = pick_node(side, ids, names_of(recommender, side, people), label="User" if side == "user" else "Item", key=f"pick-{side}")
    with right:
        query = st.text_input(
            "Or search the words of reviews and statements",
            key="words",
            bind="query-params",
            placeholder="e.g. cheap lunch",
            help="Names, ids, profile texts, statements and training reviews that hold all of these words, in any order.",
        )
    if query and query.strip():
        _found(recommender, side, people, query.strip())
    return chosen


def ids_of(recommender: Recommender, side: Side) -> list[str]:
    """Ids of all users or items, by index."""
    dataset = recommender.dataset
    ids: list[str] = (dataset.users["user_id"] if side == "user" else dataset.items["item_id"]).astype(str).tolist()
    return ids


def names_of(recommender: Recommender, side: Side, people: UserNames) -> list[str]:
    """What users or items are called on the page, by index."""
    return [people.name(one) for one in ids_of(recommender, side)] if side == "user" else labels(recommender, side)


def _found(recommender: Recommender, side: Side, people: UserNames, query: str) -> None:
    """The matches as a table; a row opens its profile."""
    hidden = side == "user" and people.hidden
    names = names_of(recommender, side, people) if hidden else None
    found, n = node_search(recommender).find(side, query, _LISTED, names=names, by_id=not hidden)
    if not found:
        st.caption(f"No {side} is called “{literal(query)}”, and no training review or statement holds all of its words.")
        return
    listed = pd.DataFrame(
        {
            "name": [one.label for one in found],
            "id": [people.identifier(one.id) if side == "user" else one.id for one in found],
            "found in": [one.where for one in found],
            "passage": [one.passage for one in found],
            "matching texts": [one.n_texts for one in found],
            "interactions": [one.activity for one in found],
        }
    )
    if hidden or (listed["name"] == listed["id"]).all():
        listed = listed.drop(columns="id")
    first = f", the first {len(found)}" if n > len(found) else ""
    title = f"**{n:,} {side}{'' if n == 1 else 's'}** found{first}; a row opens the profile"
    formats = {
        "passage": st.column_config.TextColumn("passage", width="large"),
        "matching texts": st.column_config.NumberColumn("texts", help="Training reviews, statements and profile texts that hold all words"),
        "interactions": st.column_config.NumberColumn("interactions", help="Training interactions"),
    }
    key = f"found-{side}"
    table(
        listed,
        key,
        title,
        column_config=formats,
        on_select=lambda: _open(key, side, [one.id for one in found]),
        selection_mode="single-row",
        height=min(260, 38 + 35 * len(listed)),
    )


def _open(key: str, side: str, ids: list[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and rows[0] < len(ids):
        session.select(**{side: ids[rows[0]]})
