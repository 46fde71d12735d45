"""A job as the page shows it: stage, how far, how fast, how long still, a stop button, and how it ended."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from app import session
from app.components.errors import live_fragment
from app.components.extraction_progress import batch_details, batch_line, is_batch, pause_button
from app.components.page import duration, literal, moment
from core.errors import StudioError
from core.jobs.kinds import has_batch
from core.jobs.launch import job, jobs, launch, log_tail, stop
from core.jobs.store import Job
from core.workspace import Workspace

TITLES = {
    "import": "Import",
    "extract": "Extraction",
    "train": "Training",
    "map": "Map",
    "epoch-map": "Maps over training epochs",
    "demo": "Demo workspace",
    "pipeline": "Reviews to recommendations",
    "relabel": "Taxonomy applied to the extraction",
    "discover": "Taxonomy discovered in the extraction",
    "profiles": "Profiles",
    "compare-prompts": "Comparison of prompts",
    "benchmark": "Benchmark",
    "sweep": "Seeds and ablations",
}
_USES = {
    "run": "Use this run",
    "dataset": "Use this dataset",
    "profiles": "See this extraction",
    "extraction": "See this extraction",
    "comparison": "See this comparison",
    "benchmark": "See this benchmark",
}
_ENDINGS = {
    "finished": ("Finished", "green"),
    "failed": ("Failed", "red"),
    "stopped": ("Stopped", "orange"),
    "lost": ("Lost", "red"),
    "queued": ("Waiting", "blue"),
    "running": ("Running", "blue"),
}


def launch_button(space: Workspace, label: str, kind: str, arguments: dict[str, object], *, key: str, primary: bool = True) -> None:
    """A button that starts a job; a job of the same arguments that is still running is not started twice."""
    if st.button(label, key=key, type="primary" if primary else "secondary", icon=":material/play_arrow:"):
        identifier = launch(space, kind, dict(arguments))
        st.session_state.setdefault(_WATCHED, set()).add(identifier)
        st.rerun()


_WATCHED = "watched jobs"


def live_jobs(space: Workspace, *kinds: str) -> list[Job]:
    """The jobs still waiting or running, newest first, of these kinds or of all."""
    return [found for found in jobs(space) if found.live and (not kinds or found.kind in kinds)]


def is_watched(identifier: str) -> bool:
    """Whether a job was seen running in this session, so that its end has a panel of its own until it is dismissed."""
    return identifier in st.session_state.get(_WATCHED, set())


def job_panels(space: Workspace, *kinds: str) -> bool:
    """Progress of every live job of these kinds, and how the ones started here ended; whether there are live ones."""
    live = live_jobs(space, *kinds)
    watched: set[str] = st.session_state.setdefault(_WATCHED, set())
    watched |= {found.id for found in live}
    for found in live:
        with st.container(border=True):
            _live_panel(space, found.id)
    for found in jobs(space):
        if not found.live and found.id in watched and (not kinds or found.kind in kinds):
            _ended_panel(space, found)
    return bool(live)


@live_fragment(run_every=1.0)
def _live_panel(space: Workspace, identifier: str) -> None:
    found = job(space, identifier)
    if not found.live:
        st.rerun(scope="app")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{title(found)}**", width="content")
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right", width="content"):
            _steering(space, found)
    st.progress(share(found), text=literal(progress_line(found)))
    if is_batch(found):
        batch_details(space, found)


def _steering(space: Workspace, found: Job) -> None:
    stopping = found.stop_requested_at is not None
    if has_batch(found.kind, found.arguments) and not stopping:
        pause_button(space, found)
    if st.button("Stopping" if stopping else "Stop", key=f"stop-{found.id}", icon=":material/stop:", disabled=stopping, type="tertiary"):
        _ask_to_stop(space, found.id)


def _ask_to_stop(space: Workspace, identifier: str) -> None:
    try:
        stop(space, identifier)
    except StudioError:  # it ended between the two looks; the next look shows how
        st.rerun(scope="app")
    st.rerun()


def _ended_panel(space: Workspace, found: Job) -> None:
    word, colour = _ENDINGS[found.status]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{title(found)}**", width="content")
            st.badge(word, color=colour)
            if st.button("Dismiss", key=f"dismiss-{found.id}", type="tertiary"):
                st.session_state[_WATCHED].discard(found.id)
                st.rerun()
        st.markdown(literal(found.message))
        if found.status in ("failed", "lost"):
            with st.expander("Log"):
                st.code(log_tail(space, found.id) or "The log is empty.", language=None)
        if found.status in ("stopped", "failed", "lost"):
            # A training goes on from its last checkpoint; finished stages are not computed again.
            launch_button(
                space,
                "Go on" if found.status == "stopped" else "Try again",
                found.kind,
                found.arguments,
                key=f"again-{found.id}",
                primary=False,
            )
            if has_batch(found.kind, found.arguments):
                _batch_ended(space, found)
        if found.status == "finished" and found.result and found.result_kind in _USES:
            _use_button(space, found, found.result_kind, found.result)


def _batch_ended(space: Workspace, found: Job) -> None:
    """What a batch that did not come to its end leaves, and the way to ask again what failed in it."""
    if found.kind == "extract" and found.status == "failed":
        again = {**found.arguments, "retry_failed": True}
        launch_button(space, "Try again, the failed too", found.kind, again, key=f"retry-{found.id}", primary=False)
    st.caption("Every answer so far is kept and is not asked for again.")


def _use_button(space: Workspace, found: Job, kind: str, result: str) -> None:
    if not st.button(_USES[kind], key=f"use-{found.id}", type="primary"):
        return
    st.session_state[_WATCHED].discard(found.id)
    if kind in ("profiles", "extraction"):
        made = space.find("profiles", result) if kind == "profiles" else None
        st.session_state["section"] = "results"  # of that page, wherever it was left
        session.open_page("extraction", extraction=made.manifest.sources.get("extraction") if made else result)
    session.select(**{"run": result, "user": None, "item": None} if kind == "run" else {kind: result})
    st.rerun()


def title(found: Job) -> str:
    """What a job is, and of what."""
    arguments = found.arguments
    subject = arguments.get("dataset") or arguments.get("run") or arguments.get("request", {}).get("name") or ""
    return f"{TITLES.get(found.kind, found.kind)}{f' of {literal(subject)}' if subject else ''}"


def share(found: Job) -> float:
    """How much of the work is done, 0..1, over all stages where their number is known."""
    within = min(1.0, found.done / found.total) if found.total else 0.0
    step, steps = found.measures.get("step"), found.measures.get("steps")
    if step and steps:
        return min(1.0, max(0.0, (int(step) - 1 + within) / int(steps)))
    return within


def progress_line(found: Job, at: datetime | None = None) -> str:
    """Stage, count, rate and time left in one line.

    Args:
        at: the present moment (UTC); now where None.
    """
    if found.status == "queued":
        return "Waiting to start"
    if is_batch(found):
        return batch_line(found)
    parts = [found.stage or "Starting"]
    if found.total:
        parts.append(f"{found.done:,} of {found.total:,}")
    elif found.done:
        parts.append(f"{found.done:,} done")
    if found.stage_started_at and found.done:
        elapsed = ((at or datetime.now(UTC)) - datetime.fromisoformat(found.stage_started_at)).total_seconds()
        if elapsed > 0.5:
            rate = found.done / elapsed
            parts.append(f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.2f}/s")
            if found.total > found.done:
                # Work that knows better tells it: trainings differ in length, and some were done before this sitting.
                left = found.measures.get("left_s", (found.total - found.done) / rate)
                parts.append(f"about {duration(left)} left in this stage")
    return " · ".join(parts)


def job_table(found: list[Job]) -> list[dict[str, str]]:
    """Rows of a list of jobs."""
    return [
        {
            "job": title(one).replace("\\", ""),
            "state": _ENDINGS[one.status][0],
            "started": moment(one.created_at),
            "took": duration((datetime.fromisoformat(one.finished_at) - datetime.fromisoformat(one.created_at)).total_seconds())
            if one.finished_at
            else "",
            "what happened": one.message or progress_line(one),
        }
        for one in found
    ]
