"""What every point of a map leans to: its motivations by behaviour, or by text where the run's slots have no names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.extraction.schema import OTHER
from core.training.opened import SIDES, OpenedRun, Side

NONE = "none"


@dataclass(frozen=True)
class NodeMotivations:
    """Motivation shares of all users, then all items.

    Args:
        keys: K motivations, "other" last; empty where nothing is known.
        shares: float64 [n, K], rows sum to 1, or to 0 where nothing is known of the node.
        confidence: float32 [n, K], from the number of statements behind it; 0 where the text is silent.
    """

    keys: tuple[str, ...]
    shares: np.ndarray
    confidence: np.ndarray

    @property
    def other(self) -> np.ndarray:
        """Which motivation is "other": bool [K]."""
        return np.array([key == OTHER for key in self.keys], dtype=bool)

    def dominant(self) -> tuple[list[str], np.ndarray]:
        """(key of each node's largest share or "none", its confidence float32 [n])."""
        return self._chosen(self.shares)

    def distinctive(self) -> list[str]:
        """Key of the motivation a node leans to more than others do: largest term of the divergence from the mean shares."""
        mean = self.shares[self.shares.sum(axis=1) > 0].mean(axis=0) if self.shares.any() else np.zeros(len(self.keys))
        return self._chosen(self.shares * np.log((self.shares + 1e-9) / (mean + 1e-9)))[0]

    def _chosen(self, weights: np.ndarray) -> tuple[list[str], np.ndarray]:
        if not self.keys:
            return [NONE] * len(self.shares), np.zeros(len(self.shares), dtype=np.float32)
        best = weights.argmax(axis=1)
        known = self.shares.sum(axis=1) > 0
        keys = [self.keys[slot] if there else NONE for slot, there in zip(best, known, strict=True)]
        return keys, np.where(known, self.confidence[np.arange(len(best)), best], 0).astype(np.float32)


def node_motivations(run: OpenedRun) -> NodeMotivations:
    """Motivations every node acts on, by the run.

    Where the slots are named, a share is that of the motivation's mean contribution to the scores of the node's training
    interactions (negative means count as none). Where they are not, it is the share of the node's text.
    """
    said = said_motivations(run)
    if not run.vectors.named:
        return said
    shares = np.concatenate([run.mean_contributions[side] for side in SIDES]).clip(0)
    return NodeMotivations(run.vectors.motivations, _normalised(shares), said.confidence)


def said_motivations(run: OpenedRun) -> NodeMotivations:
    """Motivations every node's text speaks of: shares of the strength of its training statements."""
    text_keys = tuple(run.profiles.taxonomy.keys) if run.profiles else ()
    keys = run.vectors.motivations or text_keys
    slot_of = np.array([keys.index(key) if key in keys else -1 for key in text_keys], dtype=np.int64)
    text = [_text(run, side, slot_of, len(keys)) for side in SIDES]
    shares, confidence = (np.concatenate([own[part] for own in text]) for part in (0, 1))
    return NodeMotivations(keys, _normalised(shares), confidence.astype(np.float32))


def _normalised(shares: np.ndarray) -> np.ndarray:
    return np.asarray(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12))


def _text(run: OpenedRun, side: Side, slot_of: np.ndarray, n_slots: int) -> tuple[np.ndarray, np.ndarray]:
    """(share [n, K], confidence [n, K]) of one side's profile table, summed and maximised over polarities."""
    n = run.dataset.n_users if side == "user" else run.dataset.n_items
    share, confidence = np.zeros((n, n_slots)), np.zeros((n, n_slots))
    if run.profiles is None:
        return share, confidence
    table: pd.DataFrame = run.profiles.user_table if side == "user" else run.profiles.item_table
    nodes, slots = table["node_idx"].to_numpy(dtype=np.int64), slot_of[table["motivation"].to_numpy(dtype=np.int64)]
    kept = slots >= 0
    np.add.at(share, (nodes[kept], slots[kept]), table["share"].to_numpy(dtype=np.float64)[kept])
    np.maximum.at(confidence, (nodes[kept], slots[kept]), table["confidence"].to_numpy(dtype=np.float64)[kept])
    return share, confidence
