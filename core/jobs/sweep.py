"""Seeds and ablations as one launch: the same training under several seeds, and each with parts left out, on all cores.

Every training is content-addressed: an interrupted sweep goes on where it was, and a run that exists is not trained again. Runs made
on the way are byproducts: the newest run of the dataset stays the one people made.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from core.errors import StudioError
from core.jobs.benchmark_cells import Task
from core.jobs.benchmark_config import Cell, changes
from core.jobs.benchmark_measure import Measured, read_measured
from core.jobs.benchmark_report import HEADLINE, Failure
from core.jobs.benchmark_workers import Outcome, Schedule, Sitting, default_workers
from core.jobs.extraction_step import ensure_profiles
from core.jobs.locks import exclusive
from core.jobs.settings import validated
from core.jobs.sweep_config import SweepConfig
from core.jobs.sweep_report import FILE, PARTIAL, SweepReport, sweep_rows
from core.jobs.training_step import run_id, running_directory
from core.progress import Progress, never_stop, silent
from core.storage import content_hash, read_json, write_json
from core.training.config import TrainingConfig
from core.workspace import Artefact, Workspace, artefact_id

VERSION = 1  # part of every sweep's key: raise it when the same runs would give another report


def sweep(
    workspace: Workspace,
    dataset: str,
    config: dict[str, Any] | BaseModel,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
    *,
    profiles: str | None = None,
    workers: int | None = None,
) -> Artefact:
    """Train and measure everything; a sweep made before from the same inputs is returned as it is, unless a training of it failed.

    Args:
        config: a `core.jobs.sweep_config.SweepConfig`, or the same as plain data.
        profiles: which of the dataset's profiles are read; None takes the newest, and extracts where there are none.
        workers: processes at once; None: one a core.

    Returns:
        Artefact of kind "sweep" with report.json (`core.jobs.sweep_report.SweepReport`).

    Raises:
        NotFoundError: no such dataset or profiles. InputError: a wrong setting, or the same sweep is made by another process.
            StudioError: every training failed. StoppedError: ``stop`` said so; what was finished is kept.
    """
    settings = validated(SweepConfig, config, "sweep")
    source = workspace.get("dataset", dataset)
    chosen = ensure_profiles(workspace, source.id, progress, stop, profiles=profiles) if settings.training.reads_text else None
    tasks = planned_sweep(source, chosen, settings)
    identifier = artefact_id(source.manifest.name, content_hash(VERSION, "sweep", source.id, settings, [task.run for task in tasks]))
    with exclusive(workspace, identifier):
        known = workspace.find("sweep", identifier)
        if known is not None and not known.manifest.summary.get("n_failed"):
            return known
        work = _Sweep(workspace, source, chosen, settings, tasks, identifier, workers)
        work.train(progress, stop)
        return work.publish()


def planned_sweep(source: Artefact, profiles: Artefact | None, config: SweepConfig) -> list[Task]:
    """Every training once, in the order of its first cell: a variant can leave the settings as they are."""
    n_slots = int(read_json(profiles.path / "shape.json")["slots"]) if profiles else 1
    tasks: dict[str, Task] = {}
    for cell in config.cells():
        plain = config.training.model_dump(mode="json") | {"seed": cell.seed}
        training = validated(TrainingConfig, plain | changes(cell.variant, plain, n_slots), "training")
        identifier = run_id(source, profiles, training)
        before = tasks[identifier].cells if identifier in tasks else ()
        tasks[identifier] = Task((*before, cell), identifier, source.id, profiles.id if profiles else None, training)
    return list(tasks.values())


class _Sweep:
    """One sweep under way, and its report as it grows."""

    def __init__(
        self,
        workspace: Workspace,
        source: Artefact,
        profiles: Artefact | None,
        config: SweepConfig,
        tasks: list[Task],
        identifier: str,
        workers: int | None,
    ) -> None:
        self._workspace, self._source, self._profiles, self._config = workspace, source, profiles, config
        self._tasks, self._id = tasks, identifier
        self._workers = min(workers or default_workers(config.training.device), len(tasks))
        self._directory = running_directory(workspace, identifier)
        self._cells = self._directory / "cells"
        self._cells.mkdir(parents=True, exist_ok=True)
        self._measured: dict[Cell, Measured] = {}
        self._failures: list[Failure] = []
        partial = self._directory / PARTIAL
        self._began, self._earlier_s = time.monotonic(), _seconds_so_far(partial)

    def train(self, progress: Progress, stop: Callable[[], bool]) -> None:
        """Train and measure what is left.

        Raises:
            StoppedError: ``stop`` said so; what was finished is kept.
        """
        known = {task.run: found for task in self._tasks if (found := read_measured(self._cells, task.run)) is not None}
        for task in self._tasks:
            if task.run in known:
                self._measured |= dict.fromkeys(task.cells, known[task.run])
        self._write_partial()
        schedule = Schedule(self._tasks, {run: found.seconds for run, found in known.items()})
        n_cells = len(self._config.cells())
        sitting = Sitting(
            self._workspace.root, self._cells, schedule, self._ended, progress, stop, n_cells=n_cells, n_done=len(self._measured)
        )
        sitting.run(self._workers)

    def _ended(self, task: Task, outcome: Outcome) -> None:
        if outcome.measured is not None:
            self._measured |= dict.fromkeys(task.cells, outcome.measured)
        else:
            self._failures += [Failure(cell=cell, reason=outcome.reason or "") for cell in task.cells]
        self._write_partial()

    def publish(self) -> Artefact:
        """Put everything together.

        Raises:
            StudioError: every training failed. StorageError: the disk refused.
        """
        if not self._measured:
            reason = self._failures[0].reason
            raise StudioError(f"Every training of the sweep failed, the first one so: {reason.rstrip('.')}", where=self._source.id)
        report = self._report(complete=True)
        sources = {"dataset": self._source.id} | ({"profiles": self._profiles.id} if self._profiles else {})
        plain = self._config.model_dump(mode="json")
        with self._workspace.publish("sweep", self._id, name=self._source.manifest.name, sources=sources, config=plain) as draft:
            write_json(draft.path / FILE, report)
            draft.summary |= {"model": self._config.label, "seeds": self._config.seeds, "variants": list(self._config.variants)}
            draft.summary |= {"n_trainings": report.total, "n_failed": len(report.failures), "seconds": round(report.seconds, 1)}
            if (row := report.row()) is not None:
                draft.summary |= {name: row.figures[name].mean for name in HEADLINE}
            draft.generated = self._source.manifest.generated
        shutil.rmtree(self._directory, ignore_errors=True)
        return self._workspace.get("sweep", self._id)

    def _report(self, *, complete: bool) -> SweepReport:
        return SweepReport(
            dataset=self._source.id,
            profiles=self._profiles.id if self._profiles else None,
            config=self._config,
            label=self._config.label,
            complete=complete,
            done=len(self._measured) + len(self._failures),
            total=len(self._config.cells()),
            workers=self._workers,
            seconds=self._earlier_s + time.monotonic() - self._began,
            rows=sweep_rows(self._config, self._measured),
            failures=self._failures,
        )

    def _write_partial(self) -> None:
        write_json(self._directory / PARTIAL, self._report(complete=False))


def _seconds_so_far(partial: Path) -> float:
    """Wall clock of earlier sittings."""
    return float(read_json(partial).get("seconds", 0.0)) if partial.exists() else 0.0
