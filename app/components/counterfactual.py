"""What an item's place hangs on: the fewest motivations and own reviews without which it leaves the list, and one's own choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from app.components.export import table
from app.components.legend import swatch
from app.components.linked_choice import several_from_link, to_link
from app.components.page import literal, shortened
from core.errors import InputError
from core.recommend.counterfactuals import SmallestMotivations, smallest_motivations
from core.recommend.explanation import Explanation
from core.recommend.recommender import Recommender
from core.recommend.review_removal import MOST_SETS, SENTENCE, ReviewRemoval, SmallestReviews, sets_for
from core.recommend.text_view import TextView

_AT_ONCE = 1_500  # sets of reviews ranked without being asked to: a quarter of a second
_FURTHER = "larger sets of reviews"


def what_it_hangs_on(recommender: Recommender, why: Explanation, k: int, colours: Mapping[str, str]) -> None:
    """Both smallest sets side by side, each review's weight, and a choice of motivations to leave out."""
    left, right = st.columns(2)
    with left, st.container(border=True):
        st.markdown("**The fewest motivations it hangs on**")
        _motivations(recommender, smallest_motivations(recommender, why.user, why.item, k), colours)
        _own_choice(recommender, why)
    with right, st.container(border=True):
        st.markdown("**The fewest of the user's own reviews it hangs on**")
        _reviews(recommender, why, k)


def _motivations(recommender: Recommender, found: SmallestMotivations, colours: Mapping[str, str]) -> None:
    names = recommender.run.motivation_names
    change = found.change
    if found.outcome == "found" and change is not None:
        dropped = " and ".join(f"{swatch(colours[key])} **{literal(names[key])}**" for key in change.dropped)
        st.markdown(f"Without {dropped} it falls from place {found.rank:,} to **{change.rank_after:,}**, out of the first {found.k}.")
        fewer = f"No set of up to {found.proven} does it. " if found.proven else ""
        st.caption(f"{fewer}{_how(found)} Of equally few, those that take least from the score.")
    elif found.outcome == "none":
        st.markdown(f"None: whichever motivations are left out, all of them included, it stays among the first {found.k}.")
        st.caption(f"{_how(found)} What is left is behaviour alone.")
    elif found.outcome == "beyond":
        st.markdown(f"More than {found.proven}: no set of up to {found.proven} motivations does it; larger ones were not all looked at.")
    else:
        st.markdown(f"It stands at place {found.rank:,}, outside the first {found.k}: there is nothing to fall out of.")


def _how(found: SmallestMotivations) -> str:
    """What the answer rests on."""
    if not found.ranked:
        return "Exact: a bound rules out every set of motivations."
    return f"Exact: {found.ranked:,} sets of motivations ranked one by one, the others ruled out by a bound."


def _own_choice(recommender: Recommender, why: Explanation) -> None:
    names = recommender.run.motivation_names
    several_from_link("drop", list(recommender.motivations))
    dropped = st.pills(
        "Leave out what you like",
        list(recommender.motivations),
        selection_mode="multi",
        format_func=lambda key: names[key],
        key="drop",
        on_change=to_link,
        args=("drop",),
    )
    if dropped:
        after = recommender.counterfactual(why.user, why.item, list(dropped))
        st.markdown(
            f"Without them: place **{after.rank_after:,}** instead of {after.rank:,}, "
            f"score {after.score_after:.3f} instead of {after.score:.3f}."
        )


def _reviews(recommender: Recommender, why: Explanation, k: int) -> None:
    further = st.session_state.get(_FURTHER) == (recommender.run.id, why.user, why.item, k)
    try:
        found = _found(recommender.run.id, why.user, why.item, k, MOST_SETS if further else _AT_ONCE, _recommender=recommender)
    except InputError as error:
        st.markdown(f"{literal(error.what)}.")
        return
    if not found.n_reviews:
        st.markdown("No training review of this user says anything of a motivation: there is no review to take away.")
        return
    st.markdown(_gist(found))
    if found.outcome == "beyond" and not further:
        st.button("Look at larger sets", key="larger-sets", on_click=_look_further, args=((recommender.run.id, why.user, why.item, k),))
    st.caption(SENTENCE)
    rows = [{"place then": one.rank, "places lost": one.lost, "review of": one.title, "says": " … ".join(one.quotes)} for one in found.each]
    formats = {
        "place then": st.column_config.NumberColumn("place then", width=64, help="The item's place without this review alone"),
        "places lost": st.column_config.NumberColumn("places lost", format="%+d", width=64, help="Negative: it rises"),
    }
    with st.expander(f"Each of the {found.n_reviews} reviews by itself"):
        table(pd.DataFrame(rows), "own-reviews", column_config=formats, height=38 + 35 * min(len(rows), 6))


def _look_further(of: tuple[str, str, str, int]) -> None:
    st.session_state[_FURTHER] = of


def _gist(found: SmallestReviews) -> str:
    every = f"Without all {found.n_reviews} of them it would stand at place {found.rank_without_all:,}."
    if found.outcome == "found":
        titles = _listed([one.title for one in found.removed])
        many = f"these {len(found.removed)} reviews" if len(found.removed) > 1 else "the review"
        fall = f"it falls from place {found.rank:,} to **{found.rank_after:,}**, out of the first {found.k}"
        return f"Without {many} of {titles} {fall}. {every}"
    if found.outcome == "none":
        return f"None: whichever of the {found.n_reviews} reviews are taken away, it stays among the first {found.k}. {every}"
    if found.outcome == "beyond":
        return f"More than {found.proven}: no set of up to {found.proven} reviews does it, larger ones were not looked at. {every}"
    return f"It stands at place {found.rank:,}, outside the first {found.k}: there is nothing to fall out of. {every}"


def _listed(titles: Sequence[str]) -> str:
    return ", ".join(f"“{literal(shortened(title, 60))}”" for title in titles)


def text_view(recommender: Recommender) -> TextView:
    """The run's text half, read once.

    Raises:
        InputError: the run cannot read other texts.
    """
    return _text_view(recommender.run.id, str(recommender.run.directory), _recommender=recommender)


@st.cache_resource(max_entries=4, show_spinner="Reading the run's text encoders")
def _text_view(run: str, directory: str, _recommender: Recommender) -> TextView:
    del run, directory
    return TextView.open(_recommender.run)


@st.cache_resource(max_entries=64, show_spinner="Taking reviews away")
def _found(run: str, user: str, item: str, k: int, most_sets: int, _recommender: Recommender) -> SmallestReviews:
    del run
    return ReviewRemoval(_recommender, text_view(_recommender), user).smallest(item, k, sets_for(_recommender.dataset.n_items, most_sets))
