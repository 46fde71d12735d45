"""Evaluation: models side by side on the same data, how sure the differences are, and what changes them."""

from __future__ import annotations

import streamlit as st

from app import session
from app.components.benchmark_changes import changes_view, faithfulness_view, noise_view, published_view
from app.components.benchmark_choice import Chosen, benchmark_of_resplit, choose_benchmark, standing, watch
from app.components.benchmark_form import benchmark_form, cost_line, small_benchmark, start
from app.components.benchmark_probe import has_probe, probe_view
from app.components.benchmark_runs import failures, made_of
from app.components.benchmark_view import accuracy_view, activity_view, beyond_view
from app.components.job_progress import job_panels
from app.components.page import empty_state, literal
from app.components.pickers import pick_run
from app.components.subject import Subject, dataset_page

VIEWS = {
    "Accuracy": accuracy_view,
    "Activity": activity_view,
    "Beyond accuracy": beyond_view,
    "Noise": noise_view,
    "Controls, ablations": changes_view,
    "Explanations": faithfulness_view,
    "Published": published_view,
}
PLANTED, MADE_OF = "Planted truth", "Made of"


def main() -> None:
    subject = dataset_page(
        "Evaluation",
        "Models trained side by side on the same splits and seeds: how good each is, how sure the differences are, what changes them.",
    )
    if subject is None:
        return
    space, dataset = subject.space, subject.dataset
    pick_run(space, dataset)
    form = st.container()
    panels = st.container()
    chosen = choose_benchmark(space, dataset)
    with form, st.expander("New benchmark", expanded=False, key="new-benchmark"):
        benchmark_form(space, dataset)
    with panels:
        live = job_panels(space, "benchmark")
    if chosen is not None:
        _report(subject, chosen)
    elif not live:
        _nothing_yet(subject)
    watch(space, dataset)


def _report(subject: Subject, chosen: Chosen) -> None:
    report = chosen.report
    standing(subject.space, subject.dataset, chosen)
    failures(subject.space, subject.dataset, chosen)
    if not report.outcomes:
        st.caption("The first training is not done yet.")
        return
    names = [name for name in VIEWS if name != "Published" or report.published]
    shown = [*names, *([PLANTED] if has_probe(subject.dataset) else []), MADE_OF]
    tabs = dict(zip(shown, st.tabs(shown, key="part", bind="query-params", on_change="rerun"), strict=True))
    for name in names:
        if tabs[name].open:
            with tabs[name]:
                VIEWS[name](report, chosen.id)
    if PLANTED in tabs and tabs[PLANTED].open:
        with tabs[PLANTED]:
            probe_view(subject.space, subject.dataset)
    if tabs[MADE_OF].open:
        with tabs[MADE_OF]:
            made_of(chosen)


def _nothing_yet(subject: Subject) -> None:
    space, dataset = subject.space, subject.dataset
    if (other := benchmark_of_resplit(space, dataset)) is not None:
        empty_state("A random split of a benchmark", f"This dataset was made on the way to the benchmark {literal(other.id)}.")
        if st.button("Open that benchmark", key="open-benchmark", type="primary"):
            session.select(dataset=other.manifest.sources["dataset"], benchmark=other.id)
            st.rerun()
        return
    small = small_benchmark(dataset)
    empty_state(
        f"No benchmark of {dataset.manifest.name} yet",
        "A benchmark trains several models on the same splits and seeds and tests their differences. Begin with a small one: "
        f"{cost_line(space, dataset, small, None)}",
    )
    if st.button("Run a small benchmark", key="bench-small", type="primary", icon=":material/play_arrow:"):
        start(space, dataset, small)


main()
