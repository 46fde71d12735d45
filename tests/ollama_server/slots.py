"""The slots a server answers in, and the queue before them: first come, first served."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class QueueFullError(Exception):
    """More requests wait than the queue holds."""


class Slots:
    """So many requests at once; so many more may wait.

    Args:
        n_slots: requests answered at the same time.
        queue: requests that may wait for a slot.
    """

    def __init__(self, n_slots: int, queue: int) -> None:
        self._free = list(range(n_slots))[::-1]
        self._queue = queue
        self._waiting: deque[threading.Event] = deque()
        self._given: dict[threading.Event, int] = {}
        self._lock = threading.Lock()

    def take(self, gone: Callable[[], bool], look_every_s: float = 0.25) -> int | None:
        """A slot's number, as soon as there is one; None when the client went away while it waited.

        Raises:
            QueueFullError: the queue is full.
        """
        with self._lock:
            if self._free:
                return self._free.pop()
            if len(self._waiting) >= self._queue:
                raise QueueFullError
            turn = threading.Event()
            self._waiting.append(turn)
        while not turn.wait(look_every_s):
            if gone():
                with self._lock:
                    if turn not in self._given:
                        self._waiting.remove(turn)
                        return None
        with self._lock:
            return self._given.pop(turn)

    def give_back(self, slot: int) -> None:
        """Hand a slot to whoever waits longest."""
        with self._lock:
            if not self._waiting:
                self._free.append(slot)
                return
            turn = self._waiting.popleft()
            self._given[turn] = slot
        turn.set()
