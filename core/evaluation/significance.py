"""Is one model better than another, judged over users and over random re-splits of a dataset?

Over users. Re-splits of one dataset overlap, so the (split, user) pairs are no independent draws: a test that counts each of them is
too sure of itself. The unit is the user: the difference of both models is averaged over the splits (or seeds) in which the user has
test items, and these means d_u, one a user, are tested:

    Wilcoxon's signed-rank test (Biometrics Bulletin 1945), two-sided. Zeros by Pratt's way (JASA 1959): they are ranked with the others
    and then left out of both sums, so that many users without any change speak against a difference. Equal |d_u| share their mean
    rank; the p-value is the normal approximation with scipy's correction for ties and zeros, no continuity correction.
    The interval of the mean d_u is the paired bootstrap of `core.evaluation.paired`.

Over splits. The paired t-test of the splits' means (Student 1908). Training parts of re-splits share most of their interactions, which
makes the plain test too sure as well; the corrected resampled t-test (Nadeau & Bengio, Machine Learning 2003, section 3) counts that in:

    t = mean(g) / sqrt((1 / S + rho) var(g)),  S - 1 degrees of freedom       g_s = mean b_s - mean a_s,  rho = n_test / n_train

Against several peers, p-values are adjusted by `holm`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.evaluation.paired import LEVEL, RESAMPLES, bootstrap_interval

Floats = npt.NDArray[np.float64]
_DECIMALS = 12  # differences closer than this are equal: sums in another order leave 1e-17 where a tie is meant


@dataclass(frozen=True)
class SplitFigures:
    """A figure of both models on one split (or under one seed).

    Args:
        users: [n], outside ids or indices that mean the same user in every split, each once. a, b: float [n], the models' figures.
    """

    users: npt.NDArray[np.generic]
    a: Floats
    b: Floats


@dataclass(frozen=True)
class SplitTest:
    """The paired t-test over splits.

    Args:
        gain: mean b / mean a - 1. sd: of the gains b_s / a_s - 1 within the splits (ddof 1).
        p: two-sided. p_corrected: with the correction for overlapping splits; equal to ``p`` where none was asked for.

    ``sd`` is NaN of a single split, ``p`` also where every split changed by the same; gains are NaN where a is 0.
    """

    gain: float
    sd: float
    p: float
    p_corrected: float
    n_splits: int


@dataclass(frozen=True)
class UserTest:
    """The test over users.

    Args:
        change: mean over users of b - a. low, high: its bootstrap interval of ``level``.
        p: of Wilcoxon's test; NaN where there are fewer than two users or nobody's figure changed.
        better, worse: share of users whose figure rose, or fell.
    """

    change: float
    low: float
    high: float
    level: float
    p: float
    better: float
    worse: float
    n_users: int


@dataclass(frozen=True)
class Significance:
    """Both tests, and the mean over splits of each model's mean over users."""

    mean_a: float
    mean_b: float
    users: UserTest
    splits: SplitTest


def compare_models(
    splits: Sequence[SplitFigures], *, overlap: float = 0.0, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> Significance:
    """Test a figure of two models, ``b`` against ``a``, over users and over splits.

    Args:
        splits: one entry a re-split or seed. overlap: rho, test interactions over training ones, of random re-splits; 0 = plain t-test.
        level, resamples, seed: of the bootstrap over users.

    Raises:
        InputError: there is no split, or one has no user. ValueError: the figures of a split are not parallel.
    """
    if not splits or any(len(split.users) == 0 for split in splits):
        raise InputError("No user to compare on", hint="The split needs interactions: import the reviews with another split")
    means_a, means_b = ([float(np.mean(values)) for values in side] for side in zip(*((one.a, one.b) for one in splits), strict=True))
    return Significance(
        mean_a=float(np.mean(means_a)),
        mean_b=float(np.mean(means_b)),
        users=over_users(user_differences(splits), level=level, resamples=resamples, seed=seed),
        splits=over_splits(means_a, means_b, overlap=overlap),
    )


def user_differences(splits: Sequence[SplitFigures]) -> Floats:
    """d_u, float64 [n_users]: b - a of each user, averaged over the splits that hold the user; by ascending user.

    Raises:
        ValueError: the figures of a split are not parallel, or it names a user twice.
    """
    for split in splits:
        distinct = len(np.unique(split.users))
        if not len(split.users) == len(split.a) == len(split.b) == distinct:
            raise ValueError(f"{len(split.users)} users ({distinct} distinct), {len(split.a)} and {len(split.b)} figures")
    users, positions = np.unique(np.concatenate([split.users for split in splits]), return_inverse=True)
    differences = np.concatenate([np.asarray(split.b, dtype=np.float64) - split.a for split in splits])
    sums = np.bincount(positions, weights=differences, minlength=len(users))
    return np.asarray(sums / np.bincount(positions, minlength=len(users)))


def over_users(differences: Floats, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0) -> UserTest:
    """Wilcoxon's test and the bootstrap interval of differences, one a user (float64 [n], n > 0)."""
    low, high = bootstrap_interval(differences, level=level, resamples=resamples, seed=seed)
    rounded = differences.round(_DECIMALS)
    return UserTest(
        change=float(differences.mean()),
        low=low,
        high=high,
        level=level,
        p=wilcoxon(rounded),
        better=float((rounded > 0).mean()),
        worse=float((rounded < 0).mean()),
        n_users=len(differences),
    )


def wilcoxon(differences: Floats) -> float:
    """Two-sided p-value of Wilcoxon's signed-rank test with Pratt's zeros; NaN of fewer than two values, or of zeros alone."""
    from scipy import stats

    if len(differences) < 2 or not differences.any():
        return math.nan
    return float(stats.wilcoxon(differences, zero_method="pratt", correction=False, method="asymptotic").pvalue)


def over_splits(a: Sequence[float], b: Sequence[float], *, overlap: float = 0.0) -> SplitTest:
    """The gain of ``b`` over ``a``, its spread and the paired t-test over splits.

    Args:
        a, b: mean figures of the models on the same splits. overlap: rho of the correction.

    Raises:
        ValueError: not the same number of splits, or none.
    """
    before, after = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if before.shape != after.shape or before.ndim != 1 or len(before) == 0:
        raise ValueError(f"not the same splits: {before.shape} and {after.shape}")
    gains = np.divide(after, before, out=np.full(len(before), np.nan), where=before != 0) - 1
    mean = float(before.mean())
    return SplitTest(
        gain=float(after.mean()) / mean - 1 if mean else math.nan,
        sd=float(gains.std(ddof=1)) if len(gains) > 1 else math.nan,
        p=_t_test(after - before, 0.0),
        p_corrected=_t_test(after - before, overlap),
        n_splits=len(before),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for being several (Holm, Scandinavian Journal of Statistics 1979), in the given order.

        p~_(j) = max over i <= j of min(1, (m - i + 1) p_(i))       p_(1) <= ... <= p_(m)

    NaN stays NaN and is not counted as a test.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    tested = [position for position, p in enumerate(p_values) if not math.isnan(p)]
    adjusted = [math.nan] * len(p_values)
    largest = 0.0
    for rank, position in enumerate(sorted(tested, key=lambda one: p_values[one])):
        largest = max(largest, min(1.0, (len(tested) - rank) * p_values[position]))
        adjusted[position] = largest
    return adjusted


def p_words(p: float | None) -> str:
    """A p-value as people write it: "0.0123", "< 0.0001"; "" of None."""
    return "" if p is None else "< 0.0001" if p < 1e-4 else f"{p:.4f}"


def p_clause(p: float | None) -> str:
    """A p-value inside a sentence: "p = 0.0123", "p < 0.0001"."""
    words = p_words(p)
    return f"p {words}" if words.startswith("<") else f"p = {words}"


def _t_test(differences: Floats, overlap: float) -> float:
    """Two-sided p-value; NaN of fewer than two differences and of equal ones, whose spread says nothing."""
    from scipy import special

    n = len(differences)
    if n < 2 or not np.ptp(differences) > 10.0**-_DECIMALS:
        return math.nan
    t = differences.mean() / math.sqrt((1 / n + overlap) * differences.var(ddof=1))
    return float(2 * special.stdtr(n - 1, -abs(t)))
