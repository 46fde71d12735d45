"""Recommendations: what a user gets and why, in terms that add up to the score, and what would be otherwise."""

from __future__ import annotations

import streamlit as st

from app import artefacts, session
from app.components.explanation import explanation
from app.components.faithfulness import run_view
from app.components.legend import motivation_legend, names_of
from app.components.linked_choice import one_from_link, several_from_link, to_link
from app.components.newcomer import newcomer_view
from app.components.page import literal
from app.components.pickers import model_name, perturbed, pick_node, run_label
from app.components.recommendation_comparison import MOST_BESIDE, comparison_list, places_elsewhere
from app.components.recommendation_list import history_list, recommendation_list
from app.components.report_download import report_download
from app.components.subject import RunSubject, run_page
from app.components.what_if import what_if_view
from core.recommend.recommender import Recommender
from core.workspace import Artefact

VIEWS = {"why": "Why", "what-if": "What if", "newcomer": "Newcomer", "faithfulness": "Faithfulness of the run"}


def main() -> None:
    subject = run_page(
        "Recommendations",
        "What a user gets, and why: every motivation's part of the score, the quotes behind it, and what would change without it.",
    )
    if subject is None:
        return
    recommender = artefacts.recommender(subject.space, subject.run)
    if recommender.motivations:
        taxonomy = artefacts.taxonomy(subject.space, subject.dataset)
        motivation_legend(names_of(taxonomy), taxonomy)
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    one_from_link("view", list(VIEWS), "why")
    view = left.segmented_control(
        "View", list(VIEWS), required=True, format_func=VIEWS.__getitem__, key="view", on_change=to_link, args=("view", "why")
    )
    k = int(right.number_input("Items in the list", 1, 100, 10, key="k", bind="query-params"))
    if view == "faithfulness":
        run_view(subject.space, subject.run, recommender)
        return
    if view == "newcomer":
        newcomer_view(subject.space, recommender, k, subject.names)
        return
    user, others = _choices(subject, recommender, beside=view == "why")
    if user is None:
        st.caption("Choose a user above.")
    elif view == "what-if":
        what_if_view(recommender, user, k)
    else:
        _why(subject, recommender, user, k, others)


def _why(subject: RunSubject, recommender: Recommender, user: str, k: int, others: list[Artefact]) -> None:
    """The list beside the history or other runs, then the explanation of the chosen item."""
    listed = recommender.recommend(user, k)
    beside = [(other, artefacts.recommender(subject.space, other)) for other in others]
    if beside:
        comparison_list([(subject.run, recommender), *beside], user, k)
    else:
        left, right = st.columns([3, 2])
        with left:
            title = f"**Top {len(listed.items)}** of {literal(model_name(subject.run))}{perturbed(subject.run)}"
            recommendation_list(recommender, listed, f"list-{subject.run.id}-{listed.user_idx}-{k}", title)
        with right:
            history_list(recommender, listed.user_idx)
    item = session.selected("item") or (listed.items[0].item if listed.items else None)
    if item is None:
        return
    with st.container(horizontal=True, horizontal_alignment="right"):
        report_download(subject.space, subject.run, user=user, item=item, label="Report to show to others")
    explanation(recommender, user, item, k, subject.names)
    for label, said in places_elsewhere(beside, user, item).items():
        st.markdown(f"**{literal(label)}** has this item at {literal(said)}.")
    if beside:
        history_list(recommender, listed.user_idx)


def _choices(subject: RunSubject, recommender: Recommender, *, beside: bool) -> tuple[str | None, list[Artefact]]:
    """The user, and the runs to stand beside this one."""
    users = recommender.dataset.users
    ids = users["user_id"].astype(str).tolist()
    if session.selected("user") is None and ids:
        # Busier than three in four: enough to read, and not the one of so many reviews that none of them decides anything.
        by_activity = recommender.dataset.rows("train")["user_idx"].value_counts().index
        session.select(user=ids[int(by_activity[len(by_activity) // 4])] if len(by_activity) else ids[0])
    first, second = st.columns([1, 1], vertical_alignment="bottom")
    with first:
        user = pick_node("user", ids, [subject.names.name(one) for one in ids], label="User", key="pick-user")
    if not beside:
        return user, []
    others = {run.id: run for run in session.runs_of(subject.space, subject.dataset) if run.id != subject.run.id}
    several_from_link("beside", list(others), MOST_BESIDE)
    chosen = second.multiselect(
        "Other runs beside it",
        list(others),
        format_func=lambda key: run_label(others[key]),
        key="beside",
        on_change=to_link,
        args=("beside",),
        max_selections=MOST_BESIDE,
        placeholder="none: the user's history",
        help="Up to three other runs on the same dataset",
    )
    return user, [others[key] for key in chosen]


main()
