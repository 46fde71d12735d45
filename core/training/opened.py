"""A finished run together with what it was made from: the one way recommendations and maps open it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import torch

from core.data.dataset import ReviewDataset
from core.errors import InputError
from core.motivations.profiles import Profiles
from core.storage import read_tensors
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace

Side = Literal["user", "item"]
SIDES: tuple[Side, ...] = ("user", "item")


@dataclass(frozen=True)
class OpenedRun:
    """A run, its dataset and the profiles of that dataset.

    Args:
        id: artefact id of the run; name: what people call it.
        vectors: the run's vectors.
        dataset: the dataset it was trained on.
        profiles: the profiles it was trained with; of a run without text, the newest profiles of its dataset; or None.
        statement_embeddings: float [n_distinct, D] that ``profiles.statements.embedding_row`` points into, or None.
        directory: the artefact's folder with its configuration and parameters; None for a run that is held in memory only.
    """

    id: str
    name: str
    vectors: RunVectors
    dataset: ReviewDataset
    profiles: Profiles | None = None
    statement_embeddings: torch.Tensor | None = None
    directory: Path | None = None

    def __post_init__(self) -> None:
        n_users, n_items = len(self.vectors.user), len(self.vectors.item)
        if (n_users, n_items) != (self.dataset.n_users, self.dataset.n_items):
            raise InputError(
                f"The run has {n_users} users and {n_items} items, its dataset {self.dataset.n_users} and {self.dataset.n_items}",
                where=f"run {self.id}, dataset {self.dataset.id}",
                hint="Train again on this dataset",
            )
        if not (torch.isfinite(self.vectors.user).all() and torch.isfinite(self.vectors.item).all()):
            raise InputError(
                "The run's vectors hold values that are not numbers", where=f"run {self.id}", hint="Train with a smaller learning rate"
            )

    @classmethod
    def open(cls, workspace: Workspace, reference: str) -> OpenedRun:
        """Open the run of this id or name.

        Raises:
            NotFoundError: the workspace does not hold the run or its dataset.
            InputError: vectors and dataset do not fit together.
        """
        run = workspace.get("run", reference)
        source = workspace.get("dataset", run.manifest.sources["dataset"])
        text = profiles_of(workspace, run)
        return cls(
            id=run.id,
            name=run.manifest.name,
            vectors=RunVectors.load(run.path / "vectors.safetensors"),
            dataset=ReviewDataset.load(source),
            profiles=Profiles.load(text) if text else None,
            statement_embeddings=_statement_embeddings(workspace, text) if text else None,
            directory=run.path,
        )

    @cached_property
    def motivation_names(self) -> dict[str, str]:
        """Key of a motivation -> the name people read."""
        names = {key: key.replace("_", " ").capitalize() for key in self.vectors.motivations}
        if self.profiles is not None:
            names |= dict(zip(self.profiles.taxonomy.keys, self.profiles.taxonomy.names, strict=True))
        return names

    @cached_property
    def training_pairs(self) -> np.ndarray:
        """int64 [n, 2]: the distinct (user_idx, item_idx) of the training split, sorted."""
        pairs = self.dataset.pairs("train")
        return np.unique(pairs, axis=0) if len(pairs) else pairs

    @cached_property
    def mean_contributions(self) -> dict[Side, np.ndarray]:
        """What each motivation contributes, on the mean, to the scores of a node's training interactions.

        Returns:
            "user": float64 [n_users, K], "item": float64 [n_items, K]; zero for nodes without training interactions.
        """
        return mean_contributions(self.vectors.user, self.vectors.item, self.training_pairs)


def mean_contributions(user: torch.Tensor, item: torch.Tensor, pairs: np.ndarray, chunk: int = 65_536) -> dict[Side, np.ndarray]:
    """Mean of <user[u, k], item[i, k]> over each node's pairs (the terms of score(u, i) = sum_k <e_uk, e_ik>).

    Args:
        user: float [n_users, K, s]; item: float [n_items, K, s]; pairs: int64 [n, 2]; chunk: pairs worked on at a time.
    """
    sums: dict[Side, torch.Tensor] = {
        "user": torch.zeros(user.shape[:2], dtype=torch.float64),
        "item": torch.zeros(item.shape[:2], dtype=torch.float64),
    }
    for start in range(0, len(pairs), chunk):
        users, items = torch.from_numpy(pairs[start : start + chunk].T.copy())
        terms = (user[users].double() * item[items].double()).sum(dim=-1)
        sums["user"].index_add_(0, users, terms)
        sums["item"].index_add_(0, items, terms)
    means: dict[Side, np.ndarray] = {}
    for column, side in enumerate(SIDES):
        counts = np.bincount(pairs[:, column], minlength=len(sums[side])) if len(pairs) else np.zeros(len(sums[side]))
        means[side] = sums[side].numpy() / np.maximum(counts, 1)[:, None]
    return means


def training_statements(statements: pd.DataFrame, dataset: ReviewDataset) -> pd.DataFrame:
    """The statements that may be shown: of training interactions' reviews and of profile texts; rows numbered anew."""
    interaction = statements["interaction_idx"].to_numpy(dtype=np.int64)
    training = (dataset.interactions["split"] == "train").to_numpy(dtype=bool)
    of_review = interaction >= 0
    kept = ~of_review & (statements["source"] != "review").to_numpy(dtype=bool)
    kept[of_review] = training[interaction[of_review]]
    return statements[kept].reset_index(drop=True)


def profiles_of(workspace: Workspace, run: Artefact) -> Artefact | None:
    """The profiles a run was trained with, else the newest profiles of its dataset, else None."""
    named = run.manifest.sources.get("profiles")
    if named:
        return workspace.get("profiles", named)
    dataset = run.manifest.sources["dataset"]
    for profiles in workspace.list("profiles"):
        sources = profiles.manifest.sources
        extraction = workspace.find("extraction", sources.get("extraction", ""))
        if sources.get("dataset") == dataset or (extraction and extraction.manifest.sources.get("dataset") == dataset):
            return profiles
    return None


def _statement_embeddings(workspace: Workspace, profiles: Artefact) -> torch.Tensor | None:
    extraction = workspace.find("extraction", profiles.manifest.sources.get("extraction", ""))
    if extraction is None or not (extraction.path / "embeddings.safetensors").exists():
        return None
    return read_tensors(extraction.path / "embeddings.safetensors").get("embeddings")
