"""Training: start one or many, watch them, and compare what came out."""

from __future__ import annotations

import streamlit as st

from app import artefacts, session
from app.components.dataset_card import has_text
from app.components.job_progress import job_panels, live_jobs
from app.components.pickers import pick_run
from app.components.profiles_choice import profiles_choice
from app.components.subject import dataset_page
from app.components.training_curves import curve_settings
from app.components.training_form import settings_form
from app.components.training_launch import launch_form
from app.components.training_live import interrupted, live_training
from app.components.training_runs import runs_view
from app.components.training_sweeps import sweeps_view
from core.training.presets import dataset_kind

KINDS = ("train", "sweep", "pipeline", "demo")


def main() -> None:
    subject = dataset_page(
        "Training",
        "Train a model, watch its losses and validation figures, and compare runs. A training goes on if you close this page.",
    )
    if subject is None:
        return
    space, dataset = subject.space, subject.dataset
    run = pick_run(space, dataset)
    runs = session.runs_of(space, dataset)
    opened = not runs or session.selected("profiles") is not None
    form = st.expander("New training", expanded=opened, key="new-training", icon=":material/add:", on_change="rerun")
    if form.open:
        with form:
            config = settings_form(has_text=has_text(artefacts.dataset(dataset)), kind=dataset_kind(dataset))
            launch_form(space, dataset, config, profiles_choice(space, dataset, reads_text=config.reads_text))
    job_panels(space, *KINDS)
    interrupted(space, dataset)
    live = live_jobs(space, *KINDS)
    if not runs and not live:
        st.caption("Curves and finished runs are shown here.")
        return
    settings = curve_settings()
    for found in live:
        live_training(space, found.id, settings)
    if runs:
        runs_view(runs, run, settings)
    sweeps_view(space, dataset)


main()
