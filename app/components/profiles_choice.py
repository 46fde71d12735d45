"""Which profiles a training reads: the dataset's usual ones, or those of the extraction one came from."""

from __future__ import annotations

import streamlit as st

from app import session
from app.components.extraction_list import extraction_label
from core.workspace import Artefact, Workspace

_NEWEST = ""


def profiles_choice(space: Workspace, dataset: Artefact, *, reads_text: bool) -> str | None:
    """The profiles chosen for the next training; None takes the usual ones. The choice goes into the URL.

    Args:
        reads_text: whether the model reads profiles at all.
    """
    known = {one.id: one for one in space.made_from("profiles", dataset)}
    chosen = session.selected("profiles")
    if chosen is not None and chosen not in known:
        st.warning("The link names profiles that this dataset does not have. The usual ones are taken.")
        session.select(profiles=None)
        chosen = None
    listed = {key: one for key, one in known.items() if not one.manifest.byproduct or key == chosen}
    if not reads_text or (len(listed) < 2 and chosen is None):
        return None
    st.session_state["pick-profiles"] = chosen or _NEWEST
    st.selectbox(
        "Profiles of users and items, by the extraction they are made of",
        [_NEWEST, *listed],
        format_func=lambda key: _label(space, listed[key]) if key else "the newest that read all reviews",
        key="pick-profiles",
        on_change=_choose,
    )
    return chosen


def _choose() -> None:
    session.select(profiles=str(st.session_state["pick-profiles"]) or None)


def _label(space: Workspace, profiles: Artefact) -> str:
    extraction = space.find("extraction", profiles.manifest.sources.get("extraction", ""))
    return extraction_label(extraction) if extraction else profiles.id
