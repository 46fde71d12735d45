"""The exact prompt a model gets for one review, how long it is, and the alarm where it does not fit the context."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import session
from app.components.page import literal, shortened
from app.components.prompt_editor import Edited
from core.errors import InputError
from core.extraction.ollama.chat import ChatOptions, Message
from core.extraction.ollama.context import estimate_tokens, truncation
from core.extraction.taxonomy import Taxonomy
from core.extraction.trial_asking import rendered
from core.extraction.trial_reviews import TrainingReviews, TrialReview


def review_label(review: TrialReview) -> str:
    """A review in a list: its number, what it is about, and how it begins."""
    title = f"{shortened(review.item_title, 40)}: " if review.item_title else ""
    return f"{review.index} · {title}{shortened(review.text, 70)}"


def pick_review(reviews: TrainingReviews, offered: Sequence[int]) -> TrialReview | None:
    """The review the prompt is shown for; the choice goes into the URL."""
    wanted = session.selected("review")
    index = int(wanted) if wanted and wanted.isdigit() else None
    if wanted and index not in reviews:
        st.warning(f"The link names review {literal(wanted)}, which is no training review of this dataset.")
        index = None
    options = list(offered) if index is None or index in offered else [index, *offered]
    if not options:
        return None
    st.session_state["pick-review"] = index if index is not None else options[0]
    chosen = st.selectbox(
        "Prompt as it is sent for",
        options,
        format_func=lambda one: review_label(reviews.get(one)),
        key="pick-review",
        on_change=_choose,
    )
    return reviews.get(chosen)


def _choose() -> None:
    session.select(review=str(st.session_state["pick-review"]))


def prompt_preview(edited: Edited, taxonomy: Taxonomy, options: ChatOptions, reviews: TrainingReviews, offered: Sequence[int]) -> None:
    """The messages of a review prompt for a chosen review, word for word; `node_preview` shows the other kinds.

    Args:
        options: of the first variant: its context and longest answer decide whether the prompt fits.
        offered: the reviews to choose from.
    """
    review = pick_review(reviews, offered)
    if review is None:
        st.caption("This dataset has no training review with text.")
        return
    if edited.problem:
        st.caption("The prompt appears here once its template is right.")
        return
    try:
        messages = rendered(edited.template, taxonomy, review)
    except InputError as error:
        st.error(literal(str(error)), icon=":material/error:")
        return
    length_line(messages, options)
    message_boxes(messages)


def message_boxes(messages: Sequence[Message]) -> None:
    """The messages as they are sent."""
    for message, height in zip(messages, (330, 190) if len(messages) > 1 else (520,), strict=True):
        st.caption(f"{message.role.capitalize()} message")
        st.code(message.content, language=None, wrap_lines=True, height=height)


def length_line(messages: Sequence[Message], options: ChatOptions) -> None:
    """How long a prompt is, and the truncation alarm."""
    estimate = estimate_tokens(messages)
    alarm = truncation(messages, options, None)
    if alarm is not None:
        st.error(literal(alarm.message), icon=":material/content_cut:")
        return
    left = options.num_ctx - options.num_predict - estimate
    st.caption(
        f"About {estimate:,} tokens; with {options.num_predict:,} for the answer, {left:,} of the context of {options.num_ctx:,} are left."
    )
