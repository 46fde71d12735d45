"""What a comparison found, as the document of its artefact: read by the page, the command line and people."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from core.evaluation.paired import PairedChange
from core.jobs.comparison_config import ComparisonConfig, Variant
from core.storage import read_json
from core.workspace import Artefact

METRICS = ("ndcg@20", "recall@20")
FILE = "comparison.json"
Excludes = Literal["above", "below", "no"]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Quality(_Document):
    """What one extraction made of the sample. Shares are 0..1, None where there is nothing to take a share of.

    Args:
        n_reviews: of the sample. n_failed: of them, without a usable answer. valid_share: with one.
        n_statements: motivations found, "other" among them. per_review: of them, per review with a usable answer.
        grounded_share: statements whose quote stands in the review. coverage: reviews with a motivation of the taxonomy.
        share_other: statements named "other". motivations: how often each is named, "other" last.
        n_truncated: prompts cut at the context. prompt_tokens, answer_tokens, answer_seconds: what the answers took, whenever given.
    """

    n_reviews: int
    n_failed: int
    valid_share: float | None
    n_statements: int
    per_review: float | None
    grounded_share: float | None
    coverage: float | None
    share_other: float | None
    motivations: dict[str, int]
    n_truncated: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    answer_seconds: float = 0.0


class Outcome(_Document):
    """One variant: what was made with it, and its figures.

    Args:
        extraction, profiles, runs (one a seed), map (of the first run): ids.
        figures: metric -> its mean over users, one a seed.
    """

    label: str
    variant: Variant
    extraction: str
    profiles: str
    runs: list[str]
    map: str
    quality: Quality
    figures: dict[str, list[float]]


class Change(_Document):
    """The change of one metric from a to b, see `core.evaluation.paired`; seed_sd is None of a single seed."""

    mean_a: float
    mean_b: float
    change: float
    low: float
    high: float
    level: float
    by_seed: list[float]
    seed_sd: float | None

    @classmethod
    def of(cls, found: PairedChange) -> Change:
        """As plain data."""
        return cls(
            mean_a=found.mean_a,
            mean_b=found.mean_b,
            change=found.change,
            low=found.low,
            high=found.high,
            level=found.level,
            by_seed=list(found.by_seed),
            seed_sd=None if math.isnan(found.seed_sd) else found.seed_sd,
        )

    @property
    def relative(self) -> float | None:
        """The change as a share of a's figure."""
        return self.change / self.mean_a if self.mean_a else None

    @property
    def excludes_zero(self) -> Excludes:
        """On which side of no change the whole interval lies."""
        return "above" if self.low > 0 else "below" if self.high < 0 else "no"

    @property
    def seeds_agree(self) -> bool:
        """Whether every seed changed in the direction of the mean."""
        return all(one * self.change > 0 for one in self.by_seed)


class Comparison(_Document):
    """A comparison.

    Args:
        note: what the figures are and are not, in plain words.
        n_users: users with held-out interactions in the split. n_reviews: of the sample.
        agreement: mean Jaccard index of the motivations both name in a review, over reviews both could read; None of none.
        changes: metric -> its change from a to b.
    """

    dataset: str
    config: ComparisonConfig
    note: str
    n_users: int
    n_reviews: int
    agreement: float | None
    a: Outcome
    b: Outcome
    changes: dict[str, Change]

    @property
    def outcomes(self) -> tuple[Outcome, Outcome]:
        """Both variants, the first one first."""
        return self.a, self.b


def read_comparison(artefact: Artefact) -> Comparison:
    """Read the document of an artefact of kind "comparison"."""
    return Comparison.model_validate(read_json(artefact.path / FILE))


def note_of(config: ComparisonConfig) -> str:
    """What figures of these settings are: where they come from and what must not be read into them."""
    if config.split == "validation":
        of = (
            "Figures are of the validation split, with which prompts may be tuned and by which each training chose its best epoch: "
            "they are optimistic, for both variants alike. Keep the test split for the last word."
        )
    else:
        of = "Figures are of the test split. A prompt chosen by them is tuned on test: its figures are no longer those of unseen data."
    spread = "one seed does not say" if config.seeds == 1 else f"the spread over {config.seeds} seeds says"
    interval = "The interval is over users, for these very trainings and this sample of reviews"
    return f"{of} {interval}; {spread} how far chance in the training goes."


def sentence(found: Comparison, metric: str = "ndcg@20") -> str:
    """The result in plain words: how large the change is, and whether it can be told from none."""
    change, (a, b) = found.changes[metric], (outcome.label for outcome in found.outcomes)
    name = metric.upper() if metric.startswith("ndcg") else metric.capitalize()
    relative = "" if change.relative is None else f", {100 * change.relative:+.1f} %"
    direction = "higher" if change.change > 0 else "lower" if change.change < 0 else "different"
    where = f"on the {found.config.split} split ({found.n_users:,} users, {_seeds(found.config.seeds)})"
    interval = f"{100 * change.level:.0f} % interval {change.low:+.4f} to {change.high:+.4f}"
    if change.change == 0 and change.low == change.high == 0:
        return f"{name} {where} is the same with both, for every user: {a} and {b} lead to the same recommendations."
    head = f"{name} {where} is {abs(change.change):.4f} {direction} with {b} than with {a} ({change.change:+.4f}{relative}; {interval})."
    return f"{head} {_verdict(change)}"


def _verdict(change: Change) -> str:
    if change.excludes_zero == "no":
        return "The interval includes zero: these users do not tell the two apart."
    if len(change.by_seed) == 1:
        return "The interval excludes zero for this one training; another seed may say otherwise."
    if not change.seeds_agree:
        return "The interval excludes zero, but not every seed changes in that direction: chance in the training may explain it."
    return "The interval excludes zero, and every seed changes in that direction."


def _seeds(n: int) -> str:
    return "1 seed" if n == 1 else f"{n} seeds"


def summary_of(found: Comparison) -> dict[str, Any]:
    """The few figures of the artefact's manifest."""
    return {
        "n_users": found.n_users,
        "n_reviews": found.n_reviews,
        "a": found.a.label,
        "b": found.b.label,
        "split": found.config.split,
        "seeds": found.config.seeds,
        **{metric: {"change": one.change, "low": one.low, "high": one.high} for metric, one in found.changes.items()},
    }
