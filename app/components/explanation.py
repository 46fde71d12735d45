"""Why an item is recommended: the sentence, the sum of its motivations, what would change it, and the quotes behind each motivation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from app.charts.palette import NEUTRAL, motivation_colours
from app.charts.profile_bars import counterfactual_bars
from app.charts.waterfall import Term, waterfall
from app.components.counterfactual import what_it_hangs_on
from app.components.evidence import evidence_sides, motivation_heading
from app.components.explanation_sentence import footnotes, in_a_models_words
from app.components.export import chart, export_document
from app.components.faithfulness import pair_view
from app.components.page import literal, shortened
from app.user_names import UserNames
from core.extraction.schema import OTHER
from core.recommend.counterfactuals import Without, without_each
from core.recommend.explanation import Contribution, Explanation
from core.recommend.recommender import Recommender

_FIRST = 3
NO_REASONS = (
    "This run has no named motivations: its score is one number that does not split into reasons. "
    "Choose a run of LMMRec with named slots to see why."
)


def explanation(recommender: Recommender, user_id: str, item_id: str, k: int, people: UserNames) -> None:
    """Everything about one pair.

    Args:
        k: length of the list the item may fall out of.

    Raises:
        NotFoundError: no such user or item.
    """
    why = recommender.explain(user_id, item_id)
    already = " It is in the training history, so it would not be recommended again." if why.in_history else ""
    _head(why, recommender.dataset.n_items, already)
    if not why.contributions:
        st.info(NO_REASONS)
        return
    footnotes(why, people)
    in_a_models_words(why, recommender.run.id, people)
    colours = motivation_colours(recommender.motivations)
    sum_and_drops(why, without_each(recommender, user_id, item_id), colours)
    _nearest(why)
    what_it_hangs_on(recommender, why, k, colours)
    words_behind(why, colours, people)
    pair_view(recommender, why, colours)
    document = why.document() if not people.hidden else _without_names(why, people)
    shown = json.dumps(document, ensure_ascii=False, indent=2)
    export_document(shown, f"explanation-{people.identifier(user_id)}-{item_id}.json", label="Explanation as JSON")


def newcomer_explanation(why: Explanation, drops: Sequence[Without], n_items: int, motivations: Sequence[str], people: UserNames) -> None:
    """The same for a newcomer: no history, so nothing about behaviour or own reviews of the dataset."""
    colours = motivation_colours(list(motivations))
    _head(why, n_items, "")
    footnotes(why, people)
    sum_and_drops(why, drops, colours)
    words_behind(why, colours, people, own="The newcomer said")


def _head(why: Explanation, n_items: int, already: str) -> None:
    st.subheader(f"Why “{literal(shortened(why.title, 110))}”", anchor=False)
    st.caption(f"Place {why.rank:,} of {n_items:,} items, score {why.score:.3f}.{already}")


def sum_and_drops(why: Explanation, drops: Sequence[Without], colours: Mapping[str, str]) -> None:
    """The waterfall beside the places lost without each motivation."""
    left, right = st.columns(2)
    with left:
        figure = waterfall(terms_of(why, colours), why.score, why.remainder)
        alt = f"Waterfall of the motivations that add up to a score of {why.score:.3f}"
        chart(figure, "waterfall", alt, "**What adds up to the score**")
    with right:
        rows = drops_table(drops)
        if rows["places lost"].any():
            named = {part.name: colours[part.motivation] for part in why.contributions}
            chart(
                counterfactual_bars(rows.sort_values("term", key=abs, ascending=False), named, why.rank, height=figure.layout.height),
                "counterfactuals",
                "Places lost without each motivation",
                "**If a motivation did not count**",
            )
        else:
            st.markdown(f"**If a motivation did not count**\n\nThe item would stay at place {why.rank:,}, whichever of them it is.")
    if rows["places lost"].any():
        st.caption(_gist(why, rows))


def terms_of(why: Explanation, colours: Mapping[str, str]) -> list[Term]:
    """One bar of the waterfall per motivation."""
    return [
        Term(part.name, part.value, colours.get(part.motivation, NEUTRAL), part.silence.replace("; ", ";<br>"))
        for part in why.contributions
    ]


def drops_table(drops: Sequence[Without]) -> pd.DataFrame:
    """Score and place of the item without each motivation."""
    rows = [{"name": one.name, "term": one.value, "rank": one.rank, "places lost": one.lost, "score": one.score} for one in drops]
    return pd.DataFrame(rows, columns=["name", "term", "rank", "places lost", "score"])


def _gist(why: Explanation, drops: pd.DataFrame) -> str:
    worst = drops.sort_values("places lost", ascending=False, kind="stable").iloc[0]
    if worst["places lost"] <= 0:
        return "No single motivation holds the item up: without any one of them it keeps its place or rises."
    fall = f"falls from place {why.rank:,} to {int(worst['rank']):,}"
    return f"Without {literal(str(worst['name']))} this item {fall}. Every item loses that term, then all are ranked anew."


def _nearest(why: Explanation) -> None:
    """What behaviour rests on, as far as it can be said: items of the history that are alike. A likeness, not a cause."""
    if not why.nearest or abs(why.remainder) < 1e-9:
        return
    alike = "; ".join(f"“{literal(shortened(one.title, 60))}” ({one.cosine:.2f})" for one in why.nearest)
    st.markdown(
        f"**Behaviour alone** adds {why.remainder:+.3f}: people whose choices are like this user's chose the item, and no review says why. "
        f"By who chooses them, these of the user's training items are most like it (cosine, 1 = the same): {alike}."
    )
    st.caption("A likeness of the items' behaviour vectors, not a cause: behaviour does not split into single items.")


def words_behind(why: Explanation, colours: Mapping[str, str], people: UserNames | None, own: str = "The user wrote") -> None:
    """The quotes of both sides behind each motivation; all training reviews."""
    st.markdown("**The words behind it** (training reviews only)")
    first = [part for part in why.contributions if part.value > 0 and part.motivation != OTHER][:_FIRST]
    for part in first:
        with st.container(border=True):
            st.markdown(_heading(part, colours))
            evidence_sides(part.user_evidence, part.item_evidence, silence=part.silence, people=people, own=own)
    rest = [part for part in why.contributions if part not in first]
    if rest:
        with st.expander(f"The other {len(rest)} motivations"):
            for part in rest:
                st.markdown(_heading(part, colours))
                evidence_sides(part.user_evidence, part.item_evidence, silence=part.silence, people=people, own=own)


def _heading(part: Contribution, colours: Mapping[str, str]) -> str:
    share = f", {100 * part.share:.0f} % of what speaks for it" if part.value > 0 else ", speaks against it" if part.value < 0 else ""
    return motivation_heading(part.name, colours.get(part.motivation, NEUTRAL), f"adds {part.value:+.3f}{share}")


def _without_names(why: Explanation, people: UserNames) -> dict[str, object]:
    """The explanation for a file, with users called by their pseudonyms."""

    def hidden(value: object) -> object:
        if isinstance(value, dict):
            return {key: people.identifier(one) if key == "user" and isinstance(one, str) else hidden(one) for key, one in value.items()}
        return [hidden(one) for one in value] if isinstance(value, list) else value

    return {key: people.identifier(str(value)) if key == "user" else hidden(value) for key, value in why.document().items()}
