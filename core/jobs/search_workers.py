"""Trials in processes of their own, one thread each, so that every core has one to make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool

from core.errors import StudioError
from core.jobs.search_trials import Task, TrialRecord, attempt
from core.jobs.worker_pool import LOOK_EVERY_S, asked_to_stop, worker_pool


def in_processes(tasks: Iterable[Task], workers: int, stop: Callable[[], bool]) -> Iterator[tuple[Task, TrialRecord | Exception]]:
    """Make trials, so many at once; each comes back as it ends, with its record or with why its model cannot be trained.

    Ends early, without those under way, where ``stop`` says so.

    Raises:
        StudioError: a worker was killed.
    """
    left, running = iter(tasks), dict[Future[TrialRecord], Task]()
    with worker_pool(workers) as (pool, _):
        while not stop():
            while len(running) < workers and (task := next(left, None)) is not None:
                running[pool.submit(_attempt, task)] = task
            if not running:
                return
            for future in wait(running, LOOK_EVERY_S, FIRST_COMPLETED).done:
                yield running.pop(future), _outcome(future)


def _outcome(future: Future[TrialRecord]) -> TrialRecord | Exception:
    error = future.exception()
    if isinstance(error, BrokenProcessPool):
        hint = "If memory ran out, use fewer --workers; the same command goes on from here"
        raise StudioError("A worker process was ended from outside", hint=hint) from error
    if error is not None and not isinstance(error, Exception):
        raise error
    return error or future.result()


def _attempt(task: Task) -> TrialRecord:
    return attempt(task, asked_to_stop)
