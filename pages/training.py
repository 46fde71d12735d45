"""Training: start one, watch it, and compare what came out."""

from __future__ import annotations

import streamlit as st

from app import artefacts, session
from app.components.dataset_card import has_text
from app.components.export import table
from app.components.job_progress import job_panels, launch_button, live_jobs
from app.components.pickers import pick_run, run_label
from app.components.profiles_choice import profiles_choice
from app.components.subject import dataset_page
from app.components.training_curves import CurveSettings, compare_runs, curve_settings, live_curves, run_rows, show_curves
from app.components.training_form import settings_form
from core.training.presets import dataset_kind
from core.workspace import Artefact

KINDS = ("train", "pipeline", "demo")


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
    with st.expander("New training", expanded=not runs or session.selected("profiles") is not None, key="new-training"):
        config = settings_form(has_text=has_text(artefacts.dataset(dataset)), kind=dataset_kind(dataset))
        profiles = profiles_choice(space, dataset, reads_text=config.reads_text)
        arguments = {"dataset": dataset.id, "config": config.model_dump(mode="json"), "profiles": profiles}
        launch_button(space, "Start training", "train", arguments, key="start-training")
    job_panels(space, *KINDS)
    settings = curve_settings()
    for found in live_jobs(space, *KINDS):
        live_curves(space, found.id, settings)
    if runs:
        _runs(runs, run, settings)
    else:
        st.caption("Finished runs are listed here.")


def _runs(runs: list[Artefact], current: Artefact | None, settings: CurveSettings) -> None:
    st.subheader("Runs", anchor=False)
    rows = run_rows(runs)
    formats = {name: st.column_config.NumberColumn(format="%.4f") for name in ("recall@20 (test)", "ndcg@20 (test)", "recall@20 (valid.)")}
    formats["seconds"] = st.column_config.NumberColumn("took (s)", format="%.1f")
    table(rows.drop(columns=["id", "device"]), "runs", "Figures are means over users.", exported=rows, column_config=formats)
    known = {run.id: run for run in runs}
    chosen = st.multiselect(
        "Compare runs",
        list(known),
        format_func=lambda key: run_label(known[key]),
        key="compare",
        bind="query-params",
        placeholder="Choose two or more to lay their curves over each other",
    )
    if len(chosen) >= 2:
        compare_runs([known[key] for key in chosen], settings)
    elif current is not None:
        st.subheader(run_label(current), anchor=False)
        show_curves(artefacts.history(current), settings, current.id, best_epoch=current.manifest.summary.get("best_epoch"))
        _ways_on(current)


def _ways_on(run: Artefact) -> None:
    with st.container(horizontal=True):
        if st.button("Recommendations of this run", type="primary", key="run-recommendations"):
            session.open_page("recommendations", run=run.id)
        if st.button("Map of this run", key="run-map"):
            session.open_page("motivation_map", run=run.id)
    with st.expander("Settings of this run"):
        st.json(run.manifest.config, expanded=True)


main()
