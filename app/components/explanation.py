"""Why an item is recommended: the sum of its motivations, the quotes behind each, and what would change without it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app.charts.palette import NEUTRAL, motivation_colours
from app.charts.profile_bars import counterfactual_bars
from app.charts.waterfall import Term, waterfall
from app.components.evidence import evidence_sides, motivation_heading
from app.components.export import chart, export_document
from app.components.page import literal
from core.extraction.schema import OTHER
from core.recommend.explanation import Contribution, Explanation
from core.recommend.recommender import Recommender

_FIRST = 3


def explanation(recommender: Recommender, user_id: str, item_id: str) -> None:
    """Sentence, waterfall, counterfactuals and evidence of one pair.

    Raises:
        NotFoundError: no such user or item.
    """
    why = recommender.explain(user_id, item_id)
    st.subheader(f"Why “{literal(why.title)}”", anchor=False)
    already = " It is in the training history, so it would not be recommended again." if why.in_history else ""
    st.markdown(literal(why.sentence))
    st.caption(f"Place {why.rank:,} of {recommender.dataset.n_items:,} items, score {why.score:.3f}.{already}")
    if not why.contributions:
        st.info(
            "This run has no named motivations: its score is one number that does not split into reasons. "
            "Choose a run of LMMRec with named slots to see why."
        )
        return
    colours = motivation_colours(recommender.motivations)
    left, right = st.columns(2)
    with left:
        figure = waterfall(terms_of(why, colours), why.score, why.remainder)
        chart(
            figure, "waterfall", f"Waterfall of the motivations that add up to a score of {why.score:.3f}", "**What adds up to the score**"
        )
    with right:
        drops = counterfactuals(recommender, why)
        if drops["places lost"].any():
            named = {part.name: colours[part.motivation] for part in why.contributions}
            chart(
                counterfactual_bars(drops.sort_values("term", key=abs, ascending=False), named, why.rank, height=figure.layout.height),
                "counterfactuals",
                "Places lost without each motivation",
                "**If a motivation did not count**",
            )
        else:
            st.markdown(f"**If a motivation did not count**\n\nThe item would stay at place {why.rank:,}, whichever of them it is.")
    if drops["places lost"].any():
        st.caption(_gist(why, drops))
    _evidence(why, colours)
    document = json.dumps(why.document(), ensure_ascii=False, indent=2)
    export_document(document, f"explanation-{user_id}-{item_id}.json", label="Explanation as JSON")


def terms_of(why: Explanation, colours: Mapping[str, str]) -> list[Term]:
    """One bar of the waterfall per motivation."""
    return [
        Term(part.name, part.value, colours.get(part.motivation, NEUTRAL), part.silence.replace("; ", ";<br>"))
        for part in why.contributions
    ]


def counterfactuals(recommender: Recommender, why: Explanation) -> pd.DataFrame:
    """Score and place of the item without each motivation: columns name, rank, places lost, score."""
    rows = []
    for part in why.contributions:
        without = recommender.counterfactual(why.user, why.item, drop=[part.motivation])
        rows.append(
            {
                "name": part.name,
                "term": part.value,
                "rank": without.rank_after,
                "places lost": without.rank_after - why.rank,
                "score": without.score_after,
            }
        )
    return pd.DataFrame(rows)


def _gist(why: Explanation, drops: pd.DataFrame) -> str:
    worst = drops.loc[drops["places lost"].idxmax()]
    if worst["places lost"] <= 0:
        return "No single motivation holds the item up: without any one of them it keeps its place or rises."
    fall = f"falls from place {why.rank:,} to {int(worst['rank']):,}"
    return f"Without {worst['name']} this item {fall}. Every item loses that term, then all are ranked anew."


def _evidence(why: Explanation, colours: Mapping[str, str]) -> None:
    st.markdown("**The words behind it** (training reviews only)")
    first = [part for part in why.contributions if part.value > 0 and part.motivation != OTHER][:_FIRST]
    for part in first:
        with st.container(border=True):
            st.markdown(_heading(part, colours))
            evidence_sides(part.user_evidence, part.item_evidence, silence=part.silence)
    rest = [part for part in why.contributions if part not in first]
    if rest:
        with st.expander(f"The other {len(rest)} motivations"):
            for part in rest:
                st.markdown(_heading(part, colours))
                evidence_sides(part.user_evidence, part.item_evidence, silence=part.silence)


def _heading(part: Contribution, colours: Mapping[str, str]) -> str:
    share = f", {100 * part.share:.0f} % of what speaks for it" if part.value > 0 else ", speaks against it" if part.value < 0 else ""
    return motivation_heading(part.name, colours.get(part.motivation, NEUTRAL), f"adds {part.value:+.3f}{share}")
