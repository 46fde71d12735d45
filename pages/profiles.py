"""Profiles: what moves a user, an item or a segment, in their own words and in what they did."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app import artefacts, session
from app.components import profile_view, segment_view
from app.components.legend import motivation_legend, names_of
from app.components.page import literal, shortened
from app.components.profile_choice import pick_side, pick_subject
from app.components.profile_comparison import node_comparison, segment_comparison
from app.components.profile_correction import correction
from app.components.profile_kept import segments as segments_of
from app.components.report_download import report_download
from app.components.subject import RunSubject, run_page
from core.recommend.portrait import portrait
from core.recommend.recommender import Recommender
from core.training.opened import Side

PARTS = {"profile": "Profile", "compare": "Compare", "correct": "Correct by hand"}
SEGMENT_PARTS = {"profile": "Profile", "members": "Members", "compare": "Compare"}


def main() -> None:
    subject = run_page(
        "Profiles",
        "What moves a user, what people seek in an item, and which people are alike: what reviews say against what was chosen.",
    )
    if subject is None:
        return
    recommender = artefacts.recommender(subject.space, subject.run)
    taxonomy = artefacts.taxonomy(subject.space, subject.dataset)
    names = names_of(taxonomy)
    motivation_legend(names, taxonomy)
    side = pick_side()
    if side == "segment":
        segment(subject, recommender, names)
    elif side == "item":
        node(subject, recommender, "item", names)
    else:
        node(subject, recommender, "user", names)


def node(subject: RunSubject, recommender: Recommender, side: Side, names: Mapping[str, str]) -> None:
    people = subject.names
    identifier = pick_subject(recommender, side, people)
    if identifier is None:
        st.caption(f"Choose {'a user' if side == 'user' else 'an item'} above.")
        return
    shown = portrait(recommender, side, identifier)
    title = people.name(identifier) if side == "user" else shown.label
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.header(literal(shortened(title, 90)), anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            if side == "user":
                report_download(subject.space, subject.run, user=identifier)
            else:
                report_download(subject.space, subject.run, item=identifier)
            if side == "user" and st.button("Recommendations for this user", type="primary", key="to-recommendations"):
                session.open_page("recommendations", user=identifier, item=None)
    part = _part(PARTS if side == "user" else {key: PARTS[key] for key in ("profile", "compare")})
    if part == "compare":
        node_comparison(recommender, side, identifier, names, people)
    elif part == "correct":
        correction(subject.space, subject.run, recommender, identifier, names)
    else:
        profile_view.profile_summary(shown)
        profile_view.motivations(recommender, shown, names)
        profile_view.differences(shown)
        st.subheader("In their words" if side == "user" else "In the reviewers' words", anchor=False)
        profile_view.quotes(shown, names, people)
        profile_view.history(shown, people)
        profile_view.similar(recommender, shown, people)


def segment(subject: RunSubject, recommender: Recommender, names: Mapping[str, str]) -> None:
    segments = segments_of(subject.space, subject.run, recommender)
    if segments is None:
        segment_view.no_segments(subject.space, subject.run)
        return
    number = segment_view.pick_segment(segments)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.header(literal(segments.name(number)), anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            report_download(subject.space, subject.run, segments=segments, segment=number)
            if st.button("See it on the map", key="to-map"):
                session.open_page("motivation_map")
    part = _part(SEGMENT_PARTS)
    if part == "members":
        segment_view.segment_members(segments, number, subject.names)
    elif part == "compare":
        segment_comparison(recommender, segments, number, names)
    else:
        segment_view.segment_profile(segments, number, names, subject.names)


def _part(parts: Mapping[str, str]) -> str:
    if "part" in st.session_state and st.session_state["part"] not in parts:
        del st.session_state["part"]
    chosen = st.segmented_control(
        "Part",
        list(parts),
        default="profile",
        required=True,
        format_func=parts.__getitem__,
        key="part",
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen or "profile"


main()
