"""Segments on the page: all of them, and one with what moves its people, their words, its members and what they choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import session
from app.charts.palette import NEUTRAL, motivation_colours
from app.charts.profile_comparison import AgainstAll, against_everybody
from app.components.evidence import evidence_card, motivation_heading
from app.components.export import chart, table
from app.components.job_progress import job_panels, launch_button
from app.components.page import empty_state, figures, literal
from app.components.profile_view import open_profile
from app.user_names import UserNames
from core.recommend.segment_quotes import typical_quotes
from core.recommend.segments import Segment, Segments
from core.workspace import Artefact, Workspace

_QUOTED = 3
_SIDES = {"user": "Users", "item": "Items"}


def no_segments(space: Workspace, run: Artefact) -> None:
    """The run has no map, so no segments: what to do."""
    if job_panels(space, "map"):
        return
    empty_state("No segments yet", "Segments are the clusters of the run's motivation map, and this run has no map yet.")
    launch_button(space, "Build the map", "map", {"run": run.id}, key="build-map-for-segments")


def pick_segment(segments: Segments) -> int:
    """All segments as a table; a row opens one. The number of the shown one."""
    numbers = segments.numbers
    chosen = session.selected("segment")
    if chosen is not None and chosen not in {str(number) for number in numbers}:
        st.warning(f"The link names the segment “{literal(chosen)}”, which this map does not have. Choose another.")
        chosen = None
    number = int(chosen) if chosen is not None else numbers[0]
    listed = segments.table()
    formats = {
        "segment": None,
        "name": st.column_config.TextColumn("segment", width=210),
        "users": st.column_config.NumberColumn("users", width=60),
        "items": st.column_config.NumberColumn("items", width=60),
        "words": st.column_config.TextColumn("words", width=170, help="Words its members use more than others"),
        "share": st.column_config.ProgressColumn("share of users", min_value=0.0, max_value=1.0, format="percent"),
        "typical motivations": st.column_config.TextColumn(
            "typical motivations", width=170, help="Percentage points by which its users speak of it more than everybody"
        ),
        "interactions per user": st.column_config.NumberColumn(
            "per user", format="%.1f", width=70, help="Mean training interactions of its users"
        ),
    }
    table(
        listed,
        "segments",
        f"**{len(listed)} segments** of users and items, the largest first; a row opens one",
        column_config=formats,
        on_select=lambda: _open(numbers),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [numbers.index(number)]}},
        height=min(420, 38 + 35 * len(listed)),
    )
    return number


def _open(numbers: list[int]) -> None:
    rows = st.session_state["segments"]["selection"]["rows"]
    session.select(segment=str(numbers[rows[0]]) if rows and rows[0] < len(numbers) else None)


def segment_profile(segments: Segments, number: int, names: Mapping[str, str], people: UserNames) -> None:
    """One segment: figures, motivations against everybody, typical words and quotes, and what its users choose."""
    one = segments.segment(number)
    share = one.n_users / max(1, segments.recommender.dataset.n_users)
    figures(
        {
            "Users": f"{one.n_users:,} ({100 * share:.0f} %)",
            "Items": f"{one.n_items:,}",
            "Users with text": f"{one.n_speaking:,}",
            "Interactions per user": f"{one.activity:.1f} (all users {one.everybody_activity:.1f})",
        }
    )
    left, right = st.columns(2)
    with left:
        _motivations(one, names)
    with right:
        _choices(segments, number)
    if one.words:
        st.markdown("**Words its members use more than others**: " + " ".join(f":gray-badge[{literal(word)}]" for word in one.words))
    _quotes(segments, one, people)


def _motivations(one: Segment, names: Mapping[str, str]) -> None:
    if not one.n_speaking:
        st.caption("No statement of its users: what moves them is not known from text.")
        return
    rows = [AgainstAll(names.get(part.motivation, part.name), part.said, part.spread, part.everybody_said) for part in one.motivations]
    figure = against_everybody(rows, list(names.values()))
    chart(
        figure,
        "segment-motivations",
        "Mean share of each motivation in the segment and among everybody",
        "**What moves them, against everybody**",
    )
    st.caption(f"Means over the {one.n_speaking:,} users with a statement; the thin lines are one standard deviation over them.")


def _choices(segments: Segments, number: int) -> None:
    chosen = segments.items(number, 20)
    shown = chosen.assign(share=100 * chosen["share"], everybody=100 * chosen["everybody"])[["title", "users", "share", "everybody"]]
    formats = {
        "title": st.column_config.TextColumn("item", width="medium"),
        "users": st.column_config.NumberColumn("users", width=60, help="Users of the segment who chose it"),
        "share": st.column_config.NumberColumn("of its users, %", format="%.1f", width=100),
        "everybody": st.column_config.NumberColumn("of all, %", format="%.1f", width=80),
    }
    title = "**What they choose more often**"
    table(shown, "segment-items", title, exported=chosen, column_config=formats, height=min(400, 38 + 35 * max(1, len(shown))))


def _quotes(segments: Segments, one: Segment, people: UserNames) -> None:
    quoted = [(part, quotes) for part in one.typical[:_QUOTED] if (quotes := typical_quotes(segments, one.number, part.motivation, 3))]
    if not quoted:
        return
    colours = motivation_colours([part.motivation for part in one.motivations])
    st.subheader("What they typically say", anchor=False)
    for column, (part, quotes) in zip(st.columns(len(quoted)), quoted, strict=True):
        with column.container(border=True, height="stretch"):
            note = f"{100 * part.difference:+.0f} points against everybody"
            st.markdown(motivation_heading(part.name, colours.get(part.motivation, NEUTRAL), note))
            for evidence in quotes:
                evidence_card(evidence, side="user", people=people)
    st.caption("The statements nearest the mean of all that its users say of a motivation, one a person.")


def segment_members(segments: Segments, number: int, people: UserNames) -> None:
    """All users or items of a segment; a row opens a profile."""
    st.subheader("Members", anchor=False)
    hidden_label: dict[str, Any] = {"required": True, "label_visibility": "collapsed"}
    with st.container(horizontal=True):
        side = st.segmented_control(
            "Members", list(_SIDES), default="user", format_func=_SIDES.__getitem__, key="members-of", **hidden_label
        )
        order = st.segmented_control(
            "Order", list(_ORDERS), default="typicality", format_func=_ORDERS.__getitem__, key="members-by", **hidden_label
        )
    members = segments.members(number, "item" if side == "item" else "user")
    members = members.sort_values([str(order), "idx"], ascending=[False, True], kind="stable").reset_index(drop=True)
    ids = members["id"].tolist()
    shown = members.drop(columns="idx")
    if side == "user":
        shown = shown.assign(name=[people.name(one) for one in ids], id=[people.identifier(one) for one in ids])
        shown = shown.drop(columns="id") if people.hidden or (shown["name"] == shown["id"]).all() else shown
    elif (shown["name"] == shown["id"]).all():
        shown = shown.drop(columns="id")
    shown = shown.drop(columns=[column for column in ("says most of", "does most for") if (shown[column] == "").all()])
    formats = {"typicality": st.column_config.ProgressColumn("typicality", min_value=0.0, max_value=1.0, format="%.2f", help=_TYPICAL)}
    title = f"**{len(shown):,} {_SIDES[side or 'user'].lower()}**; a row opens the profile"
    options: dict[str, Any] = {"column_config": formats, "on_select": "rerun", "selection_mode": "single-row"}
    event = table(shown, f"members-{side}", title, height=min(400, 38 + 35 * max(1, len(shown))), **options)
    rows = [row for row in event["selection"]["rows"] if row < len(ids)]
    if rows:
        chosen = (str(side or "user"), ids[rows[0]])
        st.button("Open this profile", key="open-member", type="primary", on_click=open_profile, args=chosen)


_TYPICAL = "Cosine to the segment's mean direction in the map's space, 1 = the same"
_ORDERS = {"typicality": "most typical first", "interactions": "most active first"}
