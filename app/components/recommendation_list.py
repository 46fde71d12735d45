"""The list of recommendations of a run for a user, and the history it stands beside."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import session
from app.components.export import export_table
from app.components.page import literal
from core.recommend.explanation import Recommendations
from core.recommend.portrait import history
from core.recommend.recommender import Recommender


def reasons(recommender: Recommender, listed: Recommendations) -> list[str]:
    """The motivation that adds most to each score; empty texts where the run's slots are not named."""
    if not recommender.motivations:
        return [""] * len(listed.items)
    names = recommender.run.motivation_names
    terms = [recommender.scorer.terms(listed.user_idx, entry.item_idx) for entry in listed.items]
    return [names[recommender.motivations[int(values.argmax())]] for values in terms]


def recommendation_rows(recommender: Recommender, listed: Recommendations) -> pd.DataFrame:
    """One row per recommended item."""
    rows = pd.DataFrame([{"rank": entry.rank, "title": entry.title, "score": entry.score, "item": entry.item} for entry in listed.items])
    if recommender.motivations and len(rows):
        rows.insert(2, "main reason", reasons(recommender, listed))
    return rows


def recommendation_list(recommender: Recommender, listed: Recommendations, key: str) -> None:
    """The list; choosing a row explains that item, and the item goes into the URL."""
    rows = recommendation_rows(recommender, listed)
    if rows.empty:
        st.caption("This user has every item in the training history already.")
        return
    items = [entry.item for entry in listed.items]
    chosen = session.selected("item")
    default: Any = {"selection": {"rows": [items.index(chosen)] if chosen in items else []}}
    formats = {
        "rank": st.column_config.NumberColumn("rank", width="small"),
        "score": st.column_config.NumberColumn("score", format="%.3f", width="small"),
        "title": st.column_config.TextColumn("title", width="medium"),
    }
    st.dataframe(
        rows.drop(columns="item"),
        hide_index=True,
        column_config=formats,
        on_select=lambda: _choose(key, items),
        selection_mode="single-row",
        selection_default=default,
        key=key,
    )
    export_table(rows, f"recommendations-{recommender.run.name}")


def _choose(key: str, items: list[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    session.select(item=items[rows[0]] if rows and rows[0] < len(items) else None)


def history_list(recommender: Recommender, user_idx: int) -> None:
    """What the user had before: the training interactions the list follows from."""
    past = history(recommender, "user", user_idx)
    when = pd.to_datetime(past["timestamp"].where(past["timestamp"] >= 0), unit="s")
    shown = past.assign(when=when)[["title", "rating", "when", "text"]].rename(columns={"text": "review"})
    formats = {
        "when": st.column_config.DateColumn("when", format="YYYY-MM-DD", width="small"),
        "rating": st.column_config.NumberColumn("rating", format="%.0f", width="small", help="1 to 5"),
        "title": st.column_config.TextColumn("title", width="medium"),
    }
    if shown["when"].isna().all():
        shown = shown.drop(columns="when")
    st.dataframe(shown, hide_index=True, column_config=formats, key="user-history")
    export_table(shown, "user-history")


def catalogue_label(title: str, identifier: str) -> str:
    """A title with its id where they differ."""
    return literal(title) if title == identifier else f"{literal(title)} ({literal(identifier)})"
