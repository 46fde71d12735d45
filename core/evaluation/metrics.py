"""Recall@K and NDCG@K over ranked lists, for all users at once."""

from __future__ import annotations

import numpy as np


def hits(ranked: np.ndarray, relevant_offsets: np.ndarray, relevant_items: np.ndarray) -> np.ndarray:
    """Which entries of ranked lists are relevant.

    Args:
        ranked: int [n, k], item indices best first; -1 where a list is shorter.
        relevant_offsets: int [n + 1], row r's relevant items are ``relevant_items[offsets[r]:offsets[r + 1]]``.
        relevant_items: int, in any order inside each row.

    Returns:
        bool [n, k].
    """
    found = np.zeros(ranked.shape, dtype=bool)
    rows = np.repeat(np.arange(len(ranked)), np.diff(relevant_offsets))
    for place in range(ranked.shape[1]):
        found[rows[ranked[rows, place] == relevant_items], place] = True
    return found


def recall(relevance: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Recall@k of each row: hits among the first k over the number of relevant items (float64 [n]).

    >>> recall(np.array([[True, False, True]]), np.array([4]), 3)
    array([0.5])
    """
    return np.asarray(relevance[:, :k].sum(1) / np.maximum(n_relevant, 1), dtype=np.float64)


def ndcg(relevance: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """NDCG@k of each row with binary gains; the ideal list is min(k, number of relevant items) long (float64 [n]).

    >>> ndcg(np.array([[True, False]]), np.array([1]), 2)
    array([1.])
    """
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    gained = relevance[:, :k] @ discount[: relevance[:, :k].shape[1]]
    ideal = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(n_relevant, k)]
    return np.asarray(np.divide(gained, ideal, out=np.zeros(len(gained)), where=ideal > 0), dtype=np.float64)
