"""Recommendations: what a user gets and why, in terms that add up to the score."""

from __future__ import annotations

import streamlit as st

from app import artefacts, session
from app.components.explanation import explanation
from app.components.legend import motivation_legend, names_of
from app.components.page import literal
from app.components.pickers import pick_node, run_label
from app.components.recommendation_list import history_list, recommendation_list
from app.components.subject import run_page
from core.recommend.recommender import Recommender
from core.workspace import Artefact, Workspace


def main() -> None:
    subject = run_page(
        "Recommendations",
        "What a user gets, and why: every motivation's part of the score, the quotes behind it, and what would change without it.",
    )
    if subject is None:
        return
    space, dataset, run = subject.space, subject.dataset, subject.run
    recommender = artefacts.recommender(space, run)
    if recommender.motivations:
        taxonomy = artefacts.taxonomy(space, dataset)
        motivation_legend(names_of(taxonomy), taxonomy)
    user, k, second = _choices(space, dataset, run, recommender)
    if user is None:
        st.caption("Choose a user above.")
        return
    listed = recommender.recommend(user, k)
    left, right = st.columns([3, 2] if second is None else 2)
    with left:
        recommendation_list(recommender, listed, f"list-{run.id}-{user}-{k}", f"**Top {len(listed.items)}** of {literal(run_label(run))}")
    with right:
        if second is None:
            history_list(recommender, listed.user_idx)
        else:
            other = artefacts.recommender(space, second)
            recommendation_list(
                other, other.recommend(user, k), f"list-{second.id}-{user}-{k}", f"**Top {k}** of {literal(run_label(second))}"
            )
            if not other.motivations:
                st.caption("This run has no named motivations: it ranks, but cannot say why.")
    item = session.selected("item") or (listed.items[0].item if listed.items else None)
    if item is None:
        return
    explanation(recommender, user, item)
    if second is not None:
        history_list(recommender, listed.user_idx)


def _choices(space: Workspace, dataset: Artefact, run: Artefact, recommender: Recommender) -> tuple[str | None, int, Artefact | None]:
    users = recommender.dataset.users
    if session.selected("user") is None and len(users):
        busiest = recommender.dataset.rows("train")["user_idx"].value_counts()
        session.select(user=str(users["user_id"].iloc[int(busiest.index[0])] if len(busiest) else users["user_id"].iloc[0]))
    first, second, third = st.columns([2, 1, 2], vertical_alignment="bottom")
    with first:
        user = pick_node("user", users["user_id"].astype(str).tolist(), users["name"].astype(str).tolist(), label="User", key="pick-user")
    k = second.number_input("Items in the list", 1, 100, 10, key="k", bind="query-params")
    others = {other.id: other for other in session.runs_of(space, dataset) if other.id != run.id}
    beside = third.selectbox(
        "Beside it",
        ["", *others],
        format_func=lambda key: run_label(others[key]) if key else "the user's history",
        key="beside",
        bind="query-params",
        help="Another run on the same dataset",
    )
    return user, int(k), others.get(beside)


main()
