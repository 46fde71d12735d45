"""The smallest change that drops an item out of a user's list."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from core.recommend.explanation import Counterfactual
from core.recommend.recommender import Recommender

_AT_A_TIME = 32


def smallest_change(recommender: Recommender, user_id: str, item_id: str, k: int = 10, most: int = 3) -> Counterfactual | None:
    """The fewest motivations without which an item is no longer among the user's first k; of equally few, those that take
    least from its score.

    Args:
        most: motivations dropped at most.

    Returns:
        None where the item is not among the first k, or stays there whatever is dropped.

    Raises:
        NotFoundError: no such user or item.
    """
    user, item = recommender.dataset.user_idx(user_id), recommender.dataset.item_idx(item_id)
    motivations = recommender.motivations
    if not motivations or recommender.rank_of(user_id, item_id) > k:
        return None
    terms = recommender.scorer.terms(user, item)
    for size in range(1, min(most, len(motivations)) + 1):
        options = sorted(combinations(range(len(motivations)), size), key=lambda option: terms[list(option)].sum())
        for start in range(0, len(options), _AT_A_TIME):
            part = options[start : start + _AT_A_TIME]
            out = np.flatnonzero(_ranks_without(recommender, user, item, part) > k)
            if len(out):
                return recommender.counterfactual(user_id, item_id, [motivations[slot] for slot in part[int(out[0])]])
    return None


def _ranks_without(recommender: Recommender, user: int, item: int, options: list[tuple[int, ...]]) -> np.ndarray:
    kept = np.ones((len(options), len(recommender.motivations)), dtype=bool)
    for row, option in enumerate(options):
        kept[row, list(option)] = False
    same = np.full(len(options), user)
    return recommender.scorer.ranks(
        recommender.scorer.users(same, kept), np.full(len(options), item), recommender.histories["train"].cells(same)
    )
