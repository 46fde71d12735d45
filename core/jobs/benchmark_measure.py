"""What a benchmark measures of one run, kept in two files until the benchmark is done: figures as JSON, those of each user as Parquet."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from pydantic import BaseModel, ConfigDict

from core.data.dataset import ReviewDataset
from core.evaluation.beyond_accuracy import beyond_accuracy
from core.jobs.benchmark_report import ACCURACY
from core.jobs.training_step import interactions_of, interactions_of_run, measure
from core.models.base import flat
from core.models.graph import Interactions
from core.models.top_k import top_k
from core.storage import read_json, write_json, write_parquet
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace

_LIST = 20


class Measured(BaseModel):
    """The figures of one run, by the names of `core.jobs.benchmark_report.Outcome`; seconds of training, epochs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    figures: dict[str, float]
    seconds: float
    epochs: int


def measure_run(workspace: Workspace, run: Artefact, folder: Path) -> Measured:
    """Measure a run on the test split and keep what was found in ``folder``; what is there already is read.

    Raises:
        StudioError: the run's dataset is gone, or the disk refused.
    """
    if (known := read_measured(folder, run.id)) is not None:
        return known
    dataset = _loaded(workspace.root, run.manifest.sources["dataset"])
    splits = interactions_of_run(dataset, run)
    vectors = RunVectors.load(run.path / "vectors.safetensors")
    tensors = vectors.tensors()
    evaluation = measure(tensors, splits, "test")
    figures = {name: evaluation.means[name] for name in ACCURACY}
    figures |= _beyond(tensors, evaluation.users, splits["train"], interactions_of(dataset)["train"])
    if len(vectors.motivations) > 1:
        figures |= _deletion(workspace, run)
    found = Measured(
        run=run.id,
        figures={name: value for name, value in figures.items() if np.isfinite(value)},
        seconds=float(run.manifest.summary["seconds"]),
        epochs=int(run.manifest.summary["epochs"]),
    )
    frame = pd.DataFrame({"user_idx": evaluation.users.astype(np.int32), **{name: evaluation.per_user[name] for name in ACCURACY}})
    write_parquet(folder / f"{run.id}.parquet", frame)
    write_json(folder / f"{run.id}.json", found)
    return found


def read_measured(folder: Path, run: str) -> Measured | None:
    """What was found of a run, or None where it is not measured yet."""
    path = folder / f"{run}.json"
    return Measured.model_validate(read_json(path)) if path.exists() else None


def read_per_user(folder: Path, run: str) -> pd.DataFrame:
    """The figures of each test user under a run: user_idx int32 and `ACCURACY` float64."""
    return pd.read_parquet(folder / f"{run}.parquet")


@lru_cache(maxsize=1)
def _loaded(root: Path, identifier: str) -> ReviewDataset:
    """A process measures many runs of one dataset in a row."""
    return ReviewDataset.open(Workspace(root, create=False), identifier)


def _beyond(tensors: dict[str, torch.Tensor], users: np.ndarray, seen: Interactions, training: Interactions) -> dict[str, float]:
    """Of the lists without what was ``seen`` (noise included); popularity is that of the real ``training`` interactions."""
    length = min(_LIST, training.n_items)
    ranked, _ = top_k(
        flat(tensors, "user")[torch.from_numpy(users)],
        flat(tensors, "item"),
        length,
        item_bias=tensors["item_bias"],
        exclude=seen.matrix()[users],
    )
    found = beyond_accuracy(ranked, users, training, length)
    return {f"{name}@{_LIST}": float(value) for name, value in asdict(found).items() if name != "k"}


def _deletion(workspace: Workspace, run: Artefact) -> dict[str, float]:
    """Single deletions and the areas below the curves of reciprocal ranks, of the first recommendation of sampled users."""
    from core.recommend.faithfulness import faithfulness_curves, single_deletions
    from core.recommend.recommender import Recommender

    recommender = Recommender.open(workspace, run.id)
    single = asdict(single_deletions(recommender))
    curves = faithfulness_curves(recommender)
    figures = {f"deletion_{name}": float(value) for name, value in single.items() if name != "n"}
    areas = ("deletion", "random_deletion", "insertion", "random_insertion")
    return figures | {f"{name}_area": getattr(curves, name).reciprocal_rank_area for name in areas}
