"""Trainings that ended before their end and can go on: what their job was asked for, and how far they got."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.errors import StudioError
from core.jobs.launch import jobs
from core.jobs.preflight import plan_of
from core.jobs.store import Job
from core.jobs.sweep_report import unfinished_sweeps
from core.jobs.training_step import run_id, running_directory
from core.storage import read_json
from core.training.config import TrainingConfig
from core.workspace import Artefact, Workspace

_RECENT = timedelta(days=1)


@dataclass(frozen=True)
class Interrupted:
    """A training, or a sweep of them, that can go on.

    Args:
        done, total: epochs of a training, trainings of a sweep. directory: what is kept of it.
    """

    job: Job
    done: int
    total: int
    directory: Path


def interrupted_trainings(workspace: Workspace, dataset: Artefact) -> list[Interrupted]:
    """Stopped, failed and lost trainings and sweeps of a dataset that left something to go on from, newest first."""
    found: list[Interrupted] = []
    asked: set[str] = set()
    for job in jobs(workspace):
        if job.kind not in ("train", "sweep") or job.arguments.get("dataset") != dataset.id:
            continue
        request = json.dumps([job.kind, job.arguments], sort_keys=True)
        if request in asked:
            continue  # it was asked for again later, whatever became of that
        asked.add(request)
        if not job.live and job.status != "finished" and (left := _left(workspace, dataset, job)) is not None:
            found.append(left)
    return found


def interrupted_imports(workspace: Workspace) -> list[Job]:
    """Imports, and whole ways from reviews to a run, that ended before their end in the last day and were not asked for again."""
    found: list[Job] = []
    asked: set[str] = set()
    for job in jobs(workspace):
        if job.kind not in ("import", "pipeline"):
            continue
        request = json.dumps([job.kind, job.arguments], sort_keys=True)
        recent = job.finished_at is not None and datetime.now(UTC) - datetime.fromisoformat(job.finished_at) < _RECENT
        if request not in asked and recent and not job.live and job.status != "finished":
            found.append(job)
        asked.add(request)
    return found


def discard(left: Interrupted) -> None:
    """Throw away what an interrupted training keeps; the same settings then begin anew."""
    shutil.rmtree(left.directory, ignore_errors=True)


def _left(workspace: Workspace, dataset: Artefact, job: Job) -> Interrupted | None:
    if job.kind == "sweep":
        config = job.arguments["config"]
        sweeps = unfinished_sweeps(workspace, dataset.id).items()
        known = next(((key, report) for key, report in sweeps if report.config.model_dump(mode="json") == config), None)
        return Interrupted(job, known[1].done, known[1].total, running_directory(workspace, known[0])) if known else None
    config = TrainingConfig.model_validate(job.arguments["config"])
    try:
        plan = plan_of(workspace, dataset, config, job.arguments.get("profiles"))
    except StudioError:
        return None  # its profiles are gone
    if plan is None:
        return None
    directory = running_directory(workspace, run_id(dataset, plan.profiles, config))
    checkpoint = directory / "checkpoint.json"
    return Interrupted(job, int(read_json(checkpoint)["epoch"]), config.epochs, directory) if checkpoint.exists() else None
