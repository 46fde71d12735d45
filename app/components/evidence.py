"""Evidence cards: a quote, what it says, and where it is from."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.components.legend import swatch
from app.components.page import literal, shortened
from core.recommend.evidence import Evidence

_SOURCES = {"user_profile": "the user's profile text", "item_profile": "the item's profile text"}


def evidence_card(evidence: Evidence, *, side: str) -> None:
    """One statement: the quote, its tone, and the review it is from.

    Args:
        side: whose evidence it is, "user" or "item": a user's quote names the item, an item's quote the user.
    """
    tone = ":green-badge[praise]" if evidence.polarity == "positive" else ":orange-badge[complaint]"
    origin = _origin(evidence, side)
    likeness = "" if evidence.similarity is None else f", similarity to the other side {evidence.similarity:.2f}"
    st.markdown(f"{tone} “{literal(shortened(evidence.quote, 280))}”")
    st.caption(f"From {origin}; strength {evidence.strength:.2f}, confidence {evidence.confidence:.2f}{likeness}")


def evidence_sides(user: Sequence[Evidence], item: Sequence[Evidence], *, silence: str = "") -> None:
    """The user's quotes beside the item's."""
    left, right = st.columns(2)
    for column, title, side, quotes in ((left, "The user wrote", "user", user), (right, "Reviewers of the item wrote", "item", item)):
        with column:
            st.markdown(f"**{title}**")
            for evidence in quotes:
                evidence_card(evidence, side=side)
            if not quotes:
                st.caption("Nothing about this motivation in the training reviews.")
    if silence:
        st.caption(silence)


def motivation_heading(name: str, colour: str, note: str) -> str:
    """A motivation's name with its colour, for a heading in Markdown."""
    return f"{swatch(colour, 14)} **{literal(name)}** {note}"


def _origin(evidence: Evidence, side: str) -> str:
    if evidence.source in _SOURCES:
        return _SOURCES[evidence.source]
    if evidence.own_review:
        return "this user's own review of this item"
    if side == "user" and evidence.item_title:
        return f"the review of “{literal(shortened(evidence.item_title, 70))}”"
    return f"a review by {literal(evidence.user)}" if evidence.user else "a review"
