"""What an extraction will take, before it is started: measured on a few real answers, which are kept."""

from __future__ import annotations

import threading
import time

import streamlit as st

from app.components.page import duration, figures, literal
from core.errors import StoppedError, StudioError
from core.extraction.config import ExtractionConfig
from core.extraction.ollama_estimate import Estimate
from core.jobs.extraction_step import estimate_extraction
from core.progress import ProgressEvent
from core.storage import content_hash
from core.workspace import Artefact, Workspace

_ESTIMATES, _WANTED = "estimates", "estimate wanted"
TELL_EVERY_S = 0.3


def estimate_view(space: Workspace, dataset: Artefact, config: ExtractionConfig) -> None:
    """The estimate of these settings, or the button that makes it."""
    key = content_hash(str(space.root), dataset.id, config.model_dump(mode="json"))
    known: dict[str, Estimate | str] = st.session_state.setdefault(_ESTIMATES, {})
    wanted = st.session_state.get(_WANTED) == key
    with st.container(horizontal=True, vertical_alignment="center"):
        if not wanted and st.button("Estimate time and tokens", icon=":material/timer:", key="estimate"):
            st.session_state[_WANTED] = key
            st.rerun()
        if wanted:
            st.button("Stop measuring", icon=":material/stop:", key="stop-estimate", on_click=_forget)
        if key not in known and not wanted:
            st.caption("Asks a few questions of this very extraction; their answers are kept and count.")
    if wanted:
        known[key] = _measured(space, dataset, config)
        _forget()
        st.rerun()
    found = known.get(key)
    if isinstance(found, Estimate):
        show_estimate(found)
    elif found:
        st.error(literal(found))


def _forget() -> None:
    st.session_state.pop(_WANTED, None)


def _measured(space: Workspace, dataset: Artefact, config: ExtractionConfig) -> Estimate | str:
    """Measure within this run of the page; a click anywhere begins the page anew and ends the measuring."""
    bar = st.progress(0.0, text="Counting what is answered already")
    page, ended = threading.get_ident(), threading.Event()
    told_at = 0.0
    shown = (0.0, "Counting what is answered already")

    def progress(event: ProgressEvent) -> None:
        nonlocal shown
        shown = (event.done / event.total if event.total else 0.0, f"{literal(event.stage)} · {event.done:,} of {event.total:,} answers")
        bar.progress(shown[0], text=shown[1])

    def stop() -> bool:
        nonlocal told_at
        # The threads that ask look here, too; only the page's own may draw, and hears clicks when it does.
        if threading.get_ident() == page and time.monotonic() - told_at > TELL_EVERY_S:
            told_at = time.monotonic()
            bar.progress(shown[0], text=shown[1])
        return ended.is_set()

    try:
        return estimate_extraction(space, dataset.id, config, progress, stop)
    except StoppedError:
        return ""
    except StudioError as error:
        return str(error)
    finally:
        ended.set()
        bar.empty()


def show_estimate(found: Estimate) -> None:
    """The figures of an estimate."""
    figures(
        {
            "Time": "nothing to wait for" if not found.n_left and not found.n_merges_at_most else f"about {duration(found.seconds)}",
            "Still to be asked": f"{found.n_left:,} of {found.n_requests:,}",
            "Tokens read": _short(found.prompt_tokens),
            "Tokens written": _short(found.answer_tokens),
        },
        {
            "Time": "For what is left, at the rate measured. A model of your own costs only time.",
            "Still to be asked": "Distinct questions; what was answered before is not asked again.",
        },
    )
    parts = [f"{found.n_cached:,} answered already"]
    if found.requests_per_s is not None:
        parts.append(f"{found.requests_per_s:,.2f} answers/s measured on {found.n_measured:,}")
    if found.n_failed:
        parts.append(f"{found.n_failed:,} failed before; they are asked again only with Retry")
    if found.n_merges_at_most:
        parts.append(f"up to {found.n_merges_at_most:,} merges, counted in the time")
    st.caption(f"{literal(found.model)}: {' · '.join(parts)}.")


def _short(count: int) -> str:
    """A count of tokens as people say it."""
    if count >= 1_000_000:
        return f"{count / 1e6:,.1f} M"
    return f"{count / 1e3:,.0f} k" if count >= 10_000 else f"{count:,}"


def zero_shot_estimate(space: Workspace, config: ExtractionConfig, n_reviews: int) -> None:
    """How long the embedded extractor takes for so many reviews, by the last time it ran here."""
    n = min(n_reviews, config.sample or n_reviews)
    seconds = zero_shot_seconds(space, n)
    if seconds is None:
        st.caption(f"{n:,} reviews to read. It has not run in this workspace yet: the time is not known; sentences read once are kept.")
    else:
        st.caption(f"{n:,} reviews to read: at most about {duration(seconds)} at the pace of the last time; sentences read once are kept.")


def zero_shot_seconds(space: Workspace, n_reviews: int) -> float | None:
    """Seconds the embedded extractor takes, by the newest of its extractions that embedded its sentences; None without one."""
    for extraction in space.list("extraction"):
        summary = extraction.manifest.summary
        own = extraction.manifest.config.get("backend") == "zero-shot" and "relabelled" not in summary
        if own and summary.get("n_reviews") and summary.get("n_embedded", 0) >= 0.9 * summary.get("n_distinct", 1):
            return float(n_reviews * summary["seconds"] / summary["n_reviews"])
    return None
