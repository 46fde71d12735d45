"""Evidence: the statements of training reviews that stand behind a motivation on either side of a pair."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from pydantic import BaseModel, ConfigDict

from core.data.dataset import ReviewDataset
from core.extraction.schema import Polarity
from core.training.opened import OpenedRun, Side, training_statements

_SPACE = re.compile(r"\s+")
_DISAGREEING = 0.5


class Evidence(BaseModel):
    """One statement with the quote it stands on.

    Args:
        item, item_title, user: the review it is from; None for a side that a profile text does not have.
        similarity: highest cosine to a statement of the other side about the same motivation; None where there is none.
        own_review: it is from this very user's training review of this very item.
        interaction_idx: the review's row in the dataset; -1 for a profile text.
    """

    model_config = ConfigDict(frozen=True)

    quote: str
    statement: str
    item: str | None
    item_title: str | None
    user: str | None
    polarity: Polarity
    strength: float
    confidence: float
    similarity: float | None
    own_review: bool
    source: str
    interaction_idx: int


Sides = tuple[list[Evidence], list[Evidence]]
"""Of a user and of an item."""


@dataclass(frozen=True)
class _Grouped:
    """Row numbers of a table grouped by node: node n has ``rows[starts[n]:starts[n + 1]]``, in the table's order."""

    starts: np.ndarray
    rows: np.ndarray

    @classmethod
    def by(cls, nodes: np.ndarray, n_nodes: int) -> _Grouped:
        rows = np.argsort(nodes, kind="stable")
        return cls(np.searchsorted(nodes[rows], np.arange(n_nodes + 1)), rows)

    def __getitem__(self, node: int) -> np.ndarray:
        return self.rows[self.starts[node] : self.starts[node + 1]]


class EvidenceIndex:
    """Finds the most telling statements of a user and of an item about a motivation.

    Only statements of training reviews and of profile texts are ever held, whatever the table given contains.

    Args:
        statements: a table with the columns of `core.extraction.schema.STATEMENT_COLUMNS`.
        keys: the taxonomy's keys that ``statements.motivation`` indexes, "other" last.
        embeddings: float [m, D] that ``statements.embedding_row`` points into, or None.
    """

    def __init__(self, statements: pd.DataFrame, keys: list[str], dataset: ReviewDataset, embeddings: torch.Tensor | None) -> None:
        self._dataset = dataset
        kept = training_statements(statements, dataset)
        self._motivation = kept["motivation"].to_numpy(dtype=np.int64)
        self._interaction = kept["interaction_idx"].to_numpy(dtype=np.int64)
        self._weight = kept["strength"].to_numpy(dtype=np.float64) * kept["confidence"].to_numpy(dtype=np.float64)
        self._positive = (kept["polarity"] == "positive").to_numpy(dtype=bool)
        self._embedding_row = kept["embedding_row"].to_numpy(dtype=np.int64)
        self._embeddings = embeddings
        self._number = {key: number for number, key in enumerate(keys)}
        self._of: dict[Side, _Grouped] = {
            "user": _Grouped.by(kept["user_idx"].to_numpy(dtype=np.int64), dataset.n_users),
            "item": _Grouped.by(kept["item_idx"].to_numpy(dtype=np.int64), dataset.n_items),
        }
        self.statements = kept

    @classmethod
    def of_run(cls, run: OpenedRun) -> EvidenceIndex | None:
        """The index of a run's profiles, or None where its dataset has none."""
        if run.profiles is None:
            return None
        return cls(run.profiles.statements, run.profiles.taxonomy.keys, run.dataset, run.statement_embeddings)

    def rows(self, side: Side, node: int, motivation: str | None = None) -> np.ndarray:
        """int64: rows of `statements` about this node, of one motivation or of all."""
        rows = self._of[side][node]
        if motivation is None:
            return rows
        return rows[self._motivation[rows] == self._number.get(motivation, -1)]

    def for_pair(self, user_idx: int, item_idx: int, motivation: str, value: float, limit: int) -> Sides:
        """What the user and what the item says of a motivation, most telling first.

        A statement tells the more, the stronger and the surer it is and the closer it comes to one of the other side:
        strength * confidence * (1 + cosine) / 2. An item's statement that points against the contribution's sign counts half.

        Args:
            value: the motivation's contribution to the score; its sign says which polarity agrees.
            limit: most statements per side.
        """
        user_rows, item_rows = self.rows("user", user_idx, motivation), self.rows("item", item_idx, motivation)
        cosines = self._cosines(user_rows, item_rows)
        user_best, item_best = _highest(cosines, axis=1), _highest(cosines, axis=0)
        return (
            self._most_telling(user_rows, user_best, np.ones(len(user_rows)), limit, (user_idx, item_idx)),
            self._most_telling(item_rows, item_best, self._agreeing(item_rows, value), limit, (user_idx, item_idx)),
        )

    def for_newcomer(self, said: Sequence[Evidence], vectors: torch.Tensor, item_idx: int, motivation: str, limit: int) -> Sides:
        """The same for somebody without a history: of the statements given (all about this motivation, float [n, D]) and the item's."""
        item_rows = self.rows("item", item_idx, motivation)
        cosines = np.full((len(said), len(item_rows)), np.nan)
        if self._embeddings is not None and len(said) and len(item_rows):
            own, others = (torch.nn.functional.normalize(one.double(), dim=1) for one in (vectors, self._vectors(item_rows)))
            cosines = (own @ others.T).clamp(-1, 1).numpy()
        best = _highest(cosines, axis=1)
        telling = [one.strength * one.confidence * (1 + max(0.0, float(np.nan_to_num(near)))) for one, near in zip(said, best, strict=True)]
        order = np.argsort(-np.array(telling), kind="stable")[:limit]
        chosen = [said[row].model_copy(update={"similarity": None if np.isnan(best[row]) else float(best[row])}) for row in order]
        of_item = self._most_telling(item_rows, _highest(cosines, axis=0), self._agreeing(item_rows), limit, None)
        return chosen, of_item

    def _vectors(self, rows: np.ndarray) -> torch.Tensor:
        assert self._embeddings is not None
        return self._embeddings[torch.from_numpy(self._embedding_row[rows])]

    def _agreeing(self, rows: np.ndarray, value: float = 1.0) -> np.ndarray:
        """How much statements count by whether they point where a contribution points."""
        return np.where(self._positive[rows] == (value >= 0), 1.0, _DISAGREEING)

    def strongest(self, side: Side, node: int, motivation: str, limit: int) -> list[Evidence]:
        """The node's strongest statements of a motivation, for its portrait."""
        rows = self.rows(side, node, motivation)
        silent = np.full(len(rows), np.nan)
        return self._most_telling(rows, silent, np.ones(len(rows)), limit, None)

    def at(self, row: int) -> Evidence:
        """The statement in a row of `statements`."""
        return self._evidence(self.statements.iloc[row], float("nan"), None)

    def _cosines(self, user_rows: np.ndarray, item_rows: np.ndarray) -> np.ndarray:
        """float64 [user rows, item rows]; NaN where both rows are from the same review, or where there are no embeddings."""
        if self._embeddings is None or not len(user_rows) or not len(item_rows):
            return np.full((len(user_rows), len(item_rows)), np.nan)
        left, right = (torch.nn.functional.normalize(self._vectors(rows).double(), dim=1) for rows in (user_rows, item_rows))
        cosines = (left @ right.T).clamp(-1, 1).numpy()
        reviews = self._interaction[user_rows][:, None], self._interaction[item_rows][None, :]
        cosines[(reviews[0] == reviews[1]) & (reviews[0] >= 0)] = np.nan
        return np.asarray(cosines)

    def _most_telling(
        self, rows: np.ndarray, cosines: np.ndarray, factors: np.ndarray, limit: int, pair: tuple[int, int] | None
    ) -> list[Evidence]:
        telling = self._weight[rows] * factors * (1 + np.nan_to_num(cosines).clip(0)) / 2
        chosen: list[Evidence] = []
        met: set[str] = set()
        for position in np.argsort(-telling, kind="stable"):
            if len(chosen) == limit:
                break
            row = self.statements.iloc[int(rows[position])]
            texts = {_folded(row["quote"]), _folded(row["statement"])}
            if texts & met:
                continue
            met |= texts
            chosen.append(self._evidence(row, float(cosines[position]), pair))
        return chosen

    def _evidence(self, row: pd.Series, cosine: float, pair: tuple[int, int] | None) -> Evidence:
        user_idx, item_idx = int(row["user_idx"]), int(row["item_idx"])
        item = self._dataset.items.iloc[item_idx] if item_idx >= 0 else None
        return Evidence(
            quote=str(row["quote"]),
            statement=str(row["statement"]),
            item=None if item is None else str(item["item_id"]),
            item_title=None if item is None else str(item["title"]),
            user=str(self._dataset.users["user_id"].iloc[user_idx]) if user_idx >= 0 else None,
            polarity="positive" if row["polarity"] == "positive" else "negative",
            strength=float(row["strength"]),
            confidence=float(row["confidence"]),
            similarity=None if np.isnan(cosine) else cosine,
            own_review=pair == (user_idx, item_idx),
            source=str(row["source"]),
            interaction_idx=int(row["interaction_idx"]),
        )


def _highest(cosines: np.ndarray, axis: int) -> np.ndarray:
    """Largest value along an axis, NaN where all are NaN or there are none."""
    if not cosines.shape[axis]:
        return np.full(cosines.shape[1 - axis], np.nan)
    highest = np.where(np.isnan(cosines), -np.inf, cosines).max(axis=axis)
    return np.where(np.isneginf(highest), np.nan, highest)


def _folded(text: str) -> str:
    return _SPACE.sub(" ", str(text)).strip().casefold()
