"""A profile on the page: what moves a user or an item, what the text says against what behaviour says, history, who is alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from app import session
from app.charts.palette import NEUTRAL, motivation_colours
from app.charts.profile_bars import motivation_bars, view_comparison
from app.components.evidence import evidence_card, motivation_heading
from app.components.export import chart, table, without_empty
from app.components.page import figures, literal
from app.user_names import UserNames
from core.extraction.schema import OTHER
from core.recommend.portrait import MotivationView, Portrait, disagreements, similar_nodes
from core.recommend.recommender import Recommender

_FIRST = 4


def profile_rows(recommender: Recommender, shown: Portrait) -> pd.DataFrame:
    """The rows of the profile table about one node, with the motivations' names."""
    profiles = recommender.run.profiles
    if profiles is None:
        return pd.DataFrame(columns=["motivation", "name", "polarity", "share", "n_statements", "confidence"])
    table = profiles.user_table if shown.side == "user" else profiles.item_table
    rows = table[table["node_idx"] == shown.idx]
    names = profiles.taxonomy.names
    return rows.assign(name=[names[int(index)] for index in rows["motivation"]]).drop(columns="node_idx").reset_index(drop=True)


def profile_summary(shown: Portrait) -> None:
    """Counts and the agreement of the two views."""
    spoken = [view for view in shown.motivations if view.n_statements]
    strongest = spoken[0].name if spoken else "none"
    agreement = "no text" if not shown.has_text else "not split" if not shown.has_behaviour else f"{100 * shown.agreement:.0f} %"
    figures(
        {
            "Training interactions": f"{len(shown.history):,}",
            "Statements": f"{sum(view.n_statements for view in shown.motivations):,}",
            "Strongest motivation": strongest,
            "Text and behaviour agree": "n/a" if math.isnan(shown.agreement) and agreement not in ("no text", "not split") else agreement,
        },
        {
            "Statements": "Grounded statements of motivations in the training reviews.",
            "Text and behaviour agree": "1 minus half the summed difference of the two shares: 100 % = the same, 0 % = nothing in common.",
        },
    )


def motivations(recommender: Recommender, shown: Portrait, names: Mapping[str, str]) -> None:
    """Bars of what is said beside the two views of text and behaviour.

    Args:
        names: key of a motivation -> its name, in the order of the taxonomy, "other" last.
    """
    rows = profile_rows(recommender, shown)
    left, right = st.columns(2)
    with left:
        if rows.empty:
            st.markdown("**What the text says**")
            st.caption("No training review holds a statement about it.")
        else:
            figure = motivation_bars(rows, list(names.values()))
            chart(figure, f"said-{shown.side}", "Bars of motivations by share", "**What the text says**")
            st.caption("To the right: praised; hatched, to the left: criticised. The fainter a bar, the fewer statements it stands on.")
    with right:
        if not shown.has_behaviour:
            st.markdown("**Said against done**")
            st.caption(
                "The vectors of this run are not split by motivation. Choose a run of LMMRec with named slots to see what behaviour says."
            )
            return
        said = {names.get(view.motivation, view.name): view.text_share for view in shown.motivations} if shown.has_text else {}
        done = {names.get(view.motivation, view.name): view.behaviour_share for view in shown.motivations}
        figure = view_comparison(said, done, list(names.values()))
        chart(figure, f"views-{shown.side}", "Share of each motivation in text and in behaviour", "**Said against done**")
        if not shown.has_text:
            st.caption("Behaviour only: there is no text to compare with.")


def differences(shown: Portrait) -> None:
    """Where text and behaviour disagree, in words."""
    if not (shown.has_text and shown.has_behaviour):
        return
    told = disagreements(shown)
    if not told:
        st.markdown("**Text and behaviour agree**: no motivation differs by five percentage points or more.")
        return
    st.markdown("**Where text and behaviour disagree**\n\n" + "\n".join(f"- {literal(line)}" for line in told))


def quotes(shown: Portrait, names: Mapping[str, str], people: UserNames) -> None:
    """The strongest statements of every motivation."""
    colours = motivation_colours(list(names))
    spoken = sorted((view for view in shown.motivations if view.quotes), key=lambda view: view.motivation == OTHER)
    if not spoken:
        st.caption("No quotes: the training reviews say nothing about it.")
    _quote_cards(spoken[:_FIRST], colours, shown.side, people)
    if len(spoken) > _FIRST:
        with st.expander(f"The other {len(spoken) - _FIRST} motivations"):
            _quote_cards(spoken[_FIRST:], colours, shown.side, people)


def _quote_cards(views: Sequence[MotivationView], colours: Mapping[str, str], side: str, people: UserNames) -> None:
    for start in range(0, len(views), 2):
        for column, view in zip(st.columns(2), views[start : start + 2], strict=False):
            with column.container(border=True, height="stretch"):
                st.markdown(motivation_heading(view.name, colours.get(view.motivation, NEUTRAL), _note(view)))
                for evidence in view.quotes:
                    evidence_card(evidence, side=side, people=people)


def _note(view: MotivationView) -> str:
    plural = "s" if view.n_statements != 1 else ""
    return f"{100 * view.text_share:.0f} % of the profile, {view.n_statements} statement{plural}, confidence {view.confidence:.2f}"


def history(shown: Portrait, people: UserNames) -> None:
    """Training interactions, newest first; a row leads to the other side's profile."""
    other = "item" if shown.side == "user" else "user"
    label, key = ("title", "item_id") if other == "item" else ("name", "user_id")
    listed = shown.history.assign(when=pd.to_datetime(shown.history["timestamp"].where(shown.history["timestamp"] >= 0), unit="s"))
    listed = without_empty(listed[[label, "rating", "when", "summary", "text", key]], "rating", "when", "summary", "text")
    if other == "user":
        ids = listed[key].astype(str)
        listed = listed.assign(**{label: [people.name(one) for one in ids], key: [people.identifier(one) for one in ids]})
    formats = {
        "when": st.column_config.DateColumn("when", format="YYYY-MM-DD"),
        "rating": st.column_config.NumberColumn("rating", format="%.0f", width=54, help="1 to 5"),
        label: st.column_config.TextColumn(label, width="medium"),
        "text": st.column_config.TextColumn("review", width="large"),
    }
    what = "History" if shown.side == "user" else "Reviews" if "text" in listed else "Users"
    title = f"**{what}**, training interactions only, newest first"
    options = {"column_config": formats, "on_select": "rerun", "selection_mode": "single-row", "height": min(300, 38 + 35 * len(listed))}
    event = table(listed.drop(columns=key), f"history-{shown.side}", title, exported=listed, **options)
    rows = [row for row in event["selection"]["rows"] if row < len(listed)]
    if rows:
        chosen = shown.history.iloc[rows[0]]
        st.markdown(f"> {literal(str(chosen['text']) or 'This interaction has no text.')}")
        st.button(f"Open the {other}", key=f"open-{other}", on_click=open_profile, args=(other, str(chosen[key])))


def similar(recommender: Recommender, shown: Portrait, people: UserNames) -> None:
    """Nearest nodes of the same side, over all motivations or by one."""
    options: dict[str, str] = {"": "all motivations"} | {key: recommender.run.motivation_names[key] for key in recommender.motivations}
    narrow, _ = st.columns([1, 2])
    chosen = narrow.selectbox("Alike in", list(options), format_func=options.__getitem__, key="alike", bind="query-params")
    near = similar_nodes(recommender, shown.side, shown.idx, 10, chosen or None)
    of_users = shown.side == "user"
    listed = pd.DataFrame(
        {
            "name": [people.name(node.id) if of_users else node.label for node in near],
            "id": [people.identifier(node.id) if of_users else node.id for node in near],
            "cosine": [node.similarity for node in near],
        }
    )
    if (listed["name"] == listed["id"]).all():
        listed = listed.drop(columns="id")
    formats = {"cosine": st.column_config.ProgressColumn("cosine similarity", min_value=0.0, max_value=1.0, format="%.3f")}
    title = f"**Similar {shown.side}s** by the run's vectors; a row can be opened or compared"
    event = table(listed, f"similar-{shown.side}s", title, column_config=formats, on_select="rerun", selection_mode="single-row")
    rows = [row for row in event["selection"]["rows"] if row < len(near)]
    if rows:
        with st.container(horizontal=True):
            node = near[rows[0]].id
            st.button("Open this profile", key="open-similar", type="primary", on_click=open_profile, args=(shown.side, node))
            st.button("Compare the two", key="compare-similar", on_click=_compare, args=(shown.side, node))


def open_profile(side: str, identifier: str) -> None:
    """Show the profile of a user or an item from now on (a button's callback)."""
    st.session_state["side"] = side
    st.session_state["part"] = "profile"
    session.select(**{side: identifier})


def _compare(side: str, identifier: str) -> None:
    st.session_state["part"] = "compare"
    session.select(**{f"other_{side}": identifier})
