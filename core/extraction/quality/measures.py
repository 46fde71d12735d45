"""Figures of answers that need no labels: are they usable, do they stand on the text, and do two of them agree.

An answer set is a list of what an extractor said of the same reviews in the same order; None stands for an answer that failed.
Agreement is taken over reviews both answered. "other" is no motivation of the taxonomy and counts for none here, except where said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Protocol

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from core.extraction.grounding import Grounding
from core.extraction.schema import OTHER, ReviewMotivations

Results = Sequence[ReviewMotivations | None]
Named = frozenset[str]


class Answered(Protocol):
    """What became of one request, e.g. `core.extraction.ollama.extractor.Answer`."""

    @property
    def result(self) -> ReviewMotivations | None: ...

    @property
    def groundings(self) -> tuple[Grounding, ...]: ...


class Share(BaseModel):
    """``count`` of ``total``; ``value`` is their quotient, NaN of nothing."""

    model_config = ConfigDict(frozen=True)

    count: int
    total: int

    @property
    def value(self) -> float:
        return self.count / self.total if self.total else float("nan")


class AnswerMeasures(BaseModel):
    """What can be said of one answer set.

    Args:
        valid: answers that passed validation, of all.
        grounded: motivations whose quote stands in the review, of all motivations, "other" among them (METHOD 2).
        per_review, per_review_sd: mean and standard deviation (ddof 1) of the number of motivations of a valid answer, "other" among
            them; NaN where there are none.
        covered: motivations of the taxonomy named at least once, of all.
        other: motivations named "other", of all.
        counts: how often each motivation is named, "other" last.
    """

    model_config = ConfigDict(frozen=True)

    valid: Share
    grounded: Share
    per_review: float
    per_review_sd: float
    covered: Share
    other: Share
    counts: dict[str, int]


class Agreement(BaseModel):
    """How far two answer sets agree.

    Args:
        reviews: those both answered; the figures are NaN where there are none.
        jaccard: mean over them of |A and B| / |A or B| of the motivations named; 1 where neither names one.
        identical: reviews of which both name the same motivations.
        kappa: mean over the motivations of Cohen's kappa of "named or not", leaving out those neither set ever names. A motivation both
            name always has kappa 1.
        alpha: Krippendorff's alpha of the sets of motivations, distance 1 - Jaccard.
        polarity: motivations named by both in a review that have the same polarity (or the same two) there, of all named by both.
    """

    model_config = ConfigDict(frozen=True)

    reviews: int
    jaccard: float
    identical: Share
    kappa: float
    alpha: float
    polarity: Share


class Repeatability(BaseModel):
    """How far several runs of one prompt agree (other seeds, or the same again).

    Args:
        runs: how many. jaccard: mean over all pairs of runs. identical: reviews on which all runs that answered (two or more) agree.
        alpha: as in `Agreement`, over all runs at once.
    """

    model_config = ConfigDict(frozen=True)

    runs: int
    jaccard: float
    identical: Share
    alpha: float


def measure(answers: Sequence[Answered], keys: Sequence[str]) -> AnswerMeasures:
    """Measure one answer set.

    Args:
        keys: of the taxonomy's motivations, without "other".
    """
    results = [answer.result for answer in answers]
    sizes = [len(result.motivations) for result in results if result is not None]
    groundings = [grounding.grounded for answer in answers for grounding in answer.groundings]
    named = Counter(motivation.name for result in results if result is not None for motivation in result.motivations)
    return AnswerMeasures(
        valid=Share(count=len(sizes), total=len(results)),
        grounded=Share(count=sum(groundings), total=len(groundings)),
        per_review=float(np.mean(sizes)) if sizes else float("nan"),
        per_review_sd=float(np.std(sizes, ddof=1)) if len(sizes) > 1 else float("nan"),
        covered=Share(count=sum(named[key] > 0 for key in keys), total=len(keys)),
        other=Share(count=named[OTHER], total=sum(named.values())),
        counts={key: named[key] for key in (*keys, OTHER)},
    )


def agreement(first: Results, second: Results, keys: Sequence[str]) -> Agreement:
    """Compare two answer sets on the same reviews.

    Args:
        keys: of the taxonomy's motivations, without "other".

    Raises:
        ValueError: the sets are not parallel.
    """
    both = [(one, other) for one, other in zip(first, second, strict=True) if one is not None and other is not None]
    pairs = [(_named(one, keys), _named(other, keys)) for one, other in both]
    return Agreement(
        reviews=len(pairs),
        jaccard=_mean([jaccard(one, other) for one, other in pairs]),
        identical=Share(count=sum(one == other for one, other in pairs), total=len(pairs)),
        kappa=_mean_kappa(pairs, keys),
        alpha=krippendorff_alpha([list(pair) for pair in pairs]),
        polarity=_polarity_agreement(both, keys),
    )


def repeatability(runs: Sequence[Results], keys: Sequence[str]) -> Repeatability:
    """Compare several answer sets on the same reviews, each with each.

    Raises:
        ValueError: the sets are not parallel.
    """
    units = [[_named(result, keys) for result in results if result is not None] for results in zip(*runs, strict=True)]
    compared = [unit for unit in units if len(unit) > 1]
    means = [agreement(one, other, keys).jaccard for one, other in combinations(runs, 2)]
    return Repeatability(
        runs=len(runs),
        jaccard=_mean([value for value in means if value == value]),
        identical=Share(count=sum(len(set(unit)) == 1 for unit in compared), total=len(compared)),
        alpha=krippendorff_alpha(units),
    )


def jaccard(one: Named, other: Named) -> float:
    """|A and B| / |A or B|; 1 of two empty sets."""
    union = one | other
    return len(one & other) / len(union) if union else 1.0


def cohen_kappa(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Cohen's kappa of two yes-no ratings [n]: (p_o - p_e) / (1 - p_e); 1 where both always say the same one thing."""
    observed = float((one == other).mean())
    expected = float(one.mean() * other.mean() + (1 - one.mean()) * (1 - other.mean()))
    return 1.0 if expected == 1.0 else (observed - expected) / (1.0 - expected)


def krippendorff_alpha(units: Sequence[Sequence[Named]]) -> float:
    """Krippendorff's alpha of sets, 1 - D_o / D_e, with the distance 1 - Jaccard (Passonneau 2004, without her monotonicity weight).

    Args:
        units: for each review the sets its raters gave, in any number; reviews with fewer than two say nothing and are left out.

    Returns:
        1 where all agree (also where all sets are one and the same, and chance cannot be told), 0 at chance; NaN without a pair.

    D_o: mean over all values of the distance to another value of the same review; D_e: mean distance of any two values.
    """
    units = [unit for unit in units if len(unit) > 1]
    counts = Counter(named for unit in units for named in unit)
    total = counts.total()
    if not total:
        return float("nan")
    observed = sum(2 * sum(1 - jaccard(a, b) for a, b in combinations(unit, 2)) / (len(unit) - 1) for unit in units) / total
    expected = 2 * sum(counts[a] * counts[b] * (1 - jaccard(a, b)) for a, b in combinations(counts, 2)) / (total * (total - 1))
    return 1.0 - observed / expected if expected else 1.0


def _mean_kappa(pairs: Sequence[tuple[Named, Named]], keys: Sequence[str]) -> float:
    kappas = []
    for key in keys:
        named = np.array([[key in one, key in other] for one, other in pairs], dtype=np.bool_).reshape(-1, 2)
        if named.any():
            kappas.append(cohen_kappa(named[:, 0], named[:, 1]))
    return _mean(kappas)


def _polarity_agreement(both: Iterable[tuple[ReviewMotivations, ReviewMotivations]], keys: Sequence[str]) -> Share:
    same = total = 0
    for one, other in both:
        ones, others = _polarities(one, keys), _polarities(other, keys)
        shared = ones.keys() & others.keys()
        total += len(shared)
        same += sum(ones[key] == others[key] for key in shared)
    return Share(count=same, total=total)


def _polarities(result: ReviewMotivations, keys: Sequence[str]) -> dict[str, Named]:
    found: dict[str, set[str]] = {}
    for motivation in result.motivations:
        if motivation.name in keys:
            found.setdefault(motivation.name, set()).add(motivation.polarity)
    return {key: frozenset(polarities) for key, polarities in found.items()}


def _named(result: ReviewMotivations, keys: Sequence[str]) -> Named:
    return frozenset(motivation.name for motivation in result.motivations if motivation.name in keys)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
