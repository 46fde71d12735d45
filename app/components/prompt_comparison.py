"""What the prompt does to recommendations: set a comparison up, watch it, and read what the earlier ones found."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import session
from app.components.comparison_form import AWAITED, comparison_form
from app.components.comparison_view import METRIC_NAMES, comparison_view
from app.components.job_progress import job_panels
from app.components.ollama_models import ollama_state, server_line
from app.components.page import literal, moment
from core.jobs.comparison_result import read_comparison
from core.workspace import Artefact, Workspace

_PICKED = "pick-comparison"


def prompt_comparison(space: Workspace, dataset: Artefact) -> None:
    """The tab of the prompt studio; which comparison is shown is in the URL (``comparison=``)."""
    st.markdown(
        "Two ways to read reviews, followed down to the recommendations: both read the same training reviews, models are trained on what "
        "each made of them with the same settings and seeds, and the change of their figures is told with its interval."
    )
    state = ollama_state()
    known = space.made_from("comparison", dataset)
    _show_awaited(known)
    with st.expander("New comparison", expanded=not known, key="new-comparison"):
        server_line(state)
        comparison_form(space, dataset, state)
    job_panels(space, "compare-prompts")
    if not known:
        st.caption("Finished comparisons are listed here.")
        return
    chosen = _pick(space, dataset, known)
    if chosen is not None:
        comparison_view(space, chosen, read_comparison(chosen))


def _show_awaited(known: Sequence[Artefact]) -> None:
    """Turn to the comparison that was started here as soon as it is there."""
    since = st.session_state.get(AWAITED)
    if since is not None and known and known[0].manifest.created_at > since:
        del st.session_state[AWAITED]
        session.select(comparison=known[0].id)


def _pick(space: Workspace, dataset: Artefact, known: Sequence[Artefact]) -> Artefact | None:
    """The comparison of the URL, else the newest; one that is not there is told."""
    by_id = {one.id: one for one in known}
    wanted = session.selected("comparison")
    if wanted is not None and wanted not in by_id:
        other = space.find("comparison", wanted)
        reason = f"is of the dataset {other.manifest.sources['dataset']}" if other else "is not in this workspace"
        st.warning(f"The link names the comparison {literal(wanted)}, which {literal(reason)}. Choose another.")
    current = wanted if wanted in by_id else None if wanted else known[0].id
    st.session_state[_PICKED] = current
    st.selectbox(
        "Comparison",
        list(by_id),
        index=None,
        format_func=lambda identifier: comparison_label(by_id[identifier]),
        key=_PICKED,
        on_change=_choose,
        placeholder=f"Choose among {len(known):,}",
    )
    if current is None:
        return None
    session.select(comparison=current)
    return by_id[current]


def _choose() -> None:
    session.select(comparison=st.session_state[_PICKED])


def comparison_label(artefact: Artefact) -> str:
    """A comparison in one line: its variants, the change it found, and when."""
    summary = artefact.manifest.summary
    metric = next(name for name in METRIC_NAMES if name in summary)
    change = f"{METRIC_NAMES[metric]} {summary[metric]['change']:+.4f}"
    parts = (f"{summary['a']} → {summary['b']}", change, summary["split"], moment(artefact.manifest.created_at), artefact.id[-6:])
    return " · ".join(parts)
