"""What recommendation lists are like besides being right: coverage, novelty, popularity bias, concentration.

    coverage@k  = |{i : i in the first k of some list}| / n_items              (Herlocker et al., ACM TOIS 2004, section 4.1)
    novelty@k   = mean over recommended (u, i) of -log2 p_i                     (Zhou et al., PNAS 2010; Vargas & Castells, RecSys 2011)
                  p_i = max(n_i, 1) / n_users     n_i: users with i in their training interactions
    ARP@k       = mean over users of the mean n_i of their list                 (average recommendation popularity: Yin et al., VLDB 2012)
    bias@k      = ARP@k / (mean over the same users of the mean n_i of their own training items)
                  (1 + the relative change of GAP: Abdollahpouri et al., "The unfairness of popularity bias in recommendation", 2019)
    Gini@k      = sum_j (2 j - n - 1) c_(j) / (n sum_j c_j)                     c_(1) <= ... <= c_(n): how often each item is recommended

An item nobody trained on has no self-information; it counts as if one user had it, the least a catalogue of this size can say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.models.graph import Interactions

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BeyondAccuracy:
    """Figures of the first ``k`` of every list; NaN where nothing was recommended.

    Args:
        coverage: share of all items that somebody gets, 0..1. novelty: bits. popularity_bias: 1 = lists are as popular as what the
            users chose themselves, above 1 more so; NaN, too, where no user with a list has training items.
        gini: 0 = every item as often as any other, towards 1 = all lists the same few.
    """

    k: int
    coverage: float
    novelty: float
    popularity_bias: float
    gini: float


def beyond_accuracy(ranked: Integers, users: Integers, training: Interactions, k: int) -> BeyondAccuracy:
    """The figures of lists.

    Args:
        ranked: int [n, >= k], item indices best first; -1 where a list is shorter.
        users: int [n], whose list each row is. training: pairs met twice count once.
        k: length of the lists that is looked at.

    Raises:
        ValueError: k is less than 1 or more than the lists hold, or rows and users are not parallel.
    """
    if not 1 <= k <= ranked.shape[1]:
        raise ValueError(f"k = {k}, lists of {ranked.shape[1]}")
    if len(ranked) != len(users):
        raise ValueError(f"{len(ranked)} lists of {len(users)} users")
    lists = ranked[:, :k]
    pairs = np.unique(training.pairs, axis=0).reshape(-1, 2)
    popularity = np.bincount(pairs[:, 1], minlength=training.n_items).astype(np.float64)
    counts = np.bincount(lists[lists >= 0], minlength=training.n_items)
    return BeyondAccuracy(
        k=k,
        coverage=float((counts > 0).mean()) if training.n_items else float("nan"),
        novelty=_novelty(counts, popularity, training.n_users),
        popularity_bias=_popularity_bias(lists, users, pairs, popularity, training.n_users),
        gini=gini(counts),
    )


def gini(counts: npt.ArrayLike) -> float:
    """Gini coefficient of counts (not negative): 0 where all are equal, (n - 1) / n where one has everything; NaN where all are 0.

    >>> gini([0, 0, 0, 4])
    0.75
    """
    ordered = np.sort(np.asarray(counts, dtype=np.float64))
    total = ordered.sum()
    if total == 0:
        return float("nan")
    n = len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total))


def _novelty(counts: Integers, popularity: npt.NDArray[np.float64], n_users: int) -> float:
    if counts.sum() == 0:
        return float("nan")
    surprise = -np.log2(np.maximum(popularity, 1.0) / n_users)
    return float(counts @ surprise / counts.sum())


def _popularity_bias(lists: Integers, users: Integers, pairs: Integers, popularity: npt.NDArray[np.float64], n_users: int) -> float:
    """Mean popularity of lists over that of their users' own training items; only users who have both."""
    filled = lists >= 0
    length = filled.sum(axis=1)
    listed = np.where(filled, popularity[lists], 0.0).sum(axis=1)
    own_length = np.bincount(pairs[:, 0], minlength=n_users)[users]
    own = np.bincount(pairs[:, 0], weights=popularity[pairs[:, 1]], minlength=n_users)[users]
    both = (length > 0) & (own_length > 0)
    if not both.any():
        return float("nan")
    return float((listed[both] / length[both]).mean() / (own[both] / own_length[both]).mean())
