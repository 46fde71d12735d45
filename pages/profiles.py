"""Profiles: what moves one user or one item, in their own words and in what they did."""

from __future__ import annotations

import streamlit as st

from app import artefacts, session
from app.components import profile_view
from app.components.legend import motivation_legend, names_of
from app.components.page import literal
from app.components.pickers import pick_node
from app.components.subject import run_page
from app.user_names import UserNames
from core.recommend.portrait import labels, portrait
from core.recommend.recommender import Recommender

SIDES = {"user": "Users", "item": "Items"}


def main() -> None:
    subject = run_page(
        "Profiles",
        "What moves a user or an item: what the training reviews say, against what the interactions show, with the quotes behind it.",
    )
    if subject is None:
        return
    space, dataset, run = subject.space, subject.dataset, subject.run
    recommender = artefacts.recommender(space, run)
    taxonomy = artefacts.taxonomy(space, dataset)
    names = names_of(taxonomy)
    motivation_legend(names, taxonomy)
    people = subject.names
    side, identifier = _choices(recommender, people)
    if identifier is None:
        st.caption(f"Choose one of the {SIDES[side].lower()} above.")
        return
    shown = portrait(recommender, side, identifier)  # type: ignore[arg-type]
    alias = people.pseudonyms if people.hidden else None
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.header(literal((alias or {}).get(identifier, shown.label) if side == "user" else shown.label), anchor=False, width="content")
        if side == "user" and st.button("Recommendations for this user", type="primary", key="to-recommendations"):
            session.open_page("recommendations", user=identifier, item=None)
    profile_view.profile_summary(shown)
    profile_view.motivations(recommender, shown, names)
    st.subheader("In their words", anchor=False)
    profile_view.quotes(shown, names)
    profile_view.history(shown, alias if side == "item" else None)
    profile_view.similar(recommender, shown, alias if side == "user" else None)


def _choices(recommender: Recommender, people: UserNames) -> tuple[str, str | None]:
    """Side and id."""
    first = "item" if session.selected("item") and not session.selected("user") else "user"
    left, right = st.columns([1, 4], vertical_alignment="bottom")
    side = left.segmented_control(
        "Profiles of", list(SIDES), default=first, required=True, format_func=SIDES.__getitem__, key="side", bind="query-params"
    )
    with right:
        return side or "user", _choose(recommender, side or "user", people)


def _choose(recommender: Recommender, side: str, people: UserNames) -> str | None:
    dataset = recommender.dataset
    ids = (dataset.users["user_id"] if side == "user" else dataset.items["item_id"]).astype(str).tolist()
    shown = [people.name(one) for one in ids] if side == "user" else labels(recommender, "item")
    if session.selected(side) is None and ids:
        counts = dataset.rows("train")[f"{side}_idx"].value_counts()
        session.select(**{side: ids[int(counts.index[0])] if len(counts) else ids[0]})
    return pick_node(side, ids, shown, label="User" if side == "user" else "Item", key=f"pick-{side}")


main()
