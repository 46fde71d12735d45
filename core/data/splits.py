"""Splits of a user's interactions into train, validation and test.

Every rule partitions the interactions (none twice, none lost, except where said) and every user keeps at least one
training interaction.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from core.errors import InputError

SplitRule = Literal["ratio", "leave-last-out", "time", "given"]
Ratio = tuple[int, int, int]
THREE_ONE_ONE: Ratio = (3, 1, 1)
TRAIN, VALIDATION, TEST, DROPPED = 0, 1, 2, 3


def _ranks(users: np.ndarray, *keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Position of each row among its user's rows ordered by ``keys`` (first key first), and the user's number of rows."""
    order = np.lexsort((*reversed(keys), users))
    counts = np.bincount(users)
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    ranks = np.empty(len(users), dtype=np.int64)
    ranks[order] = np.arange(len(users)) - starts[users[order]]
    return ranks, counts[users]


def split_by_ratio(users: np.ndarray, seed: int, ratio: Ratio = THREE_ONE_ONE) -> np.ndarray:
    """Per user at random: of n interactions round(n * share) go to validation and to test, the rest to train.

    Halves round up. With 3:1:1 a user with one or two interactions has both in train, with three one in each split,
    with five 3/1/1. Where a ratio would leave no training interaction, validation gives way first, then test.

    Args:
        users: int codes [n] from 0. ratio: parts of train, validation, test.

    Returns:
        int8 [n]: 0 train, 1 validation, 2 test.
    """
    if min(ratio) < 0 or ratio[0] < 1:
        raise InputError("Not a split ratio", where=":".join(map(str, ratio)), hint="Use whole parts such as 3:1:1, the first at least 1")
    ranks, counts = _ranks(users, np.random.default_rng(seed).random(len(users)))
    total = sum(ratio)
    # Whole-number arithmetic: floor(n * part / total + 1/2) without a float to round the wrong way.
    n_test = np.minimum((2 * counts * ratio[2] + total) // (2 * total), counts - 1)
    n_validation = np.minimum((2 * counts * ratio[1] + total) // (2 * total), counts - 1 - n_test)
    return np.where(ranks < n_test, TEST, np.where(ranks < n_test + n_validation, VALIDATION, TRAIN)).astype(np.int8)


def split_leave_last_out(users: np.ndarray, timestamps: np.ndarray, seed: int) -> np.ndarray:
    """Per user: the latest interaction to test, the one before to validation, the rest to train.

    A user with two interactions has no validation, with one only train. Equal times are ordered at random by ``seed``.

    Args:
        users: int codes [n]. timestamps: seconds [n], -1 where unknown (taken as the earliest).

    Raises:
        InputError: no interaction has a time.
    """
    _require_times(timestamps, "leave-last-out")
    ranks, counts = _ranks(users, timestamps, np.random.default_rng(seed).random(len(users)))
    from_last = counts - 1 - ranks
    split = np.where((from_last == 0) & (counts > 1), TEST, np.where((from_last == 1) & (counts > 2), VALIDATION, TRAIN))
    return split.astype(np.int8)


def split_by_time(users: np.ndarray, timestamps: np.ndarray, ratio: Ratio = THREE_ONE_ONE) -> np.ndarray:
    """One cut in time for everybody: the earliest share is train, the next validation, the latest test.

    Interactions of the same second stay together. Interactions after the cut of users who have none before it are
    marked dropped (3): no model could know these users.

    Raises:
        InputError: no interaction has a time, or all have the same.
    """
    _require_times(timestamps, "time")
    ordered = np.sort(timestamps)
    total = sum(ratio)
    first, second = (ordered[min(len(ordered) * part // total, len(ordered) - 1)] for part in (ratio[0], ratio[0] + ratio[1]))
    if first == ordered[0]:
        raise InputError("The times are too much alike for a split by time", where="timestamp", hint="Choose the split 'ratio'")
    split = np.where(timestamps < first, TRAIN, np.where(timestamps < second, VALIDATION, TEST)).astype(np.int8)
    known = np.bincount(users[split == TRAIN], minlength=int(users.max()) + 1) > 0
    split[~known[users]] = DROPPED
    return split


def _require_times(timestamps: np.ndarray, rule: str) -> None:
    if not (timestamps >= 0).any():
        raise InputError(
            f"The split '{rule}' needs times, and no interaction has one",
            where="timestamp",
            hint="Map a time column or choose the split 'ratio'",
        )
