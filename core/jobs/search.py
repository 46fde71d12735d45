"""A search: every model gets the same number of trials on the validation figures of the same splits, all by one rule.

The first trial is the defaults; then come what earlier searches found for the model and, of a wrapper, for its backbone; where that makes
fewer than three, random settings. Each later trial changes three settings of the best one so far: at random, from the eleventh on to what
a tree-structured Parzen estimator proposes (Bergstra et al., NeurIPS 2011; Optuna's). A trial is given up that has come to half of what
the best one had by then, or that ends 3 % behind it on the first of several splits. Studies are kept in the workspace, so that a search
that was broken off, or is asked for more trials, goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.errors import InputError, StoppedError
from core.jobs.extraction_step import ensure_profiles
from core.jobs.locks import exclusive
from core.jobs.resplits import resplit
from core.jobs.search_config import SearchConfig, model_label, parse_model
from core.jobs.search_judge import FIGURES
from core.jobs.search_spaces import space
from core.jobs.search_trials import Task, TrialRecord, attempt, made, open_study, recover
from core.jobs.search_workers import in_processes
from core.jobs.training_step import training_version
from core.models.config import TEXT_MODELS, WRAPPERS, BackboneName, ModelName
from core.progress import Progress, ProgressEvent, never_stop, silent
from core.storage import content_hash
from core.training.config import TrainingConfig
from core.training.presets import ASSETS, TunedSettings, dataset_kind, settings_path, tuned_settings, write_tuned
from core.training.used_settings import used_settings
from core.workspace import Workspace

Attempts = Callable[[Iterable[Task], int, Callable[[], bool]], Iterator[tuple[Task, TrialRecord | Exception]]]


@dataclass(frozen=True)
class Found:
    """What a search found for one model on one dataset.

    Args:
        dataset: what was asked for; the splits of it are the task's. task: what all trials have in common. trials: those that count, in
            their order.
        path: the settings file. trouble: why the search of this model was given up, if it was.
    """

    dataset: str
    task: Task
    trials: tuple[TrialRecord, ...]
    wanted: int
    path: Path
    trouble: str | None = None

    @property
    def label(self) -> str:
        """MODEL or MODEL@BACKBONE."""
        return model_label(self.task.model, self.task.backbone)

    @property
    def best(self) -> TrialRecord | None:
        """The complete trial with the highest validation recall@20 + ndcg@20."""
        return best_of(self.trials)


def best_of(trials: Iterable[TrialRecord]) -> TrialRecord | None:
    """The complete trial with the highest sum of `FIGURES`, the earliest of equals; None where all failed."""
    complete = [trial for trial in trials if trial.state == "complete"]
    return max(complete, key=lambda trial: trial.value) if complete else None


def search(
    workspace: Workspace,
    datasets: Iterable[str],
    config: SearchConfig,
    *,
    output: Path = ASSETS,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
) -> list[Found]:
    """Search every model on every dataset, and write a settings file for each as soon as its last trial is done.

    Trials of all models and datasets are made in turns, so that no worker waits while there is one to make.

    Raises:
        NotFoundError: no such dataset. InputError: no such model, two datasets of one kind, or another process searches the same.
        StoppedError: ``stop`` said so; the same search goes on later. StudioError: a worker was killed.
        A model that cannot be trained is given up, the others are not: see ``trouble`` of what is found.
    """
    names = list(dict.fromkeys(map(parse_model, config.models)))
    with ExitStack() as stack:
        plans = _prepare(workspace, list(dict.fromkeys(datasets)), names, config, output, progress, stop)
        for plan in plans:
            stack.enter_context(exclusive(workspace, f"search-{plan.task.journal.stem}"))
            plan.trials = _resume(plan)
        attempts: Attempts = in_processes if config.workers > 1 else _one_by_one
        queue = _Queue(plans)
        for plan in plans:
            plan.write(config)
        for task, outcome in attempts(queue, config.workers, stop):
            _take(queue, task, outcome, progress)
            queue.plan_of(task).write(config)
    if any(not plan.complete and plan.trouble is None for plan in plans):
        raise StoppedError("The search was stopped", hint="Start it again to go on from there")
    return [plan.found() for plan in plans]


@dataclass
class _Plan:
    """One model on one dataset while it is searched."""

    dataset: str
    task: Task
    path: Path
    wanted: int
    trials: list[TrialRecord]
    begun: int = 0
    trouble: str | None = None
    written: bool = False

    @property
    def complete(self) -> bool:
        return len(self.trials) >= self.wanted

    def found(self) -> Found:
        return Found(self.dataset, self.task, tuple(self.trials), self.wanted, self.path, self.trouble)

    def write(self, config: SearchConfig) -> None:
        """The settings file, once all trials are made."""
        best = best_of(self.trials)
        if self.written or best is None or self.trouble or not self.complete:
            return
        search = {
            "dataset": self.dataset,
            "splits": [dataset for dataset, _ in self.task.splits],
            "split_seeds": list(config.split_seeds),
            "profiles": [profiles for _, profiles in self.task.splits if profiles],
            "trials": len(self.trials),
            "pruned": sum(trial.state == "pruned" for trial in self.trials),
            "failed": sum(trial.state == "fail" for trial in self.trials),
            "epochs": config.epochs,
            "seed": config.seed,
            "metric": " + ".join(FIGURES),
            "validation": best.validation,
            "defaults": next((trial.validation for trial in self.trials if not trial.settings), None),
            "seconds": round(sum(trial.seconds for trial in self.trials), 1),
            "searched": sorted(space(self.task.model, self.task.backbone)),
        }
        write_tuned(self.path, TunedSettings(settings=best.settings, search=search))
        self.written = True


class _Queue(Iterable[Task]):
    """The trials still to make, the models in turns; a model given up has none left."""

    def __init__(self, plans: list[_Plan]) -> None:
        self.plans = plans
        self.total = sum(plan.wanted for plan in plans)
        for plan in plans:
            plan.begun = len(plan.trials)

    def __iter__(self) -> Iterator[Task]:
        waiting = deque(self.plans)
        while waiting:
            plan = waiting.popleft()
            if plan.begun < plan.wanted and plan.trouble is None:
                waiting.append(plan)
                plan.begun += 1
                yield replace(plan.task, number=plan.begun - 1)

    def plan_of(self, task: Task) -> _Plan:
        """The plan a task belongs to."""
        return next(plan for plan in self.plans if plan.task.journal == task.journal)

    @property
    def done(self) -> int:
        """Trials made, in all."""
        return sum(min(len(plan.trials), plan.wanted) for plan in self.plans)


def _prepare(
    workspace: Workspace,
    datasets: list[str],
    names: list[tuple[ModelName, BackboneName]],
    config: SearchConfig,
    output: Path,
    progress: Progress,
    stop: Callable[[], bool],
) -> list[_Plan]:
    """One plan for each model and dataset, datasets in turns; splits and profiles are made where there are none."""
    kinds: dict[str, str] = {}
    for name in datasets:
        kind = dataset_kind(workspace.get("dataset", name))
        if kind in kinds:
            raise InputError(
                "Both are of one kind and would be written to the same files",
                where=f"{kinds[kind]} and {name}, {kind}",
                hint="Search them one after the other, each with its own --output",
            )
        kinds[kind] = name
    columns = []
    for kind, name in kinds.items():
        sources = [resplit(workspace, name, seed, progress) for seed in config.split_seeds] or [workspace.get("dataset", name)]
        reading = any(model in TEXT_MODELS for model, _ in names)
        read = tuple((source.id, ensure_profiles(workspace, source.id, progress, stop).id if reading else None) for source in sources)
        column = []
        for model, backbone in names:
            splits = read if model in TEXT_MODELS else tuple((source, None) for source, _ in read)
            task = _task(workspace, splits, model, backbone, config)
            wanted = config.trials if space(model, backbone) else 1
            column.append(_Plan(name, task, settings_path(kind, model, backbone, output), wanted, []))
        columns.append(column)
    return [plan for row in zip(*columns, strict=True) for plan in row]


def _task(
    workspace: Workspace, splits: tuple[tuple[str, str | None], ...], model: ModelName, backbone: BackboneName, config: SearchConfig
) -> Task:
    """What all trials of a study have in common; its file is called after everything that changes what a trial gives."""
    defaults = TrainingConfig().model_dump()
    fixed = {name: defaults[name] for name in used_settings(model, backbone)} | {"epochs": config.epochs, "seed": config.seed}
    ranges = {name: repr(values) for name, values in space(model, backbone).items()}
    key = content_hash(training_version(backbone), splits, model, backbone, fixed, ranges)
    journal = workspace.root / "search" / splits[0][0] / f"{model_label(model, backbone)}-{key}.jsonl"
    return Task(workspace.root, splits, model, backbone, journal, config.seed, config.epochs)


def _resume(plan: _Plan) -> list[TrialRecord]:
    """The trials made so far. What earlier searches found for the model, and for the backbone that all wrappers share, gets one each."""
    task, kind, directory = plan.task, plan.path.parent.name, plan.path.parent.parent
    known = [tuned_settings(kind, task.model, task.backbone, directory=directory)]
    if task.model in WRAPPERS:
        known.append(tuned_settings(kind, task.backbone, directory=directory))
    study = open_study(task.journal, task.seed)
    recover(study, task.model, task.backbone, known)
    return made(study)


def _one_by_one(tasks: Iterable[Task], workers: int, stop: Callable[[], bool]) -> Iterator[tuple[Task, TrialRecord | Exception]]:
    """Make trials in this process, with one thread as the workers have."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for task in tasks:
            if stop():
                return
            try:
                outcome: TrialRecord | Exception = attempt(task, stop)
            except StoppedError:
                return
            except Exception as error:  # noqa: BLE001 - one model that cannot be trained must not cost the others their search
                outcome = error
            yield task, outcome
    finally:
        torch.set_num_threads(threads)


def _take(queue: _Queue, task: Task, outcome: TrialRecord | Exception, progress: Progress) -> None:
    """Note what became of a trial, and say so."""
    plan = queue.plan_of(task)
    head = f"{plan.dataset} {model_label(task.model, task.backbone)}"
    if isinstance(outcome, TrialRecord):
        plan.trials.append(outcome)
        figures = " / ".join(f"{outcome.validation[figure]:.4f}" for figure in FIGURES) if outcome.validation else outcome.trouble
        changed = ", ".join(f"{name} {_short(value)}" for name, value in outcome.settings.items()) or "defaults"
        took = f"{outcome.state}, {outcome.epochs} epochs, {outcome.seconds:.0f} s"
        text = f"{head} {len(plan.trials)}/{plan.wanted}: {figures}, {took}, {changed}"
    else:
        plan.trouble = plan.trouble or f"{type(outcome).__name__}: {outcome}"
        text = f"{head} cannot be searched: {plan.trouble}"
    progress(ProgressEvent(text, queue.done, queue.total))


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
