"""Two models on the same users: the change of a figure with an interval from the paired bootstrap over users.

    d_u = mean_s b_su - mean_s a_su          a_su, b_su: a figure of user u under seed s
    change = mean_u d_u

The interval is the percentile bootstrap (Efron & Tibshirani 1993, chapter 13): users are drawn with replacement, each time as many as
there are, and the mean of their d_u is taken; it lies between the quantiles (1 - level) / 2 and (1 + level) / 2 of these means. Users
are drawn whole, with both models' figures: what makes a user hard for both cancels out. The interval says how far the change hangs
on which users there are. How far it hangs on chance in the training is another matter: the spread of the change over seeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import InputError

LEVEL = 0.95
RESAMPLES = 10_000
_CELLS = 4_000_000  # drawn at once: bounds memory to some 64 MB

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PairedChange:
    """The change of a figure from ``a`` to ``b``.

    Args:
        mean_a, mean_b: means over seeds and users. change: mean_b - mean_a.
        low, high: its interval of ``level`` over users.
        by_seed: the change of each seed. seed_sd: their standard deviation (ddof 1), NaN of a single one.
    """

    mean_a: float
    mean_b: float
    change: float
    low: float
    high: float
    level: float
    n_users: int
    by_seed: tuple[float, ...]
    seed_sd: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of no change."""
        return self.low > 0 or self.high < 0

    @property
    def seeds_agree(self) -> bool:
        """Whether every seed changed in the same direction."""
        return all(one > 0 for one in self.by_seed) or all(one < 0 for one in self.by_seed)


def paired_change(a: Floats, b: Floats, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0) -> PairedChange:
    """Compare two models.

    Args:
        a, b: float64 [n_seeds, n_users], a figure of the same users under the same seeds.
        level: of the interval, in (0, 1). resamples: draws of users. seed: of these draws.

    Raises:
        InputError: there is no user or no seed. ValueError: the two are not parallel.
    """
    if a.shape != b.shape or a.ndim != 2:
        raise ValueError(f"not the same seeds and users: {a.shape} and {b.shape}")
    if a.size == 0:
        raise InputError("No user to compare on", hint="The split needs interactions: import the reviews with another split")
    differences = b - a
    low, high = bootstrap_interval(differences.mean(axis=0), level=level, resamples=resamples, seed=seed)
    by_seed = differences.mean(axis=1)
    return PairedChange(
        mean_a=float(a.mean()),
        mean_b=float(b.mean()),
        change=float(differences.mean()),
        low=low,
        high=high,
        level=level,
        n_users=a.shape[1],
        by_seed=tuple(float(one) for one in by_seed),
        seed_sd=float(by_seed.std(ddof=1)) if len(by_seed) > 1 else float("nan"),
    )


def bootstrap_interval(values: Floats, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of ``values`` (float64 [n], n > 0)."""
    generator = np.random.default_rng(seed)
    rows = max(1, _CELLS // len(values))
    means = np.concatenate(
        [
            values[generator.integers(len(values), size=(min(rows, resamples - begin), len(values)))].mean(axis=1)
            for begin in range(0, resamples, rows)
        ]
    )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
