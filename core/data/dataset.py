"""ReviewDataset: users, items and their interactions with reviews and a split; the artefact everything starts from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from core.errors import NotFoundError
from core.storage import read_json, write_json
from core.workspace import Artefact, Workspace

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
Domain = Literal["products", "places", "games"]


@dataclass(frozen=True)
class ReviewDataset:
    """Interactions of users with items, each with at most one review.

    Args:
        id: artefact id. name: what people call it.
        domain: which default taxonomy of motivations fits ("products", "places", "games").
        interactions: one row an interaction, row number = ``interaction_idx``; columns user_idx int32, item_idx int32,
            rating float32 (NaN where none), timestamp int64 seconds (-1 where none), split category, summary str,
            text str ("" where none).
        users: row number = user_idx; columns user_id str, name str, profile_text str ("" where none).
        items: row number = item_idx; columns item_id str, title str (the id where none), description str,
            category str, profile_text str.
        report: what was read, dropped and why (see `core.data.report`).
        generated: True for data no real person wrote.
    """

    id: str
    name: str
    domain: Domain
    interactions: pd.DataFrame
    users: pd.DataFrame
    items: pd.DataFrame
    report: dict[str, Any]
    generated: bool = False

    @property
    def n_users(self) -> int:
        return len(self.users)

    @property
    def n_items(self) -> int:
        return len(self.items)

    def rows(self, split: Split) -> pd.DataFrame:
        """The interactions of one split; the index is the interaction_idx."""
        return self.interactions[self.interactions["split"] == split]

    def pairs(self, split: Split) -> np.ndarray:
        """int64 [n, 2]: (user_idx, item_idx) of one split."""
        return self.rows(split)[["user_idx", "item_idx"]].to_numpy(dtype=np.int64)

    @cached_property
    def _user_positions(self) -> dict[str, int]:
        return {str(identifier): position for position, identifier in enumerate(self.users["user_id"])}

    @cached_property
    def _item_positions(self) -> dict[str, int]:
        return {str(identifier): position for position, identifier in enumerate(self.items["item_id"])}

    def user_idx(self, user_id: str) -> int:
        """The internal index of an outside user id.

        Raises:
            NotFoundError: no such user.
        """
        return self._position(self._user_positions, user_id, "user")

    def item_idx(self, item_id: str) -> int:
        """The internal index of an outside item id.

        Raises:
            NotFoundError: no such item.
        """
        return self._position(self._item_positions, item_id, "item")

    def _position(self, positions: dict[str, int], identifier: str, what: str) -> int:
        if identifier not in positions:
            sample = ", ".join(list(positions)[:3])
            raise NotFoundError(f"No {what} '{identifier}'", where=f"dataset {self.id}", hint=f"Ids look like: {sample}")
        return positions[identifier]

    def save(self, directory: Path) -> None:
        """Write the dataset's files into ``directory`` (a draft's path)."""
        self.interactions.to_parquet(directory / "interactions.parquet", index=False)
        self.users.to_parquet(directory / "users.parquet", index=False)
        self.items.to_parquet(directory / "items.parquet", index=False)
        write_json(directory / "report.json", self.report)

    @classmethod
    def load(cls, artefact: Artefact) -> ReviewDataset:
        """Read the dataset of an artefact of kind "dataset"."""
        path = artefact.path
        interactions = pd.read_parquet(path / "interactions.parquet")
        interactions["split"] = pd.Categorical(interactions["split"], categories=list(SPLITS))
        return cls(
            id=artefact.id,
            name=artefact.manifest.name,
            domain=artefact.manifest.config["domain"],
            interactions=interactions,
            users=pd.read_parquet(path / "users.parquet"),
            items=pd.read_parquet(path / "items.parquet"),
            report=read_json(path / "report.json"),
            generated=artefact.manifest.generated,
        )

    @classmethod
    def open(cls, workspace: Workspace, reference: str) -> ReviewDataset:
        """The dataset of this id or name.

        Raises:
            NotFoundError: the workspace does not hold it.
        """
        return cls.load(workspace.get("dataset", reference))
