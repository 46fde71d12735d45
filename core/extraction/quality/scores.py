"""Scores of predicted against given labels, with the interval that drawing other sentences would give."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

Labels = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.floating]
RESAMPLES = 2000
CONFIDENCE = 0.95


class Interval(NamedTuple):
    """Bounds of an interval."""

    low: float
    high: float


class MotivationScore(BaseModel):
    """One motivation's scores. ``support``: sentences labelled with it; ``predicted``: sentences said to speak of it."""

    model_config = ConfigDict(frozen=True)

    key: str
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int


class Scores(BaseModel):
    """Scores over n sentences and K motivations.

    Args:
        macro_f1: mean of the motivations' F1; of one motivation (the "reason" task) it is the F1 of the positive class.
        micro_f1: F1 over all (sentence, motivation) pairs.
        macro_interval, micro_interval: 95 % percentile bootstrap over sentences; tells what another sample of sentences would give, not
            another tuning.
    """

    model_config = ConfigDict(frozen=True)

    sentences: int
    macro_f1: float
    macro_interval: Interval
    micro_f1: float
    micro_interval: Interval
    motivations: tuple[MotivationScore, ...]


def score(truth: Labels, predicted: Labels, keys: list[str], *, resamples: int = RESAMPLES, seed: int = 0) -> Scores:
    """Score predictions.

    F1 = 2 TP / (2 TP + FP + FN), and 0 where that is 0 / 0 (as scikit-learn has it), precision and recall alike.

    Args:
        truth, predicted: bool [n, K], n > 0.
        keys: of the K motivations.
    """
    hits, claims, needs = (part.sum(axis=0, dtype=np.float64) for part in (truth & predicted, predicted, truth))
    weights = resampled(len(truth), resamples, seed)
    macro, micro = f1_of_counts(weights @ (truth & predicted), weights @ predicted, weights @ truth)
    precision, recall, f1 = ratio(hits, claims), ratio(hits, needs), ratio(2 * hits, claims + needs)
    return Scores(
        sentences=len(truth),
        macro_f1=float(f1.mean()),
        macro_interval=interval(macro),
        micro_f1=float(ratio(2 * hits.sum(), claims.sum() + needs.sum())),
        micro_interval=interval(micro),
        motivations=per_motivation(keys, precision, recall, f1, needs, claims),
    )


def per_motivation(
    keys: list[str], precision: Counts, recall: Counts, f1: Counts, needs: Counts, claims: Counts
) -> tuple[MotivationScore, ...]:
    """The figures of each motivation from arrays [K]; ``claims`` may be means over draws and are rounded."""
    return tuple(
        MotivationScore(key=key, precision=float(p), recall=float(r), f1=float(f), support=int(support), predicted=round(float(predicted)))
        for key, p, r, f, support, predicted in zip(keys, precision, recall, f1, needs, claims, strict=True)
    )


def f1_of_counts(hits: Counts, claims: Counts, needs: Counts) -> tuple[Counts, Counts]:
    """Macro- and micro-F1 of R counts at once.

    Args:
        hits, claims, needs: [R, K], true positives, predicted and labelled sentences.

    Returns:
        Macro-F1 [R] and micro-F1 [R].
    """
    macro = ratio(2.0 * hits, claims + needs).mean(axis=1)
    return macro, ratio(2.0 * hits.sum(axis=1), claims.sum(axis=1) + needs.sum(axis=1))


def resampled(n: int, resamples: int, seed: int) -> Counts:
    """How often each of n sentences is drawn in each of R bootstrap samples, float64 [R, n]; every row sums to n."""
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1.0 / n), size=resamples).astype(np.float64)


def interval(values: Counts) -> Interval:
    """The percentile interval of bootstrap values."""
    tail = (1.0 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return Interval(float(low), float(high))


def ratio(part: Counts, whole: Counts) -> Counts:
    """Quotients, 0 where both are 0."""
    return np.divide(part, whole, out=np.zeros_like(np.asarray(whole, dtype=np.float64)), where=np.asarray(whole) > 0)
