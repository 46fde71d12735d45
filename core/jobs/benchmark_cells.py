"""From a benchmark's settings to its trainings: the data of every seed, the settings of every cell, and which cells are one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.dataset import ReviewDataset
from core.errors import InputError, StoppedError
from core.jobs.benchmark_config import BenchmarkConfig, Cell, ModelSpec, changes
from core.jobs.benchmark_report import SplitUsed
from core.jobs.extraction_step import ensure_profiles, extract
from core.jobs.resplits import resplit
from core.jobs.settings import validated
from core.jobs.training_step import run_id
from core.progress import Progress, ProgressEvent
from core.storage import read_json
from core.training.config import TrainingConfig
from core.training.presets import configured, dataset_kind
from core.workspace import Artefact, Workspace

_GIVEN = "Measure on its own split: --splits given"


@dataclass(frozen=True)
class PreparedSplit:
    """The data of one seed.

    Args:
        user_ids: str [n_users], outside ids: what means the same user in every split. n_training: int64 [n_users].
        n_slots: K of the profiles, "other" among them; 1 without profiles.
    """

    used: SplitUsed
    dataset: Artefact
    profiles: Artefact | None
    user_ids: npt.NDArray[np.str_]
    n_training: npt.NDArray[np.int64]
    n_slots: int


@dataclass(frozen=True)
class Task:
    """One training, and the cells it is the run of: a variant can leave the settings as they are."""

    cells: tuple[Cell, ...]
    run: str
    dataset: str
    profiles: str | None
    config: TrainingConfig


def prepare_splits(
    workspace: Workspace, source: Artefact, config: BenchmarkConfig, progress: Progress, stop: Callable[[], bool]
) -> dict[int, PreparedSplit]:
    """The data of each seed, imported and read anew where splits are random; what exists is found again.

    Raises:
        InputError: the dataset cannot be imported again, or has no test interaction. StoppedError: ``stop`` said so.
    """
    reads_text = any(spec.reads_text for spec in config.specs)
    found: dict[int, PreparedSplit] = {}
    for number, seed in enumerate(config.seed_list):
        if stop():
            raise StoppedError("The benchmark was stopped", where=f"split {seed}", hint="Start it again to go on from there")
        progress(ProgressEvent("Preparing the splits", number, config.seeds))
        if config.splits == "given" and found:
            found[seed] = found[config.first_seed]
            continue
        dataset = source if config.splits == "given" else _resplit(workspace, source, seed)
        found[seed] = _prepared(workspace, dataset, seed, config, reads_text, stop)
    progress(ProgressEvent("Preparing the splits", config.seeds, config.seeds))
    return found


def check_request(source: Artefact, config: BenchmarkConfig) -> None:
    """Look at everything that would end the work before its first training, before any work is done.

    Raises:
        InputError: no such preset, nothing in it for a model, a wrong setting, or random splits of a dataset that cannot be split anew.
    """
    kind = dataset_kind(source)
    for cell in config.cells()[: len(config.models)]:
        training_of(kind, ModelSpec.parse(cell.model), config, cell, 1)
    if config.splits == "given":
        return
    origin = source.manifest.config
    if "path" not in origin:
        reason = "it was not imported from a file"
    elif origin.get("format") == "rlmrec":
        reason = "RLMRec's folders hold profiles made for their own split"
    elif not Path(origin["path"]).expanduser().exists():
        reason = f"its file {origin['path']} is gone"
    else:
        return
    raise InputError(f"This dataset cannot be split anew: {reason}", where=source.id, hint=_GIVEN)


def _resplit(workspace: Workspace, source: Artefact, seed: int) -> Artefact:
    try:
        return resplit(workspace, source.id, seed)
    except InputError as error:
        raise InputError(f"{error.what}, so the dataset cannot be split anew", where=error.where or source.id, hint=_GIVEN) from error


def _prepared(
    workspace: Workspace, dataset: Artefact, seed: int, config: BenchmarkConfig, reads_text: bool, stop: Callable[[], bool]
) -> PreparedSplit:
    profiles = None
    if reads_text and config.extraction:
        profiles = extract(workspace, dataset.id, config.extraction, stop=stop).profiles
    elif reads_text:
        profiles = ensure_profiles(workspace, dataset.id, stop=stop)
    reviews = ReviewDataset.load(dataset)
    sizes = {split: len(reviews.rows(split)) for split in ("train", "validation", "test")}
    if not sizes["test"]:
        raise InputError("No interaction in the test split", where=dataset.id, hint="Import the reviews again with another split")
    return PreparedSplit(
        used=SplitUsed(
            seed=seed,
            dataset=dataset.id,
            profiles=profiles.id if profiles else None,
            n_users=reviews.n_users,
            n_items=reviews.n_items,
            n_train=sizes["train"],
            n_validation=sizes["validation"],
            n_test=sizes["test"],
        ),
        dataset=dataset,
        profiles=profiles,
        user_ids=reviews.users["user_id"].to_numpy(dtype=str),
        n_training=np.bincount(reviews.pairs("train")[:, 0], minlength=reviews.n_users),
        n_slots=int(read_json(profiles.path / "shape.json")["slots"]) if profiles else 1,
    )


def training_of(kind: str, spec: ModelSpec, config: BenchmarkConfig, cell: Cell, n_slots: int) -> TrainingConfig:
    """The settings of a cell: the preset's, what the benchmark sets for all, and what the variant changes.

    Raises:
        InputError: a setting is unknown or wrong.
    """
    backbone = spec.backbone or "lightgcn"
    plain = configured(kind, spec.model, backbone, preset=config.preset, **{**config.settings, "seed": cell.seed})
    complete = plain.model_dump(mode="json")
    return validated(TrainingConfig, {**complete, **changes(cell.variant, complete, n_slots)}, "training")


def planned(source: Artefact, config: BenchmarkConfig, splits: dict[int, PreparedSplit]) -> list[Task]:
    """Every training once, in the order of its first cell.

    Raises:
        InputError: a setting is unknown or wrong.
    """
    kind = dataset_kind(source)
    specs = {spec.label: spec for spec in config.specs}
    tasks: dict[str, Task] = {}
    for cell in config.cells():
        split, spec = splits[cell.seed], specs[cell.model]
        training = training_of(kind, spec, config, cell, split.n_slots)
        profiles = split.profiles if training.reads_text else None
        identifier = run_id(split.dataset, profiles, training)
        before = tasks[identifier].cells if identifier in tasks else ()
        tasks[identifier] = Task((*before, cell), identifier, split.dataset.id, profiles.id if profiles else None, training)
    return list(tasks.values())


def plain_settings(tasks: list[Task], config: BenchmarkConfig) -> dict[str, dict[str, Any]]:
    """Model -> the complete settings of its plain training under the first seed."""
    first = {
        cell.model: task.config.model_dump(mode="json")
        for task in tasks
        for cell in task.cells
        if cell.variant == "plain" and cell.seed == config.first_seed
    }
    return {label: first[label] for label in config.models}
