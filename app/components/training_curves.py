"""Curves of one training, live or finished, and of several beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app import artefacts
from app.charts.curves import curves, history_frame, mark_epoch
from app.components.errors import live_fragment
from app.components.export import chart, table
from app.components.pickers import model_name, run_label
from core.jobs.extraction_step import usual_profiles
from core.jobs.launch import job, log_tail
from core.jobs.store import Job
from core.jobs.training_step import profiles_for, run_id, running_directory
from core.training.config import TrainingConfig
from core.training.history import read_history
from core.workspace import Artefact, Workspace

_FIRST = ("recall@20", "ndcg@20")
_FORMS = {"slots": "named slots", "vector": "one vector"}


@dataclass(frozen=True)
class CurveSettings:
    """How curves are drawn: weight of the past in the smoothing, and whether losses are on a logarithmic axis."""

    smoothing: float
    log_scale: bool


def curve_settings() -> CurveSettings:
    """The two controls of all curves on the page."""
    left, right, _ = st.columns([1.2, 1, 2], vertical_alignment="bottom")
    smoothing = left.slider(
        "Smoothing", 0.0, 0.95, 0.0, 0.05, key="smoothing", bind="query-params", help="Weight of the past in an exponential moving average"
    )
    log_scale = right.toggle("Log axis for losses", key="log", bind="query-params")
    return CurveSettings(float(smoothing), bool(log_scale))


def show_curves(history: Sequence[Mapping[str, Any]], settings: CurveSettings, key: str, *, best_epoch: int | None = None) -> None:
    """Losses on the left, validation figures on the right."""
    frame = history_frame(history)
    left, right = st.columns(2)
    losses, validation = frame[frame["group"] == "losses"], frame[frame["group"] == "validation"]
    with left:
        figure = curves(losses, series="name", smoothing=settings.smoothing, log_scale=settings.log_scale, y_title="loss")
        chart(figure, f"losses-{key}", "Losses by epoch", "**Losses** (mean over the epoch)")
    with right:
        if validation.empty:
            st.caption("The first validation has not been reached yet.")
            return
        main = validation[validation["name"].isin(_FIRST)]
        figure = curves(main if len(main) else validation, series="name", smoothing=settings.smoothing, y_title="recall, NDCG")
        if best_epoch:
            mark_epoch(figure, best_epoch, "best")
        chart(figure, f"validation-{key}", "Validation figures by epoch", "**Validation** (mean over users)")


def live_directory(space: Workspace, found: Job) -> Path | None:
    """Where a running job writes its epochs; None before it trains."""
    root = space.root / "running"
    if found.kind == "train":
        dataset = space.get("dataset", found.arguments["dataset"])
        config = TrainingConfig.model_validate(found.arguments["config"])
        named = found.arguments.get("profiles")
        profiles = profiles_for(space, dataset, config, named) if named or usual_profiles(space, dataset) else None
        directory = running_directory(space, run_id(dataset, profiles, config))
        return directory if directory.is_dir() else None
    began = datetime.fromisoformat(found.started_at or found.created_at).timestamp()
    fresh = [path for path in root.glob("*/history.jsonl") if path.stat().st_mtime >= began]
    return max(fresh, key=lambda path: path.stat().st_mtime).parent if fresh else None


@live_fragment(run_every=2.0)
def live_curves(space: Workspace, identifier: str, settings: CurveSettings) -> None:
    """The curves of a job that trains, drawn again every two seconds, and the tail of its log."""
    found = job(space, identifier)
    if not found.live:
        return
    directory = live_directory(space, found)
    history = read_history(directory) if directory else []
    if history:
        show_curves(history, settings, identifier)
    else:
        st.caption("The curves begin with the first finished epoch.")
    with st.expander("Log"):
        st.code(log_tail(space, identifier, 25) or "The log is empty.", language=None)


def run_rows(runs: Sequence[Artefact]) -> pd.DataFrame:
    """One row per run: what it is, how long it took, and its figures."""
    rows = []
    for run in runs:
        summary = run.manifest.summary
        test, validation = summary.get("test", {}), summary.get("validation", {})
        rows.append(
            {
                "model": model_name(run),
                "form": _FORMS.get(summary.get("form", ""), summary.get("form")),
                "seed": summary.get("seed"),
                "recall@20 (test)": test.get("recall@20"),
                "ndcg@20 (test)": test.get("ndcg@20"),
                "recall@20 (valid.)": validation.get("recall@20"),
                "epochs": summary.get("epochs"),
                "seconds": summary.get("seconds"),
                "device": summary.get("device"),
                "made (UTC)": run.manifest.created_at[:16].replace("T", " "),
                "id": run.id,
            }
        )
    return pd.DataFrame(rows)


def config_difference(runs: Sequence[Artefact]) -> pd.DataFrame:
    """The settings that differ between runs: one row per setting, one column per run."""
    configs = [run.manifest.config for run in runs]
    names = [
        name
        for name in dict.fromkeys(name for config in configs for name in config)
        if len({repr(config.get(name)) for config in configs}) > 1
    ]
    columns = {run_label(run): [str(config.get(name, "not set")) for name in names] for run, config in zip(runs, configs, strict=True)}
    return pd.DataFrame({"setting": [name.replace("_", " ") for name in names], **columns})


def compare_runs(runs: Sequence[Artefact], settings: CurveSettings) -> None:
    """Overlaid curves of one figure and one loss, and the settings in which the runs differ."""
    frames = [history_frame(artefacts.history(run)).assign(run=run_label(run)) for run in runs]
    frame = pd.concat(frames, ignore_index=True)
    left, right = st.columns(2)
    for column, group, first in ((left, "validation", "recall@20"), (right, "losses", "recommendation")):
        names = list(dict.fromkeys(frame.loc[frame["group"] == group, "name"]))
        if not names:
            continue
        with column:
            index = names.index(first) if first in names else 0
            name = st.selectbox("Validation figure" if group == "validation" else "Loss", names, index=index, key=f"compare-{group}")
            part = frame[(frame["group"] == group) & (frame["name"] == name)]
            figure = curves(
                part, series="run", smoothing=settings.smoothing, log_scale=settings.log_scale and group == "losses", y_title=str(name)
            )
            chart(figure, f"compare-{group}-chart", f"{name} by epoch of {len(runs)} runs")
    difference = config_difference(runs)
    if difference.empty:
        st.caption("These runs have the same settings.")
    else:
        table(difference, "config-difference", "**Settings that differ**")
