"""Where a benchmark's figures come from: the runs behind each, splits, settings, and what failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app import session
from app.components.benchmark_choice import Chosen
from app.components.benchmark_form import start
from app.components.benchmark_sources import failure_rows, run_rows, setting_rows, split_rows
from app.components.benchmark_tables import exported_accuracy, spoken, variant_words
from app.components.export import export_document, table
from app.components.page import duration
from core.jobs.benchmark_report import BenchmarkReport, Outcome
from core.workspace import Artefact, Workspace

BEHIND = "behind"
"""Key and query parameter: the outcome, "MODEL/VARIANT", whose runs are shown."""


def runs_behind(report: BenchmarkReport, outcomes: Sequence[Outcome]) -> None:
    """The runs of one outcome with their own figures, and the ways to each: to its training, its recommendations, its map."""
    known = {key_of(one): one for one in outcomes}
    if not known:
        return
    if st.session_state.get(BEHIND, next(iter(known))) not in known:
        del st.session_state[BEHIND]
    chosen = st.selectbox(
        "Runs behind the figures of",
        list(known),
        format_func=lambda key: outcome_label(report, known[key]),
        key=BEHIND,
        bind="query-params",
    )
    outcome = known[str(chosen or next(iter(known)))]
    rows = run_rows(outcome, report)
    shown = rows[["seed", "recall@20", "ndcg@20", "seconds", "epochs", "run"]]
    formats: dict[str, Any] = {name: st.column_config.NumberColumn(format="%.4f") for name in ("recall@20", "ndcg@20")}
    formats["seconds"] = st.column_config.NumberColumn("took (s)", format="%.1f")
    key = f"runs-{outcome.model}-{outcome.variant}".replace(":", "-")
    state = table(
        shown,
        key,
        f"**{outcome_label(report, outcome)}**: one run a seed, figures on test",
        exported=rows,
        column_config=formats,
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [0]}},
        height=38 + 35 * min(len(rows), 8),
    )
    selected = state["selection"]["rows"]
    place = selected[0] if selected and selected[0] < len(rows) else 0
    _ways(str(rows["run"][place]), str(rows["dataset"][place]), int(rows["seed"][place]))


def key_of(one: Outcome) -> str:
    """An outcome as it stands in the URL."""
    return f"{one.model}/{one.variant}"


def outcome_label(report: BenchmarkReport, one: Outcome) -> str:
    """An outcome in words."""
    return spoken(one.model) + ("" if one.kind == "plain" else f", {variant_words(report, one)}")


def _ways(run: str, dataset: str, seed: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        for page, label, icon in (
            ("training", "Training", ":material/model_training:"),
            ("recommendations", "Recommendations", ":material/lists:"),
            ("motivation_map", "Map", ":material/scatter_plot:"),
        ):
            if st.button(f"{label} of seed {seed}", key=f"behind-{page}", icon=icon):
                session.open_page(page, dataset=dataset, run=run)


def failures(space: Workspace, dataset: Artefact, chosen: Chosen) -> None:
    """What failed and why, with the button that tries it again; nothing where all went well."""
    failed = chosen.report.failures
    if not failed:
        return
    st.warning(f"{len(failed):,} of {chosen.report.total:,} trainings failed. The figures are of the others.")
    table(failure_rows(failed), f"failures-{chosen.id}", "**Failed trainings**")
    if chosen.job is None and st.button("Try the failed ones again", key="bench-again", icon=":material/refresh:"):
        start(space, dataset, chosen.report.config)


def made_of(chosen: Chosen) -> None:
    """Splits, settings of each model, and the whole report to take away."""
    report = chosen.report
    config = report.config
    split = f"{config.seeds} random re-splits" if config.splits == "random" else f"the dataset's own split, {config.seeds} seeds"
    st.markdown(
        f"{report.done:,} of {report.total:,} trainings on {split} (from seed {config.first_seed}), settings: {config.preset}; "
        f"{report.workers} at once, {duration(report.seconds)} in all."
    )
    table(split_rows(report), f"splits-{chosen.id}", "**Data of each seed**" if config.splits == "random" else "**Data of all seeds**")
    table(setting_rows(report), f"settings-{chosen.id}", "**Settings of each model** that it uses, plain, first seed", height=38 + 35 * 10)
    whole = exported_accuracy(report)
    shown = whole[["model", "variant", "metric", "mean", "sd", "seeds"]]
    title = "**Every figure of every model and variant**; the export has its tests too"
    table(shown, f"figures-{chosen.id}", title, exported=whole, height=38 + 35 * 10)
    export_document(report.model_dump_json(indent=2), f"{chosen.id}.json", label="The whole report as JSON")
