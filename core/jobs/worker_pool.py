"""Processes of their own, one thread each, that stop when they are asked to and do not outlive their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from ctypes import c_bool

GRACE_S = 8.0
"""How long a worker may go on once asked to stop."""
LOOK_EVERY_S = 0.3
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_asked: list[c_bool] = []  # in a worker: true once it is to stop


@contextmanager
def worker_pool(workers: int) -> Iterator[tuple[ProcessPoolExecutor, Callable[[], None]]]:
    """A pool of fresh processes, and a call that asks them to stop; leaving the block asks them too.

    What runs in a worker looks at `asked_to_stop`; a worker that does not end within `GRACE_S` of being asked ends itself, and one whose
    parent is gone at once.
    """
    context = multiprocessing.get_context("spawn")
    asked = context.RawValue(c_bool, False)  # no Event: setting one waits for its waiters, for ever where they were killed

    def ask() -> None:
        asked.value = True

    with _one_thread(), ProcessPoolExecutor(workers, context, _begin, (asked, os.getpid())) as pool:
        try:
            yield pool, ask
        finally:
            ask()


def asked_to_stop() -> bool:
    """In a worker: whether it is to stop."""
    return bool(_asked[0].value)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes started meanwhile compute on one thread: torch reads these when it is first imported."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _begin(asked: c_bool, parent: int) -> None:
    """Prepare a worker: one thread, deaf to signals for the whole group (its parent stops it in order), and watched.

    Args:
        asked: shared with the parent, who sets it once.
    """
    import torch

    torch.set_num_threads(1)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    _asked.append(asked)
    threading.Thread(target=_watch, args=(asked, parent), daemon=True, name="stop-watch").start()


def _watch(asked: c_bool, parent: int) -> None:
    while not asked.value:
        if os.getppid() != parent:
            os._exit(1)
        time.sleep(LOOK_EVERY_S)
    time.sleep(GRACE_S)
    os._exit(1)
