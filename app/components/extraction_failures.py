"""What failed in an extraction: how often and why, the review, the raw answer, and the button that asks again."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import artefacts
from app.components.export import table
from app.components.extraction_progress import KINDS_OF_FAILURE, failure_line, raw_answer
from app.components.highlight import highlighted
from app.components.job_progress import launch_button
from app.components.page import literal, shortened
from core.workspace import Artefact, Workspace

PER_PAGE = 8
_ABOUT = {"review": "review", "user": "all reviews of a user", "item": "all reviews of an item", "merge": "a merge"}


def n_failed(extraction: Artefact) -> int:
    """Questions of an extraction that have no usable answer."""
    return int(extraction.manifest.summary.get("n_failed") or 0)


def failures_view(space: Workspace, dataset: Artefact, extraction: Artefact) -> None:
    """Counts by reason, the way to ask again, and each failure with its raw answer."""
    failed = artefacts.results(extraction, dataset).failures()
    summary = extraction.manifest.summary
    share = 100 * len(failed) / max(1, int(summary.get("n_questions") or 1))
    st.markdown(f"**{len(failed):,} of {summary.get('n_questions', 0):,} questions failed** ({share:.1f} %): {reasons(failed)}.")
    with st.container(horizontal=True, vertical_alignment="center"):
        if summary.get("relabelled"):
            st.caption("These statements were named anew. Choose the extraction that read the reviews to ask its failed questions again.")
        else:
            arguments: dict[str, object] = {"dataset": dataset.id, "config": extraction.manifest.config, "retry_failed": True}
            launch_button(space, f"Ask the {len(failed):,} again", "extract", arguments, key="retry-failed")
            st.caption(
                "With temperature 0 and the same seed a model tends to give the same answer: it helps where the server failed. "
                "For wrong answers, change the prompt or num_predict."
            )
    kind = st.segmented_control(
        "Reason",
        ["any", *failed["failure"].value_counts().index],
        default="any",
        required=True,
        format_func=lambda one: "Any reason" if one == "any" else KINDS_OF_FAILURE.get(one, one).capitalize(),
        key="failure-kind",
    )
    chosen = failed if kind in (None, "any") else failed[failed["failure"] == kind]
    _cards(chosen.reset_index(drop=True))
    with st.expander("As a table, to export", key="failure-table"):
        columns = ["failure", "message", "item", "raw", "attempts", "answer_tokens", "seconds"]
        table(chosen.head(500)[columns], "failures", f"**{len(chosen):,} failures**", exported=chosen)


def reasons(failed: pd.DataFrame) -> str:
    """How often each reason was, most often first."""
    counts = failed["failure"].value_counts()
    return ", ".join(f"{count:,} {KINDS_OF_FAILURE.get(str(kind), str(kind))}" for kind, count in counts.items())


def _cards(failed: pd.DataFrame) -> None:
    pages = -(-len(failed) // PER_PAGE)
    number = min(pages, int(st.session_state.get("failure-page", 1) or 1))
    for row in failed.iloc[(number - 1) * PER_PAGE : number * PER_PAGE].to_dict("records"):
        with st.container(border=True):
            left, right = st.columns(2, gap="medium")
            with left:
                st.markdown(f"**{literal(shortened(row['item'], 80)) or _ABOUT.get(row['level'], '')}**")
                if row["level"] == "review":
                    st.markdown(highlighted(row["review"], []))
                else:
                    st.caption(f"About {_ABOUT.get(row['level'], row['level'])}.")
            with right:
                st.markdown(failure_line(row["failure"], row["message"], int(row["attempts"])))
                raw_answer(row["raw"], row["thinking"])
    if pages > 1:
        st.pagination(pages, key="failure-page")
