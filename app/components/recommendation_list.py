"""The list of recommendations of a run for a user, and the history it stands beside."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import session
from app.components.export import table, without_empty
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


def recommendation_list(recommender: Recommender, listed: Recommendations, key: str, title: str) -> None:
    """The list; choosing a row explains that item, and the item goes into the URL."""
    rows = recommendation_rows(recommender, listed)
    if rows.empty:
        st.markdown(title)
        st.caption("This user has every item in the training history already.")
        return
    items = [entry.item for entry in listed.items]
    chosen = session.selected("item")
    default: Any = {"selection": {"rows": [items.index(chosen)] if chosen in items else []}}
    formats = {
        "rank": st.column_config.NumberColumn("rank", width=50),
        "score": st.column_config.NumberColumn("score", format="%.3f", width=64),
        "main reason": st.column_config.TextColumn("main reason", width=130, help="The motivation that adds most to the score"),
    }
    table(
        rows.drop(columns="item"),
        key,
        title,
        exported=rows,
        column_config=formats,
        on_select=lambda: _choose(key, items),
        selection_mode="single-row",
        selection_default=default,
        height=38 + 35 * min(len(rows), 15),
    )


def _choose(key: str, items: list[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    session.select(item=items[rows[0]] if rows and rows[0] < len(items) else None)


def history_list(recommender: Recommender, user_idx: int, rows: int = 10) -> None:
    """What the user had before: the training interactions the list follows from."""
    past = history(recommender, "user", user_idx)
    when = pd.to_datetime(past["timestamp"].where(past["timestamp"] >= 0), unit="s")
    shown = past.assign(when=when)[["title", "rating", "text", "when"]].rename(columns={"text": "review"})
    formats = {
        "when": st.column_config.DateColumn("when", format="YYYY-MM-DD", width="small"),
        "rating": st.column_config.NumberColumn("rating", format="%.0f", width=54, help="1 to 5"),
    }
    height = 38 + 35 * min(max(len(shown), 1), rows)
    table(
        without_empty(shown, "when", "rating", "review"),
        "user-history",
        f"**History**, {len(shown):,} items",
        column_config=formats,
        height=height,
    )
