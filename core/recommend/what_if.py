"""What-if: a user's motivations, and behaviour, weighed otherwise, and the list ranked anew at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.recommend.user_terms import UserTerms

BEHAVIOUR = "behaviour"
"""Stands for what behaviour alone adds, beside the motivations' keys."""
MOST = 3.0
"""Largest weight the pages offer: three times what it counts now."""


@dataclass(frozen=True)
class Moved:
    """An item of the new list: its rank, the one it had with all weights 1, its score, and each weighed term."""

    item_idx: int
    rank: int
    rank_before: int
    score: float
    score_before: float

    @property
    def gained(self) -> int:
        """Places it rose; negative where it fell."""
        return self.rank_before - self.rank


@dataclass(frozen=True)
class WhatIf:
    """The first k items under other weights, and those of the plain list that left it."""

    items: tuple[Moved, ...]
    left: tuple[Moved, ...]

    @property
    def entered(self) -> int:
        """How many were not among the first k before."""
        return sum(one.rank_before > len(self.items) for one in self.items)


def weights_of(terms: UserTerms, motivations: Sequence[str], weights: Mapping[str, float]) -> npt.NDArray[np.float64]:
    """float64 [M]: one weight a term, 1 where none is given.

    Args:
        motivations: the run's keys. weights: by key, and `BEHAVIOUR` where the run has it.

    Raises:
        InputError: a key that is neither, or a weight that is negative or no number.
    """
    row = np.ones(terms.n_terms)
    places = {key: place for place, key in enumerate(motivations)} | ({BEHAVIOUR: terms.n_slots} if terms.has_behaviour else {})
    for key, weight in weights.items():
        if key not in places:
            raise InputError(f"The run has no motivation '{key}'", hint=f"There are: {', '.join(places) or 'none with a name'}")
        if not np.isfinite(weight) or weight < 0:
            raise InputError(f"The weight of '{key}' is {weight:g}", hint="Give a number of 0 or more; 1 leaves it as it is")
        row[places[key]] = weight
    return row


def what_if(terms: UserTerms, weights: npt.NDArray[np.float64], k: int) -> WhatIf:
    """Rank all items under a row of weights (float64 [M], see `weights_of`) and say how the first k moved."""
    plain = np.ones(terms.n_terms)
    items, _ = terms.top(weights, k)
    before, _ = terms.top(plain, k)
    gone = before[~np.isin(before, items)]
    return WhatIf(tuple(_moved(terms, items, weights, plain)), tuple(_moved(terms, gone, weights, plain)))


def _moved(terms: UserTerms, items: npt.NDArray[np.int64], weights: npt.NDArray[np.float64], plain: npt.NDArray[np.float64]) -> list[Moved]:
    if not len(items):
        return []
    ranks, before = terms.all_ranks(items, weights), terms.all_ranks(items, plain)
    scores = terms.scores_of(items, np.stack([weights, plain]))
    rows = zip(items, ranks, before, scores[0], scores[1], strict=True)
    return [Moved(int(item), int(rank), int(old), float(new), float(score)) for item, rank, old, new, score in rows]
