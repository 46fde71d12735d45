"""What a page shows when it has nothing to show: why, and the button for the next step."""

from __future__ import annotations

import streamlit as st

from app import session
from app.components.job_progress import job_panels, launch_button
from app.components.page import empty_state
from core.workspace import Artefact, Workspace


def no_dataset(space: Workspace) -> None:
    """The workspace is empty."""
    if job_panels(space, "demo", "pipeline", "import"):
        return
    empty_state("The workspace is empty", "Build the demo with its generated reviews and a trained run, or import reviews of your own.")
    launch_button(space, "Build the demo", "demo", {}, key="build-demo")
    if st.button("Import reviews", key="go-import"):
        session.open_page("overview")


def no_run(space: Workspace, dataset: Artefact) -> None:
    """The dataset has no trained run."""
    if job_panels(space, "train", "pipeline", "demo"):
        return
    empty_state(
        f"No run on {dataset.manifest.name} yet", "Train a model on it first; with the default settings that takes a few minutes at most."
    )
    launch_button(space, "Train LMMRec with the default settings", "train", {"dataset": dataset.id}, key="train-default")
    if st.button("Choose the settings", key="go-training"):
        session.open_page("training")
    if space.made_from("benchmark", dataset):
        st.caption("A benchmark has trained models on random splits of it. The evaluation leads from each figure to its run.")
        if st.button("Open the evaluation", key="go-evaluation"):
            session.open_page("evaluation")
