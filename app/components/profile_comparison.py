"""Comparing two users, two items or two segments on the page."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app import session
from app.charts.profile_comparison import Both, back_to_back
from app.components.export import chart, table
from app.components.page import figures, literal, shortened
from app.components.pickers import pick_node
from app.components.profile_choice import ids_of, names_of
from app.components.profile_kept import words
from app.user_names import UserNames
from core.recommend.comparison import Comparison, compare_nodes, compare_segments
from core.recommend.recommender import Recommender
from core.recommend.segments import Segments
from core.training.opened import Side

_VIEWS = {"text": "What the text says", "behaviour": "What behaviour shows"}


def node_comparison(recommender: Recommender, side: Side, node_id: str, names: Mapping[str, str], people: UserNames) -> None:
    """The shown user or item beside another one.

    Args:
        names: key of a motivation -> its name, in the order of the taxonomy, "other" last.
    """
    other_key = f"other_{side}"
    ids = ids_of(recommender, side)
    if session.selected(other_key) == node_id:
        session.select(**{other_key: None})
    narrow, _ = st.columns(2)
    with narrow:
        other = pick_node(
            other_key, ids, names_of(recommender, side, people), label=f"Compare with another {side}", key=f"pick-{other_key}"
        )
    if other is None:
        st.caption(f"Choose another {side} above. Similar ones are listed at the end of the profile.")
        return
    if other == node_id:
        st.caption(f"This is the same {side}. Choose another one above.")
        return
    both = compare_nodes(recommender, side, node_id, other, words(recommender))
    labels = [people.name(one.id) if side == "user" else one.label for one in (both.left, both.right)]
    figures(
        {
            "Cosine of their vectors": f"{both.similarity:z.2f}",
            "Training interactions": f"{both.left.n_interactions:,} and {both.right.n_interactions:,}",
            "Statements": f"{both.left.n_statements:,} and {both.right.n_statements:,}",
            "Shared items" if side == "user" else "Shared users": f"{len(both.shared):,}",
        },
        {"Cosine of their vectors": "In the run's space, over all motivations; 1 = the same direction."},
    )
    _shown(both, labels, names)
    shared = both.shared
    if side == "item":
        shared = shared.assign(name=[people.name(one) for one in shared["user_id"]])
        shared = shared.assign(user_id=[people.identifier(one) for one in both.shared["user_id"]])
        shared = shared.drop(columns="user_id") if people.hidden else shared
    _shared(shared, "users" if side == "item" else "items", labels, f"shared-{side}")


def segment_comparison(recommender: Recommender, segments: Segments, number: int, names: Mapping[str, str]) -> None:
    """The shown segment beside another one."""
    others = [str(one) for one in segments.numbers if one != number]
    if not others:
        st.caption("There is only one segment.")
        return
    chosen = session.selected("other_segment")
    key = "pick-other-segment"
    st.session_state[key] = chosen if chosen in others else None
    narrow, _ = st.columns(2)
    other = narrow.selectbox(
        "Compare with another segment",
        others,
        index=None,
        format_func=lambda one: segments.name(int(one)),
        key=key,
        on_change=lambda: session.select(other_segment=st.session_state[key]),
        placeholder=f"Choose among {len(others)}",
    )
    if other is None:
        return
    both = compare_segments(segments, number, int(other), words(recommender))
    figures(
        {
            "Cosine of their directions": f"{both.similarity:z.2f}",
            "Users": f"{both.left.n_users:,} and {both.right.n_users:,}",
            "Training interactions": f"{both.left.n_interactions:,} and {both.right.n_interactions:,}",
            "Statements": f"{both.left.n_statements:,} and {both.right.n_statements:,}",
        }
    )
    labels = [both.left.label, both.right.label]
    _shown(both, labels, names)
    _shared(both.shared, "items", labels, "shared-segment")


def _shown(both: Comparison, labels: list[str], names: Mapping[str, str]) -> None:
    """Chart and words."""
    view = "text" if both.has_text else "behaviour"
    if both.has_text and both.has_behaviour:
        chosen = st.segmented_control(
            "Compare by", list(_VIEWS), default="text", required=True, format_func=_VIEWS.__getitem__, key="by", bind="query-params"
        )
        view = chosen or "text"
    if not both.has_text and not both.has_behaviour:
        st.caption("Neither text nor behaviour splits by motivation for both, so there is nothing to draw.")
        return
    said = view == "text"
    rows = [
        Both(names.get(part.motivation, part.name), *((part.left_said, part.right_said) if said else (part.left_done, part.right_done)))
        for part in both.motivations
    ]
    figure = back_to_back(rows, shortened(labels[0], 60), shortened(labels[1], 60), list(names.values()))
    chart(figure, "comparison", "Shares of every motivation of the two, back to back", f"**Side by side**: {_VIEWS[view].lower()}")
    largest = max(rows, key=lambda row: abs(row.right - row.left))
    more = labels[1] if largest.right > largest.left else labels[0]
    points = 100 * abs(largest.right - largest.left)
    st.caption(f"Largest difference: {literal(largest.name)}, {points:.0f} percentage points more for {literal(more)}.")
    told = {"Both say": both.shared_words, f"Only or mostly {labels[0]}": both.left_words, f"Only or mostly {labels[1]}": both.right_words}
    for column, (title, listed) in zip(st.columns(3), told.items(), strict=True):
        with column:
            st.markdown(f"**{literal(shortened(title, 70))}**")
            st.markdown(" ".join(f":gray-badge[{literal(word)}]" for word in listed) or "No telling words.")


def _shared(shared: pd.DataFrame, what: str, labels: list[str], key: str) -> None:
    if shared.empty:
        st.caption(f"They share no {what} in their training interactions.")
        return
    pairs = [column for column in shared.columns if column.startswith(("left_", "right_"))]
    percent = pairs[0].endswith("share")
    shown = shared.assign(**{column: 100 * shared[column] for column in pairs}) if percent else shared
    unit = "share of users, %" if percent else "rating"
    formats = {
        column: st.column_config.NumberColumn(f"{shortened(label, 40)}, {unit}", format="%.1f" if percent else "%.0f")
        for column, label in zip(pairs, labels, strict=True)
    }
    chosen_by = ", chosen by users of both" if percent else ""
    title = f"**Shared {what}**, training interactions only{chosen_by}"
    shown = shown.dropna(axis="columns", how="all")
    if "title" in shown and (shown["title"] == shown["item_id"]).all():  # a catalogue without titles calls items by their ids
        shown = shown.drop(columns="item_id")
    table(shown, key, title, exported=shared, column_config=formats, height=min(330, 38 + 35 * len(shown)))
