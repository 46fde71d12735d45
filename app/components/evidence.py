"""Evidence cards: a quote, what it says, and where it is from."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.components.legend import swatch
from app.components.page import literal, shortened
from app.user_names import UserNames
from core.recommend.evidence import Evidence
from core.recommend.newcomer import PICKED

_SOURCES = {"user_profile": "the user's profile text", "item_profile": "the item's profile text"}


def evidence_card(evidence: Evidence, *, side: str, people: UserNames | None = None) -> None:
    """One statement: the quote, its tone, and the review it is from.

    Args:
        side: whose evidence it is, "user" or "item": a user's quote names the item, an item's quote the user.
        people: how users are called; None calls them by their ids.
    """
    tone = ":green-badge[praise]" if evidence.polarity == "positive" else ":orange-badge[complaint]"
    origin = origin_of(evidence, side, people)
    likeness = "" if evidence.similarity is None else f", similarity to the other side {evidence.similarity:.2f}"
    st.markdown(f"{tone} “{literal(shortened(evidence.quote, 280))}”")
    st.caption(f"From {origin}; strength {evidence.strength:.2f}, confidence {evidence.confidence:.2f}{likeness}")


def evidence_sides(
    user: Sequence[Evidence],
    item: Sequence[Evidence],
    *,
    silence: str = "",
    people: UserNames | None = None,
    own: str = "The user wrote",
) -> None:
    """The user's quotes beside the item's, under ``own`` and its counterpart."""
    left, right = st.columns(2)
    for column, title, side, quotes in ((left, own, "user", user), (right, "Reviewers of the item wrote", "item", item)):
        with column:
            st.markdown(f"**{title}**")
            for evidence in quotes:
                evidence_card(evidence, side=side, people=people)
            if not quotes:
                st.caption("Nothing about this motivation.")
    if silence:
        st.caption(silence)


def motivation_heading(name: str, colour: str, note: str) -> str:
    """A motivation's name with its colour, for a heading in Markdown."""
    return f"{swatch(colour, 14)} **{literal(name)}** {note}"


def origin_of(evidence: Evidence, side: str, people: UserNames | None = None) -> str:
    """Where a statement is from, in words for Markdown."""
    if evidence.source == PICKED:
        return "what the taxonomy says of the motivation that was picked"
    if evidence.interaction_idx < 0 and evidence.source == "review":
        return "the pasted reviews"
    if evidence.source in _SOURCES:
        return _SOURCES[evidence.source]
    if evidence.own_review:
        return "this user's own review of this item"
    if side == "user" and evidence.item_title:
        return f"the review of “{literal(shortened(evidence.item_title, 70))}”"
    who = evidence.user if people is None or not evidence.user else people.name(evidence.user)
    return f"a review by {literal(who)}" if who else "a review"
