"""A training while it runs: its curves, the end of its log, device and memory; and trainings that were interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st

from app.components.errors import live_fragment
from app.components.job_progress import is_watched, launch_button
from app.components.page import literal, moment
from app.components.training_curves import CurveSettings, show_curves
from app.components.training_fields import SPOKEN
from app.components.training_preflight import size_words
from app.components.training_sweeps import sweep_table
from core.errors import InputError
from core.jobs.interrupted import Interrupted, discard, interrupted_trainings
from core.jobs.launch import job, log_tail
from core.jobs.load import load_of
from core.jobs.preflight import plan_of
from core.jobs.store import Job
from core.jobs.sweep_report import unfinished_sweeps
from core.jobs.training_step import run_id, running_directory
from core.training.config import TrainingConfig
from core.training.devices import pick_device
from core.training.history import read_history
from core.training.preflight import free_device_memory, free_memory
from core.workspace import Artefact, Workspace


def live_directory(space: Workspace, found: Job) -> Path | None:
    """Where a running job writes its epochs; None before it trains."""
    root = space.root / "running"
    if found.kind == "train":
        dataset = space.get("dataset", found.arguments["dataset"])
        plan = plan_of(space, dataset, TrainingConfig.model_validate(found.arguments["config"]), found.arguments.get("profiles"))
        directory = running_directory(space, run_id(dataset, plan.profiles, plan.config)) if plan else None
        return directory if directory is not None and directory.is_dir() else None
    began = datetime.fromisoformat(found.started_at or found.created_at).timestamp()
    fresh = [path for path in root.glob("*/history.jsonl") if path.stat().st_mtime >= began]
    return max(fresh, key=lambda path: path.stat().st_mtime).parent if fresh else None


@live_fragment(run_every=2.0)
def live_training(space: Workspace, identifier: str, settings: CurveSettings) -> None:
    """The curves of a job that trains, drawn again every two seconds, what it takes of the machine, and the tail of its log."""
    found = job(space, identifier)
    if not found.live:
        return
    st.caption(load_line(found))
    if found.kind == "sweep":
        _live_sweep(space, found)
    directory = live_directory(space, found)
    history = read_history(directory) if directory else []
    if history:
        st.markdown(f"**{standing(history)}**" + (f" · {literal(directory.name)}" if directory and found.kind == "sweep" else ""))
        show_curves(history, settings, identifier)
    else:
        st.caption("The curves begin with the first finished epoch.")
    with st.expander("Log", key=f"log-{identifier}"):
        st.code(log_tail(space, identifier, 25) or "The log is empty.", language=None)


def _live_sweep(space: Workspace, found: Job) -> None:
    config = found.arguments["config"]
    sweeps = unfinished_sweeps(space, found.arguments["dataset"]).values()
    report = next((one for one in sweeps if one.config.model_dump(mode="json") == config), None)
    if report is not None and report.rows:
        sweep_table(report, f"live-{found.id}")
    running = found.measures.get("running") or []
    if running:
        st.caption(f"Now: {literal('; '.join(map(str, running)))}.")


def standing(history: Sequence[dict[str, Any]]) -> str:
    """Where a training stands: epoch, the best validation so far and how long an epoch takes."""
    epoch, seconds = history[-1]["epoch"], [float(line.get("seconds", 0.0)) for line in history[-10:]]
    words = [f"Epoch {epoch}", f"{sum(seconds) / len(seconds):.2g} s an epoch"]
    validated = [line for line in history if line.get("validation")]
    if validated:
        name = "recall@20"
        best = max(validated, key=lambda line: float(line["validation"].get(name, 0.0)))
        words.insert(1, f"best {name} {best['validation'].get(name, 0.0):.4f} at epoch {best['epoch']}")
    return " · ".join(words)


def load_line(found: Job) -> str:
    """Device, memory and cores of a job that runs."""
    words = [f"Device: {device_words(found)}"]
    load = load_of(found)
    if load is not None:
        many = f" in {load.processes} processes" if load.processes > 1 else ""
        words += [f"memory {size_words(load.memory_bytes)}{many}", f"{size_words(free_memory())} free", f"{load.cores:.1f} cores busy"]
    on_device = free_device_memory("cuda") if "cuda" in words[0] else None
    return " · ".join([*words, *([f"{size_words(on_device)} free on the device"] if on_device is not None else [])])


def device_words(found: Job) -> str:
    """The device a job computes on; "auto" is told as what it comes to."""
    config = found.arguments.get("config", {})
    named = str(config.get("training", config).get("device", "auto")) if found.kind in ("train", "sweep") else "auto"
    try:
        return pick_device(named).type
    except InputError:
        return named


def interrupted(space: Workspace, dataset: Artefact) -> None:
    """Trainings that can go on, each with the button for it; nothing where there are none."""
    for left in interrupted_trainings(space, dataset):
        if is_watched(left.job.id):
            continue
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**Interrupted**: {literal(interrupted_words(left))}", width="stretch")
            launch_button(space, "Go on", left.job.kind, left.job.arguments, key=f"go-on-{left.job.id}")
            if st.button("Discard", key=f"discard-{left.job.id}", type="tertiary", help="Throw away what was finished of it"):
                discard(left)
                st.rerun()


def interrupted_words(left: Interrupted) -> str:
    """What was interrupted, how far it got, and when."""
    config = left.job.arguments["config"]
    training = config.get("training", config)
    name = SPOKEN.get(training.get("model", ""), "a model")
    unit = "trainings" if left.job.kind == "sweep" else "epochs"
    ended = {"stopped": "stopped", "failed": "failed", "lost": "its process was lost"}.get(left.job.status, left.job.status)
    when = f", {moment(left.job.finished_at)}" if left.job.finished_at else ""
    what = f"seeds and ablations of {name}" if left.job.kind == "sweep" else f"{name}, seed {training.get('seed', 0)}"
    return (
        f"{what}: {left.done:,} of {left.total:,} {unit} at most are kept ({ended}{when})"
        if unit == "epochs"
        else (f"{what}: {left.done:,} of {left.total:,} {unit} are done ({ended}{when})")
    )
