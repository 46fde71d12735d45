"""One trial of a search: settings asked of the study, trained, and told to it. Nothing here ever sees the test split."""

from __future__ import annotations

import hashlib
import random
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pydantic import BaseModel, ConfigDict

from core.data.dataset import ReviewDataset, Split
from core.errors import InputError, StoppedError, StudioError
from core.jobs.search_judge import Judge, worth
from core.jobs.search_spaces import Choice, Linear, Log, Range, Whole, space, with_effect
from core.jobs.training_step import measure
from core.models.config import BACKBONES, BackboneName, ModelName
from core.models.graph import Interactions
from core.models.text_features import TextFeatures, text_features
from core.motivations.profiles import Profiles
from core.progress import silent
from core.training.config import TrainingConfig
from core.training.trainer import fit
from core.workspace import Workspace

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial, Trial

START_UP = 3
"""Complete trials before the others stay near the best one: the defaults, what is known, then random settings."""
LEARNING = 10
"""Trials before settings are proposed from what the others gave; sooner, a proposal is mostly what the best one has already."""
AT_A_TIME = 3
"""Settings of the best trial so far that a later one changes. Of twenty settings drawn all at once nearly always one spoils the rest
(Yelp's profiles: each of four random trials of LMMRec was worth less than its defaults)."""


@dataclass(frozen=True)
class Task:
    """The next trial of one model on the splits of one dataset, as plain values that go to another process.

    Args:
        root: the workspace. splits: ids of the dataset's splits and of the profiles made from each, None for a model that reads none.
        journal: the study's file. seed: of trainings and of drawing settings. number: of the task within its study.
        epochs: the most epochs of a trial.
    """

    root: Path
    splits: tuple[tuple[str, str | None], ...]
    model: ModelName
    backbone: BackboneName
    journal: Path
    seed: int
    epochs: int
    number: int = 0

    def config(self, settings: dict[str, Any]) -> TrainingConfig:
        """The training of these settings."""
        on = {} if self.model in BACKBONES else {"backbone": self.backbone}
        fixed = {"model": self.model, **on, "seed": self.seed, "epochs": self.epochs}
        return TrainingConfig.model_validate({**settings, **fixed})


class TrialRecord(BaseModel):
    """What became of a trial.

    ``settings`` is what differs from the defaults; ``validation`` holds the figures of the best epoch, means over the splits, for a pruned
    trial those of its best one so far; ``epochs`` are those of all splits together; ``trouble`` says why it failed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    state: str
    settings: dict[str, Any]
    validation: dict[str, float] = {}
    epochs: int = 0
    seconds: float = 0.0
    trouble: str | None = None

    @property
    def value(self) -> float:
        """See `core.jobs.search_judge.worth`."""
        return worth(self.validation)


def open_study(journal: Path, seed: int) -> Study:
    """The study kept in a file, made where there is none."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal.parent.mkdir(parents=True, exist_ok=True)
    return optuna.create_study(
        study_name="search",
        storage=JournalStorage(JournalFileBackend(str(journal))),
        sampler=optuna.samplers.TPESampler(n_startup_trials=LEARNING, seed=seed, multivariate=True, constant_liar=True),
        pruner=optuna.pruners.NopPruner(),  # see `Judge`: who learns slowly is not to be measured by the quick
        direction="maximize",
        load_if_exists=True,
    )


def distributions(model: ModelName, backbone: BackboneName) -> dict[str, BaseDistribution]:
    """The space of a model in Optuna's words."""
    return {name: _distribution(values) for name, values in space(model, backbone).items()}


def _distribution(values: Range) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(values, Choice):
        return CategoricalDistribution(values.values)
    if isinstance(values, Whole):
        return IntDistribution(values.low, values.high)
    assert isinstance(values, (Log, Linear))
    return FloatDistribution(values.low, values.high, log=isinstance(values, Log))


def attempt(task: Task, stop: Callable[[], bool]) -> TrialRecord:
    """Make one trial: ask, train, tell. A training whose loss runs away is a trial that failed; it counts as one.

    Raises:
        StoppedError: ``stop`` said so; the study keeps the trial as unfinished. InputError: the model cannot be trained here at all.
    """
    import optuna

    # Sampling depends on the number of the trial alone, so that an interrupted search draws what a whole one would have drawn.
    drawn = hashlib.sha256(f"{task.seed} {task.number}".encode()).digest()
    study = open_study(task.journal, int.from_bytes(drawn[:4], "little"))
    _stay_near_the_best(study, drawn)
    trial = study.ask(distributions(task.model, task.backbone))
    began = time.perf_counter()
    try:
        result = _train(task, trial, stop)
    except optuna.TrialPruned:
        told = study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    except (StoppedError, InputError):
        raise
    except StudioError as error:
        trial.set_user_attr("trouble", str(error))
        told = study.tell(trial, state=optuna.trial.TrialState.FAIL)
    else:
        trial.set_user_attr("validation", result)
        trial.set_user_attr("seconds", round(time.perf_counter() - began, 2))
        told = study.tell(trial, worth(result))
    return record_of(told)


def _stay_near_the_best(study: Study, drawn: bytes) -> None:
    """After `START_UP` complete trials, keep all but `AT_A_TIME` settings of its best one so far; ``drawn`` decides which."""
    import optuna

    if len(study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))) < START_UP:
        return
    best = study.best_trial.params
    names = with_effect(best)
    free = random.Random(drawn).sample(names, min(AT_A_TIME, len(names)))
    fixed = {name: value for name, value in best.items() if name not in free}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.sampler = optuna.samplers.PartialFixedSampler(fixed, study.sampler)


def _train(task: Task, trial: Trial, stop: Callable[[], bool]) -> dict[str, float]:
    """Validation figures of the best epoch, means over the splits; raises `optuna.TrialPruned` where there is no hope."""
    config = task.config(trial.params)
    judge = Judge(trial, config)
    found, epochs = [], 0
    for number, (dataset, profiles) in enumerate(task.splits):
        splits, _ = _read(task.root, dataset, profiles)
        text = _text(task.root, dataset, profiles, config.text_dim, config.words_read) if profiles else None
        # Only the first split is judged on the way: how far the others have come cannot be compared between trials.
        result = fit(splits["train"], text, config, partial(_figures, splits), progress=silent if number else judge, stop=stop)
        found.append(result.validation)
        epochs += result.epochs
        trial.set_user_attr("epochs", epochs)
        if number == 0 and len(task.splits) > 1:
            judge.after_the_first_split(result.validation)
    return {figure: sum(one[figure] for one in found) / len(found) for figure in found[0]}


def _figures(splits: dict[Split, Interactions], vectors: dict[str, torch.Tensor]) -> dict[str, float]:
    return measure(vectors, splits, "validation").means


@cache
def _read(root: Path, dataset: str, profiles: str | None) -> tuple[dict[Split, Interactions], Profiles | None]:
    """The training and the validation split of a dataset, and its profiles; read once in each process. The test split is left out."""
    workspace = Workspace(root, create=False)
    reviews = ReviewDataset.open(workspace, dataset)
    shown: tuple[Split, ...] = ("train", "validation")
    splits = {split: Interactions(reviews.n_users, reviews.n_items, reviews.pairs(split)) for split in shown}
    return splits, Profiles.load(workspace.get("profiles", profiles)) if profiles else None


@cache
def _text(root: Path, dataset: str, profiles: str, text_dim: int, words: int) -> TextFeatures:
    read = _read(root, dataset, profiles)[1]
    assert read is not None
    return text_features(read, text_dim, words)


def record_of(trial: FrozenTrial) -> TrialRecord:
    """A finished trial of a study as a record."""
    defaults = TrainingConfig().model_dump()
    settings = {name: value for name, value in trial.params.items() if value != defaults[name]}
    return TrialRecord(number=trial.number, state=trial.state.name.lower(), settings=settings, **trial.user_attrs)


def made(study: Study) -> list[TrialRecord]:
    """The trials of a study that count: complete, pruned, or failed for a reason of their own; those broken off do not."""
    ended = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
    return [record_of(trial) for trial in ended if "trouble" in trial.user_attrs or trial.state.name != "FAIL"]


def recover(study: Study, model: ModelName, backbone: BackboneName, known: Iterable[dict[str, Any] | None] = ()) -> None:
    """Put the defaults first, ``known`` settings next, and trials that a killed or stopped process left unfinished back in the queue.

    Nobody else may be working on the study.

    Args:
        known: settings worth a trial each, over the defaults; those that lie outside the model's space are left out.
    """
    from optuna.trial import TrialState

    ranges, plain = space(model, backbone), TrainingConfig().model_dump()
    defaults = {name: plain[name] for name in ranges}
    study.enqueue_trial(defaults, skip_if_exists=True)
    for settings in known:
        within = {name: value for name, value in (settings or {}).items() if name in ranges and ranges[name].holds(value)}
        study.enqueue_trial(defaults | within, skip_if_exists=True)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        study.enqueue_trial({**trial.system_attrs.get("fixed_params", {}), **trial.params})
