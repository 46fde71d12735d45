"""A taxonomy discovered in the statements themselves: the form that starts it."""

from __future__ import annotations

import streamlit as st

from app.components.job_progress import launch_button
from core.workspace import Artefact, Workspace


def discovery_form(space: Workspace, dataset: Artefact, base: Artefact) -> None:
    """How many motivations to look for, under which name; the work is a job.

    Args:
        base: the extraction whose statements are clustered.
    """
    st.markdown(
        "Clusters the statements of the training reviews by their vectors and names each cluster by the words that set it apart. "
        "The result is a version to look at, rename, merge and apply; nothing in use changes."
    )
    left, middle, right = st.columns(3)
    by_itself = left.toggle("Choose how many", value=True, key="discover-auto", help="By the silhouette of 4 to 16 clusters")
    n = middle.number_input("Motivations", 2, 32, 8, key="discover-n", disabled=bool(by_itself))
    seed = right.number_input("Seed", 0, value=0, key="discover-seed")
    first, second = st.columns(2)
    name = first.text_input("Name", f"{dataset.manifest.name[:53]}-discovered", key="discover-name")
    note = second.text_input("Note", key="discover-note")
    arguments: dict[str, object] = {
        "dataset": dataset.id,
        "extraction": base.id,
        "name": str(name or "").strip() or None,
        "n_motivations": None if by_itself else int(n),
        "seed": int(seed),
        "note": str(note or "").strip(),
    }
    launch_button(space, "Discover", "discover", arguments, key="discover")
