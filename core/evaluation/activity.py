"""Results by activity: the test users in groups by how many training interactions they have, from cold to warm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import InputError

GROUPS = 4


@dataclass(frozen=True)
class ActivityGroups:
    """A partition of users by activity; made once for a split, it serves every model of a comparison.

    Args:
        lows, highs: int [g], the fewest and most training interactions of each group's users, ascending and without overlap.
        group: int64 [n], the group of each user.
        sizes: int64 [g], users in each group; none is empty.
    """

    lows: tuple[int, ...]
    highs: tuple[int, ...]
    group: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]

    @property
    def labels(self) -> tuple[str, ...]:
        """ "2-5" or "7" of each group."""
        return tuple(str(low) if low == high else f"{low}-{high}" for low, high in zip(self.lows, self.highs, strict=True))

    def means(self, per_user: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """float64 [g]: the mean of a figure (float [n]) over each group.

        Raises:
            ValueError: it is not a figure of these users.
        """
        values = np.asarray(per_user, dtype=np.float64)
        if values.shape != self.group.shape:
            raise ValueError(f"{values.shape} figures of {self.group.shape} users")
        return np.asarray(np.bincount(self.group, weights=values, minlength=len(self.sizes)) / self.sizes)


def activity_groups(n_training: npt.NDArray[np.integer], groups: int = GROUPS) -> ActivityGroups:
    """Groups of about equal size, split at quantiles of the number of training interactions.

    Users with equally many stay together, so ties can leave fewer groups than asked for, and groups of different sizes.

    Args:
        n_training: int [n], training interactions of each user (one entry a test user). groups: how many to aim at.

    Raises:
        InputError: there is no user. ValueError: fewer than one group.
    """
    if groups < 1:
        raise ValueError(f"{groups} groups")
    if len(n_training) == 0:
        raise InputError("No user to group by activity", hint="The split needs test interactions: import with another split")
    # "inverted_cdf" gives numbers that occur, so every edge is an integer and closes a group that is not empty.
    quantiles = np.quantile(n_training, np.arange(1, groups + 1) / groups, method="inverted_cdf")
    edges = np.unique(quantiles.astype(np.int64))
    group = np.searchsorted(edges, n_training).astype(np.int64)
    members = [n_training[group == number] for number in range(len(edges))]
    return ActivityGroups(
        lows=tuple(int(one.min()) for one in members),
        highs=tuple(int(one.max()) for one in members),
        group=group,
        sizes=np.bincount(group, minlength=len(edges)).astype(np.int64),
    )
