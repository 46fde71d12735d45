"""The report of a sweep, as the document of its artefact: one row a variant, means and spreads over seeds, changes from the plain one.

While a sweep runs, the same document of what is done lies in its running directory (``complete`` is then False).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, stdev

from pydantic import BaseModel, ConfigDict

from core.jobs.benchmark_config import PLAIN, Cell
from core.jobs.benchmark_measure import Measured
from core.jobs.benchmark_report import Failure, Figure
from core.jobs.sweep_config import SweepConfig
from core.storage import read_json
from core.workspace import Artefact, Workspace

FILE = "report.json"
PARTIAL = "sweep-report.json"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SweepRow(_Document):
    """One variant over the seeds that are done.

    Args:
        figures: on test, by name ("recall@20"), one that some seed lacks is left out. changes: from the plain training of the same
            seed, over the seeds both have; relative: the same in parts of the plain figure. Both are empty for the plain row.
        seconds: of training; epochs: trained. seeds, runs: parallel to the values of figures.
    """

    variant: str
    seeds: list[int]
    runs: list[str]
    figures: dict[str, Figure]
    changes: dict[str, Figure]
    relative: dict[str, Figure]
    seconds: Figure
    epochs: Figure


class SweepReport(_Document):
    """A sweep as far as it is.

    Args:
        dataset, profiles: ids of what was trained on. label: the model as benchmarks write it. done, total: trainings.
        seconds: wall clock over all sittings. failures: trainings that failed, and why.
    """

    dataset: str
    profiles: str | None
    config: SweepConfig
    label: str
    complete: bool
    done: int
    total: int
    workers: int
    seconds: float
    rows: list[SweepRow]
    failures: list[Failure]

    def row(self, variant: str = PLAIN) -> SweepRow | None:
        """The row of a variant; None while no seed of it is done."""
        return next((row for row in self.rows if row.variant == variant), None)


def sweep_rows(config: SweepConfig, measured: dict[Cell, Measured]) -> list[SweepRow]:
    """The rows of what is measured, in the order of the settings."""
    found = []
    plain = {cell.seed: one for cell, one in measured.items() if cell.variant == PLAIN}
    for variant in (PLAIN, *config.variants):
        own = {cell.seed: one for cell, one in sorted(measured.items(), key=lambda pair: pair[0].seed) if cell.variant == variant}
        if own:
            found.append(_row(variant, own, {} if variant == PLAIN else plain))
    return found


def _row(variant: str, own: dict[int, Measured], plain: dict[int, Measured]) -> SweepRow:
    both = [seed for seed in own if seed in plain]
    names = _shared(own.values())
    changes = [name for name in names if name in _shared(plain[seed] for seed in both)] if both else []

    def paired(name: str, take: Callable[[float, float], float]) -> list[float]:
        return [take(own[seed].figures[name], plain[seed].figures[name]) for seed in both]

    return SweepRow(
        variant=variant,
        seeds=list(own),
        runs=[one.run for one in own.values()],
        figures={name: _figure([one.figures[name] for one in own.values()]) for name in names},
        changes={name: _figure(paired(name, lambda value, base: value - base)) for name in changes},
        relative={
            name: _figure(paired(name, lambda value, base: value / base - 1))
            for name in changes
            if all(plain[seed].figures[name] > 0 for seed in both)
        },
        seconds=_figure([one.seconds for one in own.values()]),
        epochs=_figure([float(one.epochs) for one in own.values()]),
    )


def _shared(found: Iterable[Measured]) -> list[str]:
    """Names of the figures that all have."""
    sets = [set(one.figures) for one in found]
    return sorted(set.intersection(*sets)) if sets else []


def _figure(values: Sequence[float]) -> Figure:
    return Figure(mean=fmean(values), sd=stdev(values) if len(values) > 1 else None, values=list(values))


def read_sweep(artefact: Artefact) -> SweepReport:
    """The report of a finished sweep."""
    return SweepReport.model_validate(read_json(artefact.path / FILE))


def unfinished_sweeps(workspace: Workspace, dataset: str | None = None) -> dict[str, SweepReport]:
    """Sweeps under way or interrupted, by id: those of a dataset, or all."""
    found = {}
    for path in sorted((workspace.root / "running").glob(f"*/{PARTIAL}"), key=lambda one: one.stat().st_mtime, reverse=True):
        report = SweepReport.model_validate(read_json(path))
        if dataset in (None, report.dataset):
            found[path.parent.name] = report
    return found
