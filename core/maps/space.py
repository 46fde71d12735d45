"""The space a map is drawn from: users and items of a run as unit vectors that can be compared with each other.

The joint space holds all slots of a run; the space of a slot only that of one motivation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch.nn.functional import normalize, pad

from core.errors import InputError
from core.models.top_k import best_columns
from core.training.opened import Side
from core.training.run import RunVectors, users_apart

_CELLS_AT_A_TIME = 8_000_000


@dataclass(frozen=True)
class Neighbour:
    """A near node; ``similarity`` is the cosine in the map's space, 1 = same direction."""

    side: Side
    idx: int
    similarity: float


@dataclass(frozen=True)
class MapSpace:
    """All users, then all items, of a run.

    Args:
        vectors: float32 [n_users + n_items, K * s], unit length; K = 1 in the space of a slot.
        n_users: how many of the rows are users.
        balance: float32 [K], what a user's slots were multiplied by and an item's divided by; empty: nothing.
        slot: which slot of the run the space is of; None = all.
    """

    vectors: torch.Tensor
    n_users: int
    balance: torch.Tensor = field(default_factory=lambda: torch.ones(1))
    slot: int | None = None

    @classmethod
    def of(cls, run: RunVectors, motivation: str | None = None) -> MapSpace:
        """Put both sides of an inner-product model into one space, or those of one motivation's slot.

        Each slot is scaled so that it has the same spread on both sides (a user slot times a, the item slot divided by a: the
        scores do not change, so neither should the map), then every vector is brought to unit length: what remains is which
        motivations a node leans to and how, not how active or popular it is.

        Subtracting each side's mean as well, as two-tower models are often drawn, was measured and left out: propagation makes
        a user the mean of its items, so the sides mix without it (`core.maps.quality.mixing` 0.98 to 0.99 against 1.01 on runs
        of Amazon musical instruments), and with it a user's nearest items agree less with its best-scored ones (20 of each
        share 0.65 instead of 0.71 for LMMRec, 0.52 instead of 0.64 for LightGCN). Only the words of the histories, most of which all
        users share, are drawn without their mean: with it users and items are two islands (mixing 0.30 instead of 0.87).

        Raises:
            InputError: the run's slots have no names, or none is called ``motivation``.
        """
        slot = slot_number(run, motivation)
        chosen = slice(None) if slot is None else slice(slot, slot + 1)
        user, item = users_apart(run.user, run.views.get("user_interaction"))[:, chosen].float(), run.item[:, chosen].float()
        spreads = [side.square().mean(dim=(0, 2)).sqrt().clamp_min(1e-12) for side in (user, item)]
        balance = (spreads[1] / spreads[0]).sqrt()
        scale = balance[:, None]
        joined = torch.cat([(user * scale).flatten(1), (item / scale).flatten(1)])
        return cls(normalize(joined, dim=1), len(user), balance, slot)

    def bring(self, slots: torch.Tensor, side: Side) -> torch.Tensor:
        """Further vectors of a side (another view of its nodes, say) in this space: float32 [m, K s] of unit length, zero where they are.

        Args:
            slots: float [m, K, s'] with all slots of the run, s' <= s: a view does not hold the words of the history, which lie beside
                the views in a run's slots (`core.models.history_text`), and is zero there.
        """
        chosen = slots.float() if self.slot is None else slots[:, self.slot : self.slot + 1].float()
        chosen = pad(chosen, (0, self.vectors.shape[1] // chosen.shape[1] - chosen.shape[2]))
        scale = self.balance[:, None]
        return normalize((chosen * scale if side == "user" else chosen / scale).flatten(1), dim=1)

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def sides(self) -> np.ndarray:
        """Side of every row, "user" or "item": str [n]."""
        return np.repeat(np.array(["user", "item"]), [self.n_users, len(self) - self.n_users])

    @property
    def node_idx(self) -> np.ndarray:
        """Index of every row on its side: int64 [n]."""
        return np.concatenate([np.arange(self.n_users), np.arange(len(self) - self.n_users)])

    def row(self, side: Side, idx: int) -> int:
        return idx if side == "user" else self.n_users + idx

    def neighbours(self, side: Side, idx: int, k: int = 10, among: Side | None = None) -> list[Neighbour]:
        """The k exact nearest nodes in this space, not in the drawing; ties by row.

        Args:
            among: only nodes of this side.
        """
        row = self.row(side, idx)
        similarity = (self.vectors.double() @ self.vectors[row].double()).numpy()
        sides, nodes = self.sides, self.node_idx
        order = np.argsort(-similarity, kind="stable")
        kept = order[(order != row) & ((sides[order] == among) if among else True)][:k]
        return [Neighbour("user" if other < self.n_users else "item", int(nodes[other]), float(similarity[other])) for other in kept]


def slot_number(run: RunVectors, motivation: str | None) -> int | None:
    """Number of a motivation's slot; None for None.

    Raises:
        InputError: the run's slots have no names, or none is called ``motivation``.
    """
    if motivation is None:
        return None
    if not run.named:
        raise InputError(
            "The slots of this run are not motivations", hint="Train LMMRec in its slots form to have a map of each motivation"
        )
    if motivation not in run.motivations:
        raise InputError(f"No motivation '{motivation}'", hint=f"There are: {', '.join(run.motivations)}")
    return run.motivations.index(motivation)


def nearest(vectors: torch.Tensor, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Exact nearest neighbours of unit vectors, each row's own first.

    Args:
        vectors: float32 [n, d], unit length. k: neighbours, the row itself included; at most n.

    Returns:
        (rows int32 [n, k], Euclidean distances float32 [n, k]), nearest first.
    """
    n = len(vectors)
    chunk = min(max(1, _CELLS_AT_A_TIME // n), n)
    buffer = vectors.new_empty(chunk, n)
    rows, distances = np.empty((n, k), dtype=np.int32), np.empty((n, k), dtype=np.float32)
    for start in range(0, n, chunk):
        part = vectors[start : start + chunk]
        cosines = torch.mm(part, vectors.T, out=buffer[: len(part)])
        own = torch.arange(len(cosines))
        cosines[own, start + own] = 2.0  # ahead of a twin at distance 0
        values, columns = best_columns(cosines, k)
        rows[start : start + chunk] = columns.numpy()
        distances[start : start + chunk] = (2 - 2 * values.clamp(max=1)).clamp_min(0).sqrt().numpy()
    return rows, distances


def nearest_among(vectors: torch.Tensor, others: torch.Tensor, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Exact nearest of other unit vectors.

    Args:
        vectors: float32 [m, d]; others: float32 [n, d], unit length. k: at most n.

    Returns:
        (rows of ``others`` int32 [m, k], Euclidean distances float32 [m, k]), nearest first.
    """
    rows, distances = np.empty((len(vectors), k), dtype=np.int32), np.empty((len(vectors), k), dtype=np.float32)
    chunk = max(1, _CELLS_AT_A_TIME // max(1, len(others)))
    for start in range(0, len(vectors), chunk):
        values, columns = best_columns(vectors[start : start + chunk] @ others.T, k)
        rows[start : start + chunk] = columns.numpy()
        distances[start : start + chunk] = (2 - 2 * values.clamp(max=1)).clamp_min(0).sqrt().numpy()
    return rows, distances
