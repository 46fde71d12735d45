"""What two extractions made of the same sample of reviews: the figures of each by one definition for every backend, and their agreement."""

from __future__ import annotations

from collections.abc import Set

import numpy as np
import pandas as pd

from core.extraction.quality.measures import jaccard
from core.extraction.schema import STATEMENT_COLUMNS
from core.extraction.taxonomy import Taxonomy
from core.jobs.comparison_result import Quality
from core.workspace import Artefact

_USED = ["interaction_idx", "motivation", "grounded"]


class Reading:
    """What one extraction says of the reviews of a sample.

    Args:
        reviews: interaction_idx of every review of the sample.
    """

    def __init__(self, extraction: Artefact, reviews: Set[int]) -> None:
        self.taxonomy = Taxonomy.read(extraction.path / "taxonomy.json")
        statements = pd.read_parquet(extraction.path / "statements.parquet").astype(STATEMENT_COLUMNS)
        self.statements = statements.loc[statements["source"] == "review", _USED]
        self.answers = _answers(extraction)
        failed = set(self.answers.loc[self.answers["failure"] != "", "interaction_idx"].tolist())
        self.n_reviews = len(reviews)
        self.read = frozenset(reviews) - failed

    def quality(self) -> Quality:
        """The figures of this extraction."""
        named = self.statements["motivation"] < len(self.taxonomy)
        counts = self.statements["motivation"].value_counts()
        asked = self.answers[~self.answers["repeated"]]
        n_statements = len(self.statements)
        return Quality(
            n_reviews=self.n_reviews,
            n_failed=self.n_reviews - len(self.read),
            valid_share=_share(len(self.read), self.n_reviews),
            n_statements=n_statements,
            per_review=_share(n_statements, len(self.read)),
            grounded_share=_share(int(self.statements["grounded"].sum()), n_statements),
            coverage=_share(int(self.statements.loc[named, "interaction_idx"].nunique()), self.n_reviews),
            share_other=_share(n_statements - int(named.sum()), n_statements),
            motivations={key: int(counts.get(index, 0)) for index, key in enumerate(self.taxonomy.keys)},
            n_truncated=int(asked["truncated"].sum()),
            prompt_tokens=int(asked["prompt_tokens"].sum()),
            answer_tokens=int(asked["answer_tokens"].sum()),
            answer_seconds=round(float(asked["seconds"].sum()), 2),
        )

    def named(self) -> dict[int, frozenset[str]]:
        """The motivations of the taxonomy each review that could be read names, by interaction_idx."""
        keys = self.taxonomy.keys
        own = self.statements[self.statements["motivation"] < len(self.taxonomy)]
        found: dict[int, set[str]] = {review: set() for review in self.read}
        for review, motivation in zip(own["interaction_idx"].tolist(), own["motivation"].tolist(), strict=True):
            found.setdefault(review, set()).add(keys[motivation])
        return {review: frozenset(names) for review, names in found.items()}


def agreement(first: Reading, second: Reading) -> float | None:
    """Mean over the reviews both could read of the Jaccard index of the motivations they name; None where both read none."""
    ones, others = first.named(), second.named()
    indices = [jaccard(ones[review], others[review]) for review in first.read & second.read]
    return float(np.mean(indices)) if indices else None


def _answers(extraction: Artefact) -> pd.DataFrame:
    """The answers about reviews; no rows for a backend that asks nobody."""
    path = extraction.path / "answers.parquet"
    columns = ["level", "interaction_idx", "failure", "repeated", "truncated", "prompt_tokens", "answer_tokens", "seconds"]
    if not path.exists():
        return pd.DataFrame({column: pd.Series(dtype=bool if column in ("repeated", "truncated") else object) for column in columns})
    answers = pd.read_parquet(path, columns=columns)
    return answers[answers["level"] == "review"]


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
