"""Trials in processes of their own, one thread each, so that every core has one to make."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from ctypes import c_bool

from core.errors import StudioError
from core.jobs.search_trials import Task, TrialRecord, attempt

LOOK_EVERY_S = 0.5
_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_asked: list[c_bool] = []  # in a worker: true once the search is to stop


def in_processes(tasks: Iterable[Task], workers: int, stop: Callable[[], bool]) -> Iterator[tuple[Task, TrialRecord | Exception]]:
    """Make trials, so many at once; each comes back as it ends, with its record or with why its model cannot be trained.

    Ends early, without those under way, where ``stop`` says so.

    Raises:
        StudioError: a worker was killed.
    """
    context = multiprocessing.get_context("spawn")
    asked = context.RawValue(c_bool, False)  # no Event: setting one waits for its waiters, for ever where they were killed
    left, running = iter(tasks), dict[Future[TrialRecord], Task]()
    with _one_thread(), ProcessPoolExecutor(workers, context, _begin, (asked, os.getpid())) as pool:
        try:
            while not stop():
                while len(running) < workers and (task := next(left, None)) is not None:
                    running[pool.submit(_attempt, task)] = task
                if not running:
                    return
                for future in wait(running, LOOK_EVERY_S, FIRST_COMPLETED).done:
                    yield running.pop(future), _outcome(future)
        finally:
            asked.value = True


def _outcome(future: Future[TrialRecord]) -> TrialRecord | Exception:
    error = future.exception()
    if isinstance(error, BrokenProcessPool):
        hint = "If memory ran out, use fewer --workers; the same command goes on from here"
        raise StudioError("A worker process was ended from outside", hint=hint) from error
    if error is not None and not isinstance(error, Exception):
        raise error
    return error or future.result()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes started meanwhile use one thread each."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _begin(asked: c_bool, parent: int) -> None:
    """Prepare a worker: the search alone decides when it stops, and it does not outlive the search."""
    import torch

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    torch.set_num_threads(1)
    _asked.append(asked)
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_S)
    os._exit(1)


def _attempt(task: Task) -> TrialRecord:
    return attempt(task, lambda: bool(_asked[0].value))
