"""What is taken out of a frame of reviews before it becomes a dataset: repeated pairs, and the fringe outside the k-core."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.data.dataset import SPLITS
from core.data.report import ImportReport
from core.errors import InputError

REPEATED = "the user reviewed the item again (the latest is kept)"
PREFERENCE = ["split_rank", "timestamp", "text", "summary", "rating"]


def repeated_pairs(reviews: pd.DataFrame) -> np.ndarray:
    """Mark the rows to drop (bool [n]) so that each (user, item) stays once.

    The latest row of a pair stays; among equals in time the greatest text, summary and rating, so that the order of the
    lines does not matter. Where a split is given, a training row wins over a held-out one: a pair that is already known
    must not be asked for.
    """
    repeated = reviews.duplicated(["user_id", "item_id"], keep=False).to_numpy()
    dropped = np.zeros(len(reviews), dtype=bool)
    if not repeated.any():
        return dropped
    rows = reviews.loc[repeated].assign(position=np.flatnonzero(repeated))
    rows = rows.assign(rating=rows["rating"].fillna(-1.0), split_rank=0)
    if "split" in rows:
        rows["split_rank"] = -rows["split"].map({split: rank for rank, split in enumerate(SPLITS)}).astype("int8")
    rows = rows.sort_values(["user_id", "item_id", *PREFERENCE], kind="stable")
    dropped[rows.loc[rows.duplicated(["user_id", "item_id"], keep="last"), "position"].to_numpy()] = True
    return dropped


def k_core(users: np.ndarray, items: np.ndarray, k: int) -> np.ndarray:
    """Mark the interactions (bool [n]) left when users and items with fewer than ``k`` are removed until none is left to remove.

    Args:
        users, items: integer codes [n] from 0; each pair occurs once.
    """
    kept = np.ones(len(users), dtype=bool)
    if k <= 1 or not len(users):
        return kept
    while True:
        rows = np.flatnonzero(kept)
        user_counts = np.bincount(users[rows], minlength=1)
        item_counts = np.bincount(items[rows], minlength=1)
        leaving = (user_counts[users[rows]] < k) | (item_counts[items[rows]] < k)
        if not leaving.any():
            return kept
        kept[rows[leaving]] = False


def outside_core(k: int) -> str:
    """The reason in the report for what the k-core leaves out."""
    return f"outside the {k}-core (users and items with fewer than {k} interactions)"


def nothing_left(k: int, report: ImportReport) -> InputError:
    """The error for a k-core with nothing in it."""
    where = ", ".join(report.files) or "reviews"
    return InputError(
        f"No interactions are left: no group of users and items has {k} interactions each", where=where, hint="Lower --min-interactions"
    )
