"""The trainings of a benchmark on all cores: one process a core, each on one thread, which beats more threads on graphs of this size.

A worker trains and measures one task after another. It stops at the next epoch once asked; one that does not within `GRACE_S` is
ended, and one whose parent is gone ends itself: the training goes on from its checkpoint when the benchmark is started again.
A cell that fails is told with its reason, and the rest goes on; a process that was killed (out of memory) has its task tried once more.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean

from core.errors import StoppedError, StudioError
from core.jobs.benchmark_cells import Task
from core.jobs.benchmark_measure import Measured, measure_run
from core.jobs.steps import train
from core.jobs.worker_pool import GRACE_S, LOOK_EVERY_S, asked_to_stop, worker_pool
from core.progress import Progress, ProgressEvent, silent
from core.workspace import Workspace

_STOPPED = "The benchmark was stopped"
_KILLED = "Its process was killed, and once more when it ran alone (out of memory?)"
log = logging.getLogger("lmmrec.benchmark")


@dataclass(frozen=True)
class Outcome:
    """How a task ended: measured, failed with a reason, or (both None) stopped. ``seconds``: of the wall clock."""

    measured: Measured | None
    reason: str | None
    seconds: float


def work_on(root: Path, task: Task, folder: Path, stop: Callable[[], bool], progress: Progress = silent) -> Outcome:
    """Train and measure one task in this process; nothing is raised but a request to end the process."""
    began = time.perf_counter()
    measured = reason = None
    try:
        space = Workspace(root, create=False).for_byproducts()
        run = train(space, task.dataset, task.config, progress, stop, profiles=task.profiles)
        measured = measure_run(space, run, folder)
    except StoppedError:
        log.info("Stopped at %s", task.cells[0].label)
    except StudioError as error:
        reason = str(error)
    except Exception as error:
        log.exception("%s failed for a reason it does not know", task.cells[0].label)
        first = (str(error).splitlines() or ["no message"])[0][:300]
        reason = f"{type(error).__name__}: {first}"
    return Outcome(measured, reason, time.perf_counter() - began)


class Schedule:
    """Which task comes next, and how long the rest will take: as long as others of the same model and variant took.

    Unknown ones come first, in their order (a whole seed of all models); then the longest, so that none is left over at the end.
    """

    def __init__(self, tasks: list[Task], known: dict[str, float]) -> None:
        """``known``: run id -> seconds of tasks that are done already."""
        self.left = [task for task in tasks if task.run not in known]
        self._seconds: dict[tuple[str, str], list[float]] = {}
        for task in tasks:
            if task.run in known:
                self.took(task, known[task.run])

    def took(self, task: Task, seconds: float) -> None:
        """Learn how long a task took."""
        self._seconds.setdefault(_row(task), []).append(seconds)

    def expected(self, task: Task) -> float | None:
        """Seconds a task will take; None where nothing like it was done."""
        like = self._seconds.get(_row(task))
        return fmean(like) if like else None

    def next(self) -> Task | None:
        """Take the next task; None where there is none left."""
        if not self.left:
            return None
        task = max(self.left, key=lambda one: float("inf") if (seconds := self.expected(one)) is None else seconds)
        self.left.remove(task)
        return task

    def seconds_left(self, running: list[Task], workers: int) -> float | None:
        """Seconds until all is done; None while nothing is. Running tasks count half."""
        if not self._seconds:
            return None
        usual = fmean(second for row in self._seconds.values() for second in row)
        times = [usual if (known := self.expected(task)) is None else known for task in [*self.left, *running]]
        halves = sum(times[len(self.left) :]) / 2
        return (sum(times) - halves) / workers


def _row(task: Task) -> tuple[str, str]:
    return task.cells[0].model, task.cells[0].variant


class Sitting:
    """One go at the tasks that are left: tells each outcome and the progress over all cells.

    Args:
        done: called in this process with each task as it ends, stopped ones left out.
        n_cells: of the whole benchmark; n_done: of them, before this sitting.
    """

    def __init__(
        self,
        root: Path,
        folder: Path,
        schedule: Schedule,
        done: Callable[[Task, Outcome], None],
        progress: Progress,
        stop: Callable[[], bool],
        n_cells: int,
        n_done: int,
    ) -> None:
        self._root, self._folder, self._schedule = root, folder, schedule
        self._done, self._progress, self._stop = done, progress, stop
        self._n_cells, self._n_done = n_cells, n_done

    def run(self, workers: int) -> None:
        """Do all that is left.

        Raises:
            StoppedError: ``stop`` said so; what was finished is kept.
        """
        if workers == 1:
            self._alone()
            return
        while self._schedule.left:
            for suspect in self._together(self._schedule, workers):
                if self._together(Schedule([suspect], {}), 1):  # alone, so that none pays for its neighbour
                    self._end(suspect, Outcome(None, _KILLED, 0.0))

    def _alone(self) -> None:
        while (task := self._next(self._schedule)) is not None:
            self._tell([task], 1)
            outcome = work_on(self._root, task, self._folder, self._stop, partial(self._tell, [task], 1))
            if outcome.measured is None and outcome.reason is None:
                raise self._stopped()
            self._end(task, outcome)

    def _together(self, schedule: Schedule, workers: int) -> list[Task]:
        """Work through a schedule in a pool; the tasks whose processes were killed, where that broke the pool."""
        running: dict[Future[Outcome], Task] = {}
        others = set(multiprocessing.active_children())
        with worker_pool(workers) as (pool, ask):
            try:
                while True:
                    while len(running) < workers and (task := self._next(schedule)) is not None:
                        try:
                            running[pool.submit(_do, self._root, task, self._folder)] = task
                        except BrokenProcessPool:
                            schedule.left.append(task)
                            raise
                    if not running:
                        return []
                    self._tell(list(running.values()), workers)
                    ended, _ = wait(running, LOOK_EVERY_S, FIRST_COMPLETED)
                    self._collect(ended, running)
            except BrokenProcessPool:
                return list(running.values())
            except StoppedError:
                ask()
                ended, late = wait(running, GRACE_S)
                for worker in set(multiprocessing.active_children()) - others if late else ():
                    worker.kill()
                self._keep(ended, running)
                raise

    def _collect(self, ended: set[Future[Outcome]], running: dict[Future[Outcome], Task]) -> None:
        for future in ended:
            outcome = future.result()
            self._end(running.pop(future), outcome)
        if self._stop():
            raise self._stopped()

    def _keep(self, ended: set[Future[Outcome]], running: dict[Future[Outcome], Task]) -> None:
        """Take what was finished while the others were asked to stop."""
        for future in ended:
            if future.exception() is None and (outcome := future.result()).measured is not None:
                self._end(running[future], outcome)

    def _next(self, schedule: Schedule) -> Task | None:
        if self._stop():
            raise self._stopped()
        return schedule.next()

    def _end(self, task: Task, outcome: Outcome) -> None:
        self._n_done += len(task.cells)
        if outcome.measured is not None:
            self._schedule.took(task, outcome.seconds)
        self._done(task, outcome)

    def _tell(self, running: list[Task], workers: int, event: ProgressEvent | None = None) -> None:
        left = self._schedule.seconds_left(running, workers)
        measures = {"running": [task.cells[0].label for task in running]} | ({} if left is None else {"left_s": round(left)})
        if event is not None:
            measures |= {"epoch": event.done, "epochs": event.total}
        self._progress(ProgressEvent("Training and measuring", self._n_done, self._n_cells, measures))

    def _stopped(self) -> StoppedError:
        where = f"{self._n_done} of {self._n_cells} cells done"
        return StoppedError(_STOPPED, where=where, hint="Start it again to go on from there")


def default_workers(device: str) -> int:
    """One process a core; on an accelerator, which all of them share, at most four."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    accelerated = device not in ("auto", "cpu") or (device == "auto" and (torch.cuda.is_available() or torch.backends.mps.is_available()))
    return min(cores, 4) if accelerated else cores


def _do(root: Path, task: Task, folder: Path) -> Outcome:
    return work_on(root, task, folder, asked_to_stop)
