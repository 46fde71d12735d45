"""Seeds and ablations as one launch: the same training under several seeds, and each with parts left out, on all cores.

Every training is content-addressed: an interrupted sweep goes on where it was, and a run that exists is not trained again. Runs made
on the way are byproducts: the newest run of the dataset stays the one people made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from core.jobs.benchmark_cells import Task
from core.jobs.benchmark_config import changes
from core.jobs.benchmark_report import HEADLINE
from core.jobs.cells_under_way import CellsUnderWay
from core.jobs.extraction_step import ensure_profiles
from core.jobs.locks import exclusive
from core.jobs.settings import validated
from core.jobs.sweep_config import SweepConfig
from core.jobs.sweep_report import FILE, PARTIAL, SweepReport, sweep_rows
from core.jobs.training_step import run_id
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


class _Sweep(CellsUnderWay):
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
        device, n_cells = config.training.device, len(config.cells())
        super().__init__(workspace, source, tasks, identifier, n_cells=n_cells, partial=PARTIAL, device=device, workers=workers)
        self._profiles, self._config = profiles, config

    def publish(self) -> Artefact:
        """Put everything together.

        Raises:
            StudioError: every training failed. StorageError: the disk refused.
        """
        self.check_any("sweep")
        report = self.report(complete=True)
        sources = {"dataset": self.source.id} | ({"profiles": self._profiles.id} if self._profiles else {})
        plain = self._config.model_dump(mode="json")
        with self.workspace.publish("sweep", self.id, name=self.source.manifest.name, sources=sources, config=plain) as draft:
            write_json(draft.path / FILE, report)
            draft.summary |= {"model": self._config.label, "seeds": self._config.seeds, "variants": list(self._config.variants)}
            draft.summary |= {"n_trainings": report.total, "n_failed": len(report.failures), "seconds": round(report.seconds, 1)}
            if (row := report.row()) is not None:
                draft.summary |= {name: row.figures[name].mean for name in HEADLINE}
            draft.generated = self.source.manifest.generated
        self.clear()
        return self.workspace.get("sweep", self.id)

    def report(self, *, complete: bool) -> SweepReport:
        return SweepReport(
            dataset=self.source.id,
            profiles=self._profiles.id if self._profiles else None,
            config=self._config,
            label=self._config.label,
            complete=complete,
            done=self.done,
            total=self.n_cells,
            workers=self.workers,
            seconds=self.seconds,
            rows=sweep_rows(self._config, self.measured),
            failures=self.failures,
        )
