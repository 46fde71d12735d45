"""A batch of a language model as the page shows it: how fast it answers, what failed and why, how to hold it and let it go on."""

from __future__ import annotations

from contextlib import closing

import streamlit as st

from app.components.page import duration, literal, shortened
from core.errors import StudioError
from core.extraction.answer_store import AnswerStore, StoredAnswer
from core.jobs.kinds import has_batch
from core.jobs.launch import is_paused, pause, resume
from core.jobs.store import Job
from core.workspace import Workspace

_SHOWN_FAILURES = 10
_RAW_CHARS = 4_000  # of a failed answer that are shown; the export has all of it
KINDS_OF_FAILURE = {
    "invalid": "no usable answer",
    "cut": "cut short",
    "server": "the server failed",
    "timeout": "no answer in time",
    "truncated": "the prompt was cut",
    "stopped": "stopped",
}


def is_batch(found: Job) -> bool:
    """Whether a job is in the middle of asking a language model: what it measures then says so."""
    return has_batch(found.kind, found.arguments) and "reviews_per_s" in found.measures


def batch_line(found: Job) -> str:
    """Stage, count, answers and tokens a second and the time left, in one line."""
    measures = found.measures
    what = "reviews" if " about " not in found.stage and " to merge " not in found.stage else "answers"
    rate, tokens = float(measures.get("reviews_per_s") or 0), float(measures.get("tokens_per_s") or 0)
    parts = [found.stage, f"{found.done:,} of {found.total:,}" if found.total else f"{found.done:,} done"]
    if measures.get("paused"):
        return " · ".join([*parts, "paused"])
    if rate:
        parts.append(f"{rate:,.1f} {what}/s" if rate >= 1 else f"{60 * rate:,.1f} {what} a minute")
        parts.append(f"{tokens:,.0f} tokens/s")
        if found.total > found.done:
            parts.append(f"about {duration((found.total - found.done) / rate)} left")
    return " · ".join(parts)


def batch_counts(found: Job) -> str:
    """What became of the questions so far, in one line."""
    measures = found.measures
    known = {name: int(measures.get(name) or 0) for name in ("answered", "cached", "failed", "in_flight")}
    parts = [f"{known['answered']:,} answered now"]
    if known["cached"]:
        parts.append(f"{known['cached']:,} were answered before and are not asked again")
    parts.append(f"{known['failed']:,} failed")
    parts.append(f"{known['in_flight']:,} of {int(measures.get('concurrency') or 0):,} in flight")
    return " · ".join(parts)


def pause_button(space: Workspace, found: Job) -> None:
    """Hold the batch, or let it go on."""
    held = is_paused(space, found.id)
    label, icon = ("Resume", ":material/play_arrow:") if held else ("Pause", ":material/pause:")
    if st.button(label, key=f"hold-{found.id}", icon=icon, type="tertiary", help="Requests in flight end; nothing new is asked."):
        try:
            (resume if held else pause)(space, found.id)
        except StudioError:  # it ended between the two looks; the next look shows how
            st.rerun(scope="app")
        st.rerun(scope="fragment")


def batch_details(space: Workspace, found: Job) -> None:
    """The counts of a batch and, where there are any, the newest answers that failed in it."""
    st.caption(batch_counts(found))
    if not int(found.measures.get("failed") or 0):
        return
    failed = failed_since(space, found.started_at or found.created_at)
    if failed:
        with st.expander("Failed so far: the newest, with reason and raw answer", key=f"failed-{found.id}"):
            for one in failed:
                failure_view(one)
            st.caption("The batch goes on without them; when it has ended they can be asked again.")


def failed_since(space: Workspace, moment: str) -> list[StoredAnswer]:
    """The newest failed answers of the workspace since a moment (ISO 8601, UTC)."""
    with closing(AnswerStore(space)) as store:
        return [one for one in store.failed(limit=_SHOWN_FAILURES) if one.answered_at >= moment]


def failure_view(one: StoredAnswer) -> None:
    """Why an answer cannot be used, and the answer as it came."""
    failure = one.answer.failure
    if failure is None:
        return
    st.markdown(failure_line(failure.kind, failure.message, one.answer.attempts))
    raw_answer(one.answer.raw, one.answer.thinking)


def failure_line(kind: str, message: str, attempts: int) -> str:
    """The reason of a failure as Markdown."""
    often = f", {attempts} attempts" if attempts > 1 else ""
    return f":red-badge[{KINDS_OF_FAILURE.get(kind, kind)}] {literal(shortened(message, 400))}{often}"


def raw_answer(raw: str, thinking: str = "") -> None:
    """What the model wrote, as it came."""
    if raw.strip():
        cut = len(raw) > _RAW_CHARS
        st.code(raw[:_RAW_CHARS] + (" …" if cut else ""), language=None, wrap_lines=True)
    elif thinking.strip():
        st.caption("No answer; what it thought before:")
        st.code(thinking[-_RAW_CHARS:], language=None, wrap_lines=True)
    else:
        st.caption("The server sent no text.")
