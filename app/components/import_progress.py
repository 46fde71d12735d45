"""The way from raw reviews to a run as its stages: which are done, which is under way, which are to come; and how one goes on."""

from __future__ import annotations

import streamlit as st

from app.components.errors import live_fragment
from app.components.job_progress import is_watched, launch_button, share, title
from app.components.page import literal, moment
from core.jobs.interrupted import interrupted_imports
from core.jobs.launch import job
from core.jobs.store import Job
from core.models.config import TEXT_MODELS
from core.workspace import Workspace

STAGES = ("Import", "Extraction and profiles", "Training", "Map")
"""Of a job of kind "pipeline", in their order."""
_DISMISSED = "imports dismissed"


def stage_strip(found: Job) -> None:
    """The stages in a row, and how much of the whole way is done."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for name, state in stages_of(found):
            icon, colour = {"done": (":material/check:", "green"), "now": (":material/play_arrow:", "blue")}.get(
                state, (":material/schedule:", "gray")
            )
            st.badge(name, icon=icon, color=colour)
        st.caption(f"{100 * share(found):.0f} % of the way")


@live_fragment(run_every=1.0)
def live_stages(space: Workspace, identifier: str) -> None:
    """The stages of a pipeline that runs, drawn again every second."""
    found = job(space, identifier)
    if found.live:
        stage_strip(found)


def stages_of(found: Job) -> list[tuple[str, str]]:
    """Each stage with "done", "now" or "to come"; a training that reads no text skips the extraction."""
    step = int(found.measures.get("step", 1))
    reads = found.arguments.get("training", {}).get("model", "lmmrec") in TEXT_MODELS
    names = [(number, name) for number, name in enumerate(STAGES, start=1) if reads or number != 2]
    return [(name, "done" if number < step else "now" if number == step else "to come") for number, name in names]


def interrupted_ways(space: Workspace) -> None:
    """Imports and pipelines that ended before their end, with the button to go on: finished stages are kept."""
    dismissed: set[str] = st.session_state.setdefault(_DISMISSED, set())
    for found in interrupted_imports(space):
        if found.id in dismissed or is_watched(found.id):
            continue
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            when = moment(found.finished_at) if found.finished_at else ""
            st.markdown(f"**Interrupted**: {title(found)}, {literal(when)}. {literal(found.message)}", width="stretch")
            launch_button(space, "Go on", found.kind, dict(found.arguments), key=f"go-on-{found.id}")
            if st.button("Dismiss", key=f"dismiss-import-{found.id}", type="tertiary"):
                dismissed.add(found.id)
                st.rerun()
