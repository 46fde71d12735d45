"""What-if: a slider per motivation and one for behaviour; the list is ranked anew at each move."""

from __future__ import annotations

import time

import pandas as pd
import streamlit as st

from app import session
from app.charts.palette import NEUTRAL, motivation_colours
from app.components.errors import live_fragment
from app.components.export import table
from app.components.legend import swatch
from app.components.linked_choice import number_from_link, number_to_link
from app.components.page import literal
from core.recommend.recommender import Recommender
from core.recommend.user_terms import UserTerms
from core.recommend.what_if import BEHAVIOUR, MOST, Moved, WhatIf, weights_of, what_if

_STEP = 0.1


@live_fragment()
def what_if_view(recommender: Recommender, user_id: str, k: int) -> None:
    """Sliders beside the list they make; a fragment, so that nothing else of the page is computed again."""
    if not recommender.motivations:
        st.info("This run has no named motivations: there is nothing to weigh. Choose a run of LMMRec with named slots.")
        return
    terms = _terms(recommender.run.id, user_id, _recommender=recommender)
    left, right = st.columns([2, 3], gap="large")
    with left:
        weights = _sliders(recommender, terms)
    started = time.perf_counter()
    found = what_if(terms, weights_of(terms, recommender.motivations, weights), k)
    took_ms = 1000 * (time.perf_counter() - started)
    with right:
        _list(recommender, found, weights, k)
        st.caption(f"{recommender.dataset.n_items:,} items ranked anew in {took_ms:.0f} ms.")


def _sliders(recommender: Recommender, terms: UserTerms) -> dict[str, float]:
    """The weights that are not 1, by key."""
    names, colours = recommender.run.motivation_names, motivation_colours(recommender.motivations)
    st.markdown("**How much each reason counts** for this user: 1 is as it is, 0 is not at all")
    keys = [*recommender.motivations, *([BEHAVIOUR] if terms.has_behaviour else [])]
    weights = {}
    for key in keys:
        label = f"{swatch(colours.get(key, NEUTRAL))} {literal(names.get(key, 'Behaviour alone'))}"
        name = slider_key(key)
        number_from_link(name, 0.0, MOST, 1.0)
        weights[key] = st.slider(label, 0.0, MOST, step=_STEP, format="%.1f", key=name, on_change=number_to_link, args=(name, 1.0))
    st.button("Back to 1", on_click=_reset, args=(keys,), icon=":material/restart_alt:", key="weights-back")
    return {key: weight for key, weight in weights.items() if weight != 1.0}


def slider_key(key: str) -> str:
    """The slider's key, which is its name in the link."""
    return f"weight_{key}"


def _reset(keys: list[str]) -> None:
    for key in keys:
        st.session_state[slider_key(key)] = 1.0
        number_to_link(slider_key(key), 1.0)


def _list(recommender: Recommender, found: WhatIf, weights: dict[str, float], k: int) -> None:
    if not found.items:
        st.caption("This user has every item in the training history already.")
        return
    rows = what_if_rows(recommender, found)
    changed = "as it is" if not weights else f"{found.entered} of {len(found.items)} are new"
    formats = {
        "place": st.column_config.NumberColumn("place", width=50),
        "before": st.column_config.TextColumn("before", width=90, help="The place with all weights 1, and how far it moved"),
        "score": st.column_config.NumberColumn("score", format="%.3f", width=64),
    }
    items = [recommender.dataset.items["item_id"].iloc[one.item_idx] for one in found.items]
    table(
        rows.drop(columns="item"),
        "what-if-list",
        f"**Top {k}** ({changed})",
        exported=rows,
        column_config=formats,
        height=38 + 35 * min(len(rows), 15),
        on_select=lambda: _choose(items),
        selection_mode="single-row",
    )
    if found.left:
        titles = recommender.dataset.items["title"]
        gone = "; ".join(f"“{literal(str(titles.iloc[one.item_idx]))}” ({one.rank_before} → {one.rank:,})" for one in found.left[:5])
        more = f" and {len(found.left) - 5} more" if len(found.left) > 5 else ""
        st.caption(f"Left the list: {gone}{more}")
    st.caption("Click a row to choose the item; its explanation is under “Why”.")


def what_if_rows(recommender: Recommender, found: WhatIf) -> pd.DataFrame:
    """The new list with how each item moved."""
    items = recommender.dataset.items
    rows = [
        {
            "place": one.rank,
            "title": str(items["title"].iloc[one.item_idx]),
            "before": moved(one),
            "score": one.score,
            "item": str(items["item_id"].iloc[one.item_idx]),
        }
        for one in found.items
    ]
    return pd.DataFrame(rows, columns=["place", "title", "before", "score", "item"])


def moved(one: Moved) -> str:
    """The place before, and an arrow with the places gained or lost."""
    if one.gained == 0:
        return f"{one.rank_before:,}"
    return f"{one.rank_before:,} {'▲' if one.gained > 0 else '▼'} {abs(one.gained):,}"


def _choose(items: list[str]) -> None:
    rows = st.session_state["what-if-list"]["selection"]["rows"]
    if rows and rows[0] < len(items):
        session.select(item=items[rows[0]])


@st.cache_resource(max_entries=8, show_spinner=False)
def _terms(run: str, user: str, _recommender: Recommender) -> UserTerms:
    del run
    return _recommender.terms(user)
