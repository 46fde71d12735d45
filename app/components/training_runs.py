"""The runs of a dataset: all in one table, one in full, or several compared in their curves, figures and settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app import artefacts, session
from app.components.export import table
from app.components.page import duration, literal, moment
from app.components.pickers import model_name, perturbed, run_label
from app.components.training_curves import CurveSettings, overlaid_curves, show_curves
from app.components.training_fields import SPOKEN, label_of
from core.models.history_text import SHARES
from core.training.config import TrainingConfig
from core.training.run import history_share
from core.workspace import Artefact

COMPARED = "compare"
"""Key and query parameter of the runs that are compared."""
_FORMS = {"slots": "named slots", "vector": "one vector"}
_FIGURES = ("recall@20 (test)", "ndcg@20 (test)", "recall@20 (valid.)")
_WITH_PERTURBATION = 270
"""Pixels of a model's name with what was perturbed: "RLMRec-Con, 20 % random interactions"."""


def runs_view(runs: Sequence[Artefact], current: Artefact | None, settings: CurveSettings) -> None:
    """The table, and below it the run of the sidebar, or the runs that are compared."""
    st.subheader("Runs", anchor=False)
    _run_table(runs, current)
    known = {run.id: run for run in runs}
    chosen = st.multiselect(
        "Compare runs",
        list(known),
        format_func=lambda key: run_label(known[key]),
        key=COMPARED,
        bind="query-params",
        placeholder="Choose two or more to lay their curves over each other",
    )
    if len(chosen) >= 2:
        compare_runs([known[key] for key in chosen], settings)
    elif current is not None:
        show_run(current, settings)


def _run_table(runs: Sequence[Artefact], current: Artefact | None) -> None:
    byproducts = [run for run in runs if run.manifest.byproduct]
    shown = list(runs)
    if byproducts:
        needed = len(byproducts) == len(runs) or (current is not None and current.manifest.byproduct)
        wanted = st.toggle(
            f"Show {len(byproducts):,} runs of benchmarks, searches, seeds and ablations too",
            value=needed,
            key="all-runs",
            persist_state="session",
        )
        shown = shown if wanted else [run for run in runs if not run.manifest.byproduct]
    rows = run_rows(shown)
    formats: dict[str, Any] = {name: st.column_config.NumberColumn(format="%.4f") for name in _FIGURES}
    if any(perturbed(run) for run in shown):
        formats["model"] = st.column_config.TextColumn(width=_WITH_PERTURBATION)
    formats["seconds"] = st.column_config.NumberColumn("took (s)", format="%.1f")
    table(
        rows.drop(columns=["id", "device", "profiles"]),
        "runs",
        f"**{len(shown):,} run{'s' if len(shown) != 1 else ''}**; figures are means over users",
        exported=rows,
        column_config=formats,
        height=38 + 35 * min(max(1, len(rows)), 10),
    )


def show_run(run: Artefact, settings: CurveSettings) -> None:
    """One run: its curves, the ways on, and its settings."""
    st.subheader(run_label(run), anchor=False)
    summary = run.manifest.summary
    facts = [f"{summary['epochs']} epochs, the best was {summary.get('best_epoch')}"] if summary.get("epochs") else []
    facts += [f"took {duration(float(summary['seconds']))}"] if summary.get("seconds") is not None else []
    facts += [f"on {summary['device']}"] if summary.get("device") else []
    share = history_share(run.path / "model.safetensors")
    facts += [f"the words of what people took count {SHARES.get(share, f'to {share:.0%}')}"] if share is not None else []
    st.caption(" · ".join([*facts, moment(run.manifest.created_at), literal(run.id)]))
    show_curves(artefacts.history(run), settings, run.id, best_epoch=summary.get("best_epoch"))
    with st.container(horizontal=True):
        if st.button("Recommendations of this run", type="primary", key="run-recommendations"):
            session.open_page("recommendations", run=run.id)
        if st.button("Profiles of this run", key="run-profiles"):
            session.open_page("profiles", run=run.id)
        if st.button("Map of this run", key="run-map"):
            session.open_page("motivation_map", run=run.id)
    with st.expander("Settings of this run", key="run-settings"):
        table(setting_rows(run), f"settings-{run.id}", "Those that differ from the defaults come first")


def setting_rows(run: Artefact) -> pd.DataFrame:
    """Every setting of a run beside its default, those that differ first."""
    usual = TrainingConfig().model_dump(mode="json")
    rows = [
        {"setting": label_of(name), "value": spoken_value(value), "default": spoken_value(usual.get(name)), "name": name}
        for name, value in run.manifest.config.items()
    ]
    return pd.DataFrame(sorted(rows, key=lambda row: row["value"] == row["default"]), columns=["setting", "value", "default", "name"])


def run_rows(runs: Sequence[Artefact]) -> pd.DataFrame:
    """One row per run: what it is, how long it took, and its figures."""
    rows = []
    for run in runs:
        summary = run.manifest.summary
        test, validation = summary.get("test", {}), summary.get("validation", {})
        rows.append(
            {
                "model": f"{model_name(run)}{perturbed(run)}",
                "form": _FORMS.get(summary.get("form", ""), summary.get("form")),
                "seed": summary.get("seed"),
                "recall@20 (test)": test.get("recall@20"),
                "ndcg@20 (test)": test.get("ndcg@20"),
                "recall@20 (valid.)": validation.get("recall@20"),
                "epochs": summary.get("epochs"),
                "seconds": summary.get("seconds"),
                "made (UTC)": run.manifest.created_at[:16].replace("T", " "),
                "device": summary.get("device"),
                "profiles": run.manifest.sources.get("profiles"),
                "id": run.id,
            }
        )
    columns = ["model", "form", "seed", *_FIGURES, "epochs", "seconds", "made (UTC)", "device", "profiles", "id"]
    return pd.DataFrame(rows, columns=columns)


def compare_runs(runs: Sequence[Artefact], settings: CurveSettings) -> None:
    """Overlaid curves of one figure and one loss, the figures, and the settings in which the runs differ."""
    overlaid_curves([(run_label(run), artefacts.history(run)) for run in runs], settings)
    table(figure_differences(runs), "figures-compared", "**Figures on test** (means over users), and the change from the first run")
    difference = config_difference(runs)
    if difference.empty:
        st.caption("These runs have the same settings and read the same profiles.")
    else:
        table(difference, "config-difference", "**Settings that differ**")


def figure_differences(runs: Sequence[Artefact]) -> pd.DataFrame:
    """The figures of each run on test, and the change of its recall@20 from the first run."""
    rows = []
    first = runs[0].manifest.summary.get("test", {}).get("recall@20")
    for run in runs:
        summary = run.manifest.summary
        figures = summary.get("test", {})
        change = 100 * (figures["recall@20"] / first - 1) if first and "recall@20" in figures else None
        rows.append(
            {
                "run": run_label(run),
                **{name: f"{value:.4f}" for name, value in figures.items()},
                "change of recall@20": "first" if run is runs[0] else "" if change is None else f"{change:+.1f} %",
                "epochs": summary.get("epochs"),
            }
        )
    return pd.DataFrame(rows)


def config_difference(runs: Sequence[Artefact]) -> pd.DataFrame:
    """The settings that differ between runs, and the profiles they read: one row each, one column per run."""
    configs = [{**run.manifest.config, "profiles": run.manifest.sources.get("profiles", "none")} for run in runs]
    names = [
        name
        for name in dict.fromkeys(name for config in configs for name in config)
        if len({repr(config.get(name)) for config in configs}) > 1
    ]
    columns = {run_label(run): [spoken_value(config.get(name)) for name in names] for run, config in zip(runs, configs, strict=True)}
    return pd.DataFrame({"setting": [label_of(name) for name in names], **columns})


def spoken_value(value: Any) -> str:
    """A setting's value as people read it."""
    if value is None:
        return "not set"
    return f"{value:g}" if isinstance(value, float) else SPOKEN.get(str(value), str(value))
