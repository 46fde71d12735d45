"""Many trainings measured the same way, under way: what is known already, all cores on what is left, and a report that grows."""

from __future__ import annotations

import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from pydantic import BaseModel

from core.errors import StudioError
from core.jobs.benchmark_cells import Task
from core.jobs.benchmark_config import Cell
from core.jobs.benchmark_measure import Measured, read_measured
from core.jobs.benchmark_report import Failure
from core.jobs.benchmark_workers import Outcome, Schedule, Sitting, default_workers
from core.jobs.training_step import running_directory
from core.progress import Progress
from core.storage import read_json, write_json
from core.workspace import Artefact, Workspace


class CellsUnderWay(ABC):
    """The cells of a benchmark or a sweep.

    Args:
        source: the dataset; tasks: its trainings, each with the cells it stands for; n_cells: of all tasks.
        identifier: of the artefact to be; what is finished is kept in its folder of things under way until it is published.
        partial: name of the file there that holds the report as it grows.
        device: what is trained on. workers: processes at once; None: one a core.
    """

    def __init__(
        self,
        workspace: Workspace,
        source: Artefact,
        tasks: list[Task],
        identifier: str,
        *,
        n_cells: int,
        partial: str,
        device: str,
        workers: int | None,
    ) -> None:
        self.workspace, self.source, self.tasks, self.id, self.n_cells = workspace, source, tasks, identifier, n_cells
        self.workers = min(workers or default_workers(device), len(tasks))
        self._directory = running_directory(workspace, identifier)
        self.cells = self._directory / "cells"
        self.cells.mkdir(parents=True, exist_ok=True)
        self.measured: dict[Cell, Measured] = {}
        self.failures: list[Failure] = []
        self._partial = self._directory / partial
        earlier_s = float(read_json(self._partial).get("seconds", 0.0)) if self._partial.exists() else 0.0
        self._began = time.monotonic() - earlier_s

    @abstractmethod
    def report(self, *, complete: bool) -> BaseModel:
        """The report of what is measured; it holds "seconds"."""

    @property
    def seconds(self) -> float:
        """Wall clock, of earlier sittings too."""
        return time.monotonic() - self._began

    @property
    def done(self) -> int:
        """Cells that have ended, well or not."""
        return len(self.measured) + len(self.failures)

    def train(self, progress: Progress, stop: Callable[[], bool]) -> None:
        """Train and measure what is left.

        Raises:
            StoppedError: ``stop`` said so; what was finished is kept.
        """
        known = {task.run: found for task in self.tasks if (found := read_measured(self.cells, task.run)) is not None}
        for task in self.tasks:
            if task.run in known:
                self.measured |= dict.fromkeys(task.cells, known[task.run])
        self._write_partial()
        schedule = Schedule(self.tasks, {run: found.seconds for run, found in known.items()})
        n_done = len(self.measured)
        Sitting(self.workspace.root, self.cells, schedule, self._ended, progress, stop, n_cells=self.n_cells, n_done=n_done).run(
            self.workers
        )

    def _ended(self, task: Task, outcome: Outcome) -> None:
        if outcome.measured is not None:
            self.measured |= dict.fromkeys(task.cells, outcome.measured)
        else:
            self.failures += [Failure(cell=cell, reason=outcome.reason or "") for cell in task.cells]
        self._write_partial()

    def _write_partial(self) -> None:
        write_json(self._partial, self.report(complete=False))

    def check_any(self, name: str) -> None:
        """Refuse to publish nothing; ``name``: of what was to be published.

        Raises:
            StudioError: every training failed.
        """
        if not self.measured:
            reason = self.failures[0].reason.rstrip(".")
            raise StudioError(f"Every training of the {name} failed, the first one so: {reason}", where=self.source.id)

    def clear(self) -> None:
        """Remove what was kept until it is published."""
        shutil.rmtree(self._directory, ignore_errors=True)
