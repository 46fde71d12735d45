"""What is selected: dataset, run, user and item live in the URL, so a link reopens the very view.

Streamlit clears the query parameters when another page is opened. The session remembers what was selected and `restore`
writes it back, so the selection travels from page to page; what the URL says always comes first.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import Page

from core.jobs.taxonomy_step import extraction_of
from core.workspace import Artefact, Workspace

SELECTED = ("dataset", "run", "user", "item", "prompt", "review", "trial", "extraction", "profiles", "comparison", "benchmark")
# What no longer makes sense once something above it changes.
_BELOW: dict[str, tuple[str, ...]] = {
    "dataset": ("run", "user", "item", "prompt", "review", "trial", "extraction", "profiles", "comparison", "benchmark"),
    "user": ("item",),
}
_REMEMBERED = "selected"
_PAGES = Path(__file__).resolve().parents[1] / "pages"
_TITLES = {
    "overview": "Overview",
    "prompt_studio": "Prompt studio",
    "extraction": "Extraction",
    "training": "Training",
    "evaluation": "Evaluation",
    "motivation_map": "Motivation map",
    "profiles": "Profiles",
    "recommendations": "Recommendations",
}
_ICONS = {
    "overview": ":material/dashboard:",
    "prompt_studio": ":material/edit_note:",
    "extraction": ":material/format_quote:",
    "training": ":material/model_training:",
    "evaluation": ":material/leaderboard:",
    "motivation_map": ":material/scatter_plot:",
    "profiles": ":material/person_search:",
    "recommendations": ":material/lists:",
}


def pages() -> list[Page]:
    """All pages in the order of the navigation; the first opens by default."""
    return [page(name) for name in _TITLES]


def page(name: str) -> Page:
    """The page of this name ("overview", "training", ...)."""
    first = name == next(iter(_TITLES))
    return st.Page(_PAGES / f"{name}.py", title=_TITLES[name], icon=_ICONS[name], url_path=None if first else name, default=first)


def restore() -> None:
    """Bring URL and session together: the URL wins, what it lacks comes from the session and is written back."""
    remembered: dict[str, str] = st.session_state.setdefault(_REMEMBERED, {})
    for key in SELECTED:
        if value := st.query_params.get(key):
            remembered[key] = value
        elif key in remembered:
            st.query_params[key] = remembered[key]


def selected(key: str) -> str | None:
    """What is selected under one of `SELECTED`; None where nothing is."""
    remembered: dict[str, str] = st.session_state.get(_REMEMBERED, {})
    return remembered.get(key)


def select(**changes: str | None) -> None:
    """Select things by name: ``select(run="...", user=None)``. What hangs below a changed one is let go of."""
    remembered: dict[str, str] = st.session_state.setdefault(_REMEMBERED, {})
    for key, value in changes.items():
        if value == remembered.get(key):
            continue
        for below in _BELOW.get(key, ()) if key in remembered else ():
            if below not in changes:
                _set(remembered, below, None)
        _set(remembered, key, value)


def _set(remembered: dict[str, str], key: str, value: str | None) -> None:
    if value is None:
        remembered.pop(key, None)
        if key in st.query_params:
            del st.query_params[key]
    else:
        remembered[key] = value
        st.query_params[key] = value


def open_page(name: str, **changes: str | None) -> NoReturn:
    """Go to another page, with a changed selection."""
    select(**changes)
    remembered: dict[str, str] = st.session_state.get(_REMEMBERED, {})
    st.switch_page(page(name), query_params=dict(remembered))


def workspace() -> Workspace:
    """The workspace of this server: LMMREC_WORKSPACE, or ``workspace`` in the present folder.

    Raises:
        WorkspaceVersionError, InputError: it cannot be used.
    """
    return Workspace(os.environ.get("LMMREC_WORKSPACE", "workspace"))


def chosen_dataset(space: Workspace) -> Artefact | None:
    """The dataset of the selected run, else the selected dataset, else the newest with a run, else the newest.

    Raises:
        NotFoundError: the URL names a run or dataset the workspace does not hold.
    """
    if run := selected("run"):
        return space.get("dataset", space.get("run", run).manifest.sources["dataset"])
    if reference := selected("dataset"):
        return space.get("dataset", reference)
    datasets = space.list("dataset")
    trained = {run.manifest.sources.get("dataset") for run in space.list("run")}
    return next((dataset for dataset in datasets if dataset.id in trained), datasets[0] if datasets else None)


def runs_of(space: Workspace, dataset: Artefact | None) -> list[Artefact]:
    """The runs trained on a dataset, newest first."""
    return space.made_from("run", dataset) if dataset else []


def chosen_run(space: Workspace, dataset: Artefact | None) -> Artefact | None:
    """The selected run, else the newest run with named motivations of the dataset, else its newest run; byproducts come last.

    Raises:
        NotFoundError: the URL names a run the workspace does not hold.
    """
    if reference := selected("run"):
        return space.get("run", reference)
    runs = runs_of(space, dataset)
    named = [run for run in runs if run.manifest.summary.get("model") == "lmmrec" and not run.manifest.byproduct]
    return next(iter(named or runs), None)


def chosen_extraction(space: Workspace, dataset: Artefact) -> Artefact | None:
    """The selected extraction of a dataset, else its newest; one of a sample or on the way to something else only if there is no other.

    Raises:
        NotFoundError: the URL names an extraction the workspace does not hold. InputError: it is another dataset's.
    """
    reference = selected("extraction")
    if reference is None and not space.made_from("extraction", dataset):
        return None
    return extraction_of(space, dataset.id, reference)
