"""What is selected: dataset, run, user and item live in the URL, so a link reopens the very view.

Streamlit clears the query parameters when another page is opened. The session remembers what was selected and `restore`
writes it back, so the selection travels from page to page; what the URL says always comes first. With
pseudonyms on, the URL calls users by them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import Page

from app.user_names import UserNames, user_behind, user_names
from core.errors import StudioError
from core.jobs.taxonomy_step import extraction_of
from core.training.used_settings import PERTURBATIONS
from core.workspace import Artefact, Workspace

_OF_RUN = ("segment", "other_segment")
_OF_DATASET = ("user", "item", "other_user", "other_item", *_OF_RUN)
_OF_TEXT = ("prompt", "review", "trial", "extraction", "profiles", "comparison", "benchmark")
SELECTED = ("dataset", "run", *_OF_DATASET, *_OF_TEXT, "pseudonyms")
# What no longer makes sense once something above it changes.
_BELOW: dict[str, tuple[str, ...]] = {
    "dataset": ("run", *_OF_DATASET, *_OF_TEXT),
    "run": _OF_RUN,
    "user": ("item",),
}
_USERS = ("user", "other_user")
_REMEMBERED = "selected"
_PSEUDONYM = re.compile(r"[A-Z][a-z]+ [A-Z][a-z]+ \d{4}")
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
            remembered[key] = _behind(value) if key in _USERS else value
        if key in remembered and (shown := _in_url(key, remembered[key])) != value:
            st.query_params[key] = shown


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


def settle(key: str, artefact: Artefact) -> None:
    """Select an artefact by its whole id. What hangs below stays where a link named the same by its name or the beginning of its id."""
    named = selected(key)
    if named is not None and named != artefact.id and (named == artefact.manifest.name or artefact.id.startswith(named)):
        _set(st.session_state[_REMEMBERED], key, artefact.id)
    select(**{key: artefact.id})


def _set(remembered: dict[str, str], key: str, value: str | None) -> None:
    if value is None:
        remembered.pop(key, None)
        if key in st.query_params:
            del st.query_params[key]
    else:
        remembered[key] = value
        st.query_params[key] = _in_url(key, value)


def users_hidden() -> bool:
    """Whether pseudonyms stand in place of users' names and ids."""
    return selected("pseudonyms") is not None or "pseudonyms" in st.query_params


def hide_users(hidden: bool) -> None:
    """Turn pseudonyms on or off; users in the URL are called so from now on."""
    select(pseudonyms="on" if hidden else None)
    for key in _USERS:
        if (value := selected(key)) is not None:
            st.query_params[key] = _in_url(key, value)


def names_of_users(space: Workspace, dataset: Artefact) -> UserNames:
    """How the users of a dataset are called on the pages."""
    return user_names(space, dataset, hidden=users_hidden())


def _in_url(key: str, value: str) -> str:
    """What stands in the URL for a selected value."""
    if key not in _USERS or not users_hidden():
        return value
    space, dataset = _dataset_of_users()
    # Who is not of the dataset has no pseudonym; the page says so, and the link stays what it was.
    return user_names(space, dataset, hidden=True).pseudonyms.get(value, value) if space and dataset else value


def _behind(value: str) -> str:
    """The id of a user that the URL names by id or by pseudonym."""
    if not _PSEUDONYM.fullmatch(value):
        return value
    space, dataset = _dataset_of_users()
    return (user_behind(space, dataset, value) if space and dataset else None) or value


def _dataset_of_users() -> tuple[Workspace | None, Artefact | None]:
    """The workspace and the chosen dataset; None where they cannot be had, which is the page's to say."""
    try:
        space = workspace()
        return space, chosen_dataset(space)
    except StudioError:
        return None, None


def open_page(name: str, **changes: str | None) -> NoReturn:
    """Go to another page, with a changed selection."""
    select(**changes)
    remembered: dict[str, str] = st.session_state.get(_REMEMBERED, {})
    st.switch_page(page(name), query_params={key: _in_url(key, value) for key, value in remembered.items()})


def workspace() -> Workspace:
    """The workspace of this server: LMMREC_WORKSPACE, or ``workspace`` in the present folder.

    Raises:
        WorkspaceVersionError, InputError: it cannot be used.
    """
    return Workspace(os.environ.get("LMMREC_WORKSPACE", "workspace"))


def chosen_dataset(space: Workspace) -> Artefact | None:
    """The dataset of the selected run, else the selected dataset, else the newest with a run, else the newest; re-splits come last.

    Raises:
        NotFoundError: the URL names a run or dataset the workspace does not hold.
    """
    if run := selected("run"):
        return space.get("dataset", space.get("run", run).manifest.sources["dataset"])
    if reference := selected("dataset"):
        return space.get("dataset", reference)
    datasets = sorted(space.list("dataset"), key=lambda one: one.manifest.byproduct)
    trained = {run.manifest.sources.get("dataset") for run in space.list("run")}
    return next((dataset for dataset in datasets if dataset.id in trained), datasets[0] if datasets else None)


def runs_of(space: Workspace, dataset: Artefact | None) -> list[Artefact]:
    """The runs trained on a dataset, newest first."""
    return space.made_from("run", dataset) if dataset else []


def chosen_run(space: Workspace, dataset: Artefact | None) -> Artefact | None:
    """The selected run, else the newest run with named motivations of the dataset, else its newest run; byproducts come last.

    Where there are byproducts alone, as on a split of a benchmark, it is the best LMMRec on validation that was trained on the plain data:
    the newest is as like as not one under noise or without a part.

    Raises:
        NotFoundError: the URL names a run the workspace does not hold.
    """
    if reference := selected("run"):
        return space.get("run", reference)
    runs = runs_of(space, dataset)
    named = [run for run in runs if run.manifest.summary.get("model") == "lmmrec"]
    own = [run for run in named if not run.manifest.byproduct]
    if own or not all(run.manifest.byproduct for run in runs):
        return next(iter(own or runs))
    plain = [run for run in named if not PERTURBATIONS & set(run.manifest.summary)]
    return max(plain, key=validation_recall, default=next(iter(runs), None))


def validation_recall(run: Artefact) -> float:
    """Recall@20 of a run on validation, by which the better of two is told; -1 where it was not measured."""
    return float(run.manifest.summary.get("validation", {}).get("recall@20", -1.0))


def chosen_extraction(space: Workspace, dataset: Artefact) -> Artefact | None:
    """The selected extraction of a dataset, else its newest; one of a sample or on the way to something else only if there is no other.

    Raises:
        NotFoundError: the URL names an extraction the workspace does not hold. InputError: it is another dataset's.
    """
    reference = selected("extraction")
    if reference is None and not space.made_from("extraction", dataset):
        return None
    return extraction_of(space, dataset.id, reference)
