"""What a running job takes of the machine: memory and cores of its process and of those it started."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil

from core.jobs.store import Job


@dataclass(frozen=True)
class Load:
    """What the processes of a job take.

    Args:
        memory_bytes: resident, all processes together. cores: cores kept busy, the mean since each process began. processes: how many.
    """

    memory_bytes: int
    cores: float
    processes: int


def load_of(found: Job) -> Load | None:
    """What a job takes now; None where its process is not there."""
    if not found.live or found.pid is None:
        return None
    try:
        leader = psutil.Process(found.pid)
        measured = [one for process in (leader, *leader.children(recursive=True)) if (one := _process(process)) is not None]
    except psutil.Error:
        return None
    if not measured:
        return None
    return Load(sum(memory for memory, _ in measured), sum(cores for _, cores in measured), len(measured))


def _process(process: psutil.Process) -> tuple[int, float] | None:
    try:
        with process.oneshot():
            times = process.cpu_times()
            lived = max(1e-3, time.time() - process.create_time())
            return int(process.memory_info().rss), (times.user + times.system) / lived
    except psutil.Error:  # it ended between the two looks
        return None
