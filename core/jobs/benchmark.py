"""Many models on the same data with the same care: every cell (model x variant x seed) is one training, measured the same way.

    the splits of all seeds, with their profiles -> trainings on all cores -> figures of each run on test -> means, tests, one report

Every training is content-addressed: an interrupted benchmark goes on where it was, and nothing is trained twice, not even for another
benchmark. Runs, datasets and profiles made on the way are byproducts: the newest run of a dataset stays the one people made.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from core.jobs.benchmark_cells import PreparedSplit, Task, check_request, plain_settings, planned, prepare_splits
from core.jobs.benchmark_config import BenchmarkConfig
from core.jobs.benchmark_measure import read_per_user
from core.jobs.benchmark_report import ACCURACY, FILE, HEADLINE, PER_USER, BenchmarkReport
from core.jobs.benchmark_tables import Tables, published_figures
from core.jobs.cells_under_way import CellsUnderWay
from core.jobs.locks import exclusive
from core.jobs.settings import validated
from core.progress import Progress, ProgressEvent, never_stop, silent
from core.storage import content_hash, write_json
from core.workspace import Artefact, Workspace, artefact_id

PARTIAL = f"benchmark-{FILE}"
VERSION = 3  # part of every benchmark's key: raise it when the same runs would give another report


def benchmark(
    workspace: Workspace,
    dataset: str,
    config: dict[str, Any] | BaseModel,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
    *,
    workers: int | None = None,
) -> Artefact:
    """Train and measure all cells; a benchmark made before from the same inputs is returned as it is, unless a cell of it failed.

    Args:
        config: a `core.jobs.benchmark_config.BenchmarkConfig`, or the same as plain data.
        workers: processes at once; None: one a core.

    Returns:
        Artefact of kind "benchmark": report.json (`core.jobs.benchmark_report.BenchmarkReport`) and per_user.parquet (model, variant,
        seed, user_idx in the dataset of that seed, and the figures of `ACCURACY`).

    Raises:
        NotFoundError: no such dataset. InputError: a wrong setting, a dataset that cannot be split anew, or the same benchmark is
            made by another process. StudioError: every cell failed. StoppedError: ``stop`` said so; what was finished is kept.
    """
    settings = validated(BenchmarkConfig, config, "benchmark")
    source = workspace.get("dataset", dataset)
    check_request(source, settings)
    splits = prepare_splits(workspace.for_byproducts(), source, settings, progress, stop)
    tasks = planned(source, settings, splits)
    identifier = artefact_id(source.manifest.name, content_hash(VERSION, source.id, settings, [task.run for task in tasks]))
    with exclusive(workspace, identifier):
        known = workspace.find("benchmark", identifier)
        if known is not None and not known.manifest.summary.get("n_failed"):
            return workspace.wanted(known)
        work = _Benchmark(workspace, source, settings, splits, tasks, identifier, workers)
        work.train(progress, stop)
        return work.publish(progress)


class _Benchmark(CellsUnderWay):
    """One benchmark under way, and its report as it grows."""

    def __init__(
        self,
        workspace: Workspace,
        source: Artefact,
        config: BenchmarkConfig,
        splits: dict[int, PreparedSplit],
        tasks: list[Task],
        identifier: str,
        workers: int | None,
    ) -> None:
        device, n_cells = str(config.settings.get("device", "auto")), len(config.cells())
        super().__init__(workspace, source, tasks, identifier, n_cells=n_cells, partial=PARTIAL, device=device, workers=workers)
        self._splits, self._config = splits, config

    def publish(self, progress: Progress) -> Artefact:
        """Put everything together.

        Raises:
            StudioError: every cell failed. StorageError: the disk refused.
        """
        self.check_any("benchmark")
        progress(ProgressEvent("Comparing"))
        report = self.report(complete=True)
        plain = self._config.model_dump(mode="json")
        with self.workspace.publish(
            "benchmark", self.id, name=self.source.manifest.name, sources={"dataset": self.source.id}, config=plain
        ) as draft:
            write_json(draft.path / FILE, report)
            self._write_per_user(draft.path / PER_USER)
            draft.summary |= _summary(report)
            draft.generated = self.source.manifest.generated
        self.clear()
        return self.workspace.get("benchmark", self.id)

    def report(self, *, complete: bool) -> BenchmarkReport:
        tables = Tables(self._config, self._splits, self.measured, self.cells)
        used = [self._splits[seed].used for seed in self._config.seed_list]
        return BenchmarkReport(
            dataset=self.source.id,
            name=self.source.manifest.name,
            config=self._config,
            splits=used if self._config.splits == "random" else used[:1],
            complete=complete,
            done=self.done,
            total=self.n_cells,
            workers=self.workers,
            seconds=self.seconds,
            settings=plain_settings(self.tasks, self._config),
            outcomes=tables.outcomes(),
            contrasts=tables.contrasts() if complete else [],
            over_backbones=tables.over_backbones() if complete else [],
            variations=tables.variations(tested=complete),
            activity=tables.activity(),
            published=published_figures(self.source),
            failures=self.failures,
        )

    def _write_per_user(self, path: Path) -> None:
        """One group of rows a cell, so that no more than one is in memory."""
        names = pa.dictionary(pa.int16(), pa.string())
        schema = pa.schema(
            [
                ("model", names),
                ("variant", names),
                ("seed", pa.int32()),
                ("user_idx", pa.int32()),
                *((name, pa.float64()) for name in ACCURACY),
            ]
        )
        with pq.ParquetWriter(path, schema) as writer:
            for cell in (cell for cell in self._config.cells() if cell in self.measured):
                frame = read_per_user(self.cells, self.measured[cell].run).assign(model=cell.model, variant=cell.variant, seed=cell.seed)
                writer.write_table(pa.Table.from_pandas(frame[schema.names], schema, preserve_index=False))


def _summary(report: BenchmarkReport) -> dict[str, Any]:
    """The few figures of the artefact's manifest."""
    first = report.outcome(report.config.models[0])
    best = {metric: one for metric in HEADLINE if (one := report.best_peer(metric)) is not None}
    return {
        "models": list(report.config.models),
        "seeds": report.config.seeds,
        "splits": report.config.splits,
        "n_cells": report.total,
        "n_failed": len(report.failures),
        **({metric: first.figures[metric].mean for metric in HEADLINE} if first else {}),
        "best_peer": {metric: {"model": one.peer, "relative": one.relative, "p_users": one.p_users_holm} for metric, one in best.items()},
    }
