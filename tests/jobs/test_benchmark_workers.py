"""The processes of a benchmark: what comes next, how long the rest takes, stopping, and processes that are killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.errors import StoppedError
from core.jobs import worker_pool
from core.jobs.benchmark import benchmark
from core.jobs.benchmark_cells import Task
from core.jobs.benchmark_config import Cell
from core.jobs.benchmark_measure import Measured
from core.jobs.benchmark_report import read_benchmark, unfinished_benchmarks
from core.jobs.benchmark_workers import Outcome, Schedule, Sitting
from core.progress import ProgressEvent, never_stop, silent
from core.training.config import TrainingConfig
from core.workspace import Workspace

TINY = {"epochs": 2, "batch_size": 64, "evaluate_every": 1, "dim": 8, "device": "cpu"}


def task(model: str, seed: int = 1) -> Task:
    return Task((Cell(model=model, variant="plain", seed=seed),), f"{model}-{seed}", "dataset", None, TrainingConfig())


def order(schedule: Schedule) -> list[str]:
    found = []
    while (one := schedule.next()) is not None:
        found.append(one.run)
    return found


def test_unknown_tasks_come_first_in_their_order_then_the_longest() -> None:
    tasks = [task(model, seed) for seed in (1, 2) for model in ("ease", "lmmrec", "lightgcn")]
    assert order(Schedule(tasks, {})) == [one.run for one in tasks]
    known = {"ease-1": 1.0, "lmmrec-1": 60.0}
    assert order(Schedule(tasks, known)) == ["lightgcn-1", "lightgcn-2", "lmmrec-2", "ease-2"]


def test_time_left_is_that_of_like_tasks_shared_among_workers() -> None:
    tasks = [task(model, seed) for seed in (1, 2, 3) for model in ("ease", "lmmrec")]
    assert Schedule(tasks, {}).seconds_left([], 2) is None
    schedule = Schedule(tasks, {"ease-1": 2.0, "lmmrec-1": 40.0})
    running = schedule.next()
    assert running is not None
    assert running.run == "lmmrec-2"
    assert schedule.seconds_left([running], 2) == pytest.approx((2 + 2 + 40 + 40 / 2) / 2)


class Pool:
    """A pool in this process, in which the task called "poison" kills its process and with it the pool."""

    def __init__(self, *rest: Any) -> None:
        self.broken = False

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *rest: object) -> None:
        pass

    def submit(self, call: Callable[..., Outcome], root: Path, one: Task, folder: Path) -> Future[Outcome]:
        if self.broken:
            raise BrokenProcessPool
        future: Future[Outcome] = Future()
        if one.run == "poison-1":
            self.broken = True
            future.set_exception(BrokenProcessPool("a process was killed"))
        else:
            future.set_result(Outcome(Measured(run=one.run, figures={}, seconds=1.0, epochs=1), None, 1.0))
        return future


def test_task_whose_process_is_killed_fails_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(worker_pool, "ProcessPoolExecutor", Pool)
    tasks = [task("first"), task("poison"), task("third"), task("fourth")]
    ended: dict[str, Outcome] = {}
    schedule = Schedule(tasks, {})

    def done(one: Task, outcome: Outcome) -> None:
        assert one.run not in ended
        ended[one.run] = outcome

    Sitting(tmp_path, tmp_path, schedule, done, silent, never_stop, n_cells=4, n_done=0).run(2)
    assert set(ended) == {one.run for one in tasks}
    assert "killed" in (ended.pop("poison-1").reason or "")
    assert all(one.measured is not None for one in ended.values())


def test_processes_give_what_one_process_gives_even_where_one_is_killed(
    workspace: Workspace, small_dataset: ReviewDataset, tmp_path: Path
) -> None:
    settings = TINY | {"epochs": 200, "patience": 200, "evaluate_every": 10}
    config = {"models": ["lightgcn", "bpr-mf"], "seeds": 1, "preset": "default", "splits": "given", "settings": settings}
    other = Workspace(tmp_path / "other")
    killed: list[int] = []

    def kill(event: ProgressEvent) -> None:
        under_way = any((workspace.root / "running").glob("*/checkpoint.json"))
        if under_way and not killed:
            victim = multiprocessing.active_children()[0]
            killed.append(victim.pid or 0)
            os.kill(killed[0], signal.SIGKILL)

    reports = []
    for space, n, progress in ((workspace, 2, kill), (other, 1, silent)):
        dataset = publish_dataset(space, replace(small_dataset, name="small"), {"domain": "products"})
        reports.append(read_benchmark(benchmark(space, dataset.id, config, progress, workers=n)))
    assert len(killed) == 1
    assert [(one.workers, one.failures) for one in reports] == [(2, []), (1, [])]
    assert [one.runs for one in reports[0].outcomes] == [one.runs for one in reports[1].outcomes]
    for together, alone in zip(reports[0].outcomes, reports[1].outcomes, strict=True):
        expected = {name: one.mean for name, one in alone.figures.items()}
        assert {name: one.mean for name, one in together.figures.items()} == pytest.approx(expected)


def test_processes_stop_within_seconds(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    dataset = publish_dataset(workspace, replace(small_dataset, name="small"), {"domain": "products"})
    endless = TINY | {"epochs": 100_000, "patience": 100_000}
    config = {"models": ["lightgcn", "bpr-mf"], "seeds": 1, "preset": "default", "splits": "given", "settings": endless}
    asked: list[float] = []

    def note(event: ProgressEvent) -> None:
        under_way = any((workspace.root / "running").glob("*/checkpoint.json"))
        if under_way and not asked:
            asked.append(time.monotonic())

    with pytest.raises(StoppedError):
        benchmark(workspace, dataset.id, config, note, lambda: bool(asked), workers=2)
    assert time.monotonic() - asked[0] < worker_pool.GRACE_S + 30  # a busy machine takes its time to end processes
    (growing,) = unfinished_benchmarks(workspace).values()
    assert (growing.done, growing.total) == (0, 2)
    assert workspace.list("run") == []
