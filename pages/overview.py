"""Overview: what the workspace holds, as the pipeline it is, and how to bring in one's own reviews."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import artefacts, session
from app.components.dataset_card import dataset_card, has_text, import_report, import_summary
from app.components.export import table
from app.components.headline import headline
from app.components.import_form import import_form
from app.components.import_progress import interrupted_ways, live_stages
from app.components.job_progress import job_panels, job_table, launch_button, live_jobs
from app.components.page import empty_state, page_head
from app.components.pickers import pick_dataset, pick_run
from app.components.pipeline import show_pipeline
from core.jobs.launch import jobs
from core.workspace import Workspace


def main() -> None:
    space = session.workspace()
    dataset = pick_dataset(space)
    page_head(
        "Overview",
        "What this workspace holds, from raw reviews to recommendations whose reasons add up, and what to do next.",
        generated=dataset is not None and dataset.manifest.generated,
    )
    job_panels(space)
    for found in live_jobs(space, "pipeline"):
        live_stages(space, found.id)
    interrupted_ways(space)
    if dataset is None:
        empty_state(
            "The workspace is empty", "Build the demo, with generated reviews and a trained run, or import reviews of your own below."
        )
        launch_button(space, "Build the demo", "demo", {}, key="build-demo")
    else:
        reviews = artefacts.dataset(dataset)
        run = pick_run(space, dataset)
        if run is not None:
            headline(space, dataset, run)
        st.subheader(f"From reviews to reasons: {dataset.manifest.name}", anchor=False)
        show_pipeline(space, dataset, run, live_jobs(space), has_text=has_text(reviews))
        st.subheader("Dataset", anchor=False)
        dataset_card(reviews)
        st.caption(import_summary(reviews))
        with st.expander("What the import read, dropped and why", key="import-report"):
            import_report(reviews)
    st.subheader("Import reviews", anchor=False)
    with st.container(border=True):
        import_form(space)
    _jobs(space)


def _jobs(space: Workspace) -> None:
    found = jobs(space)
    if found:
        with st.expander(f"Jobs of this workspace ({len(found)})", key="jobs-of-workspace"):
            table(pd.DataFrame(job_table(found)), "jobs", "Newest first; moments in UTC")


main()
