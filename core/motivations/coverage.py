"""How far a taxonomy reaches: which share of the statements each motivation holds, and in how many reviews there is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.extraction.schema import OTHER
from core.extraction.taxonomy import Taxonomy


@dataclass(frozen=True)
class Coverage:
    """What the statements of an extraction are about.

    Args:
        counts: statements by key of their motivation, in the taxonomy's order, "other" last.
        n_reviews: training reviews with text. n_covered: those with at least one statement of a named motivation.
    """

    counts: dict[str, int]
    n_reviews: int
    n_covered: int

    @property
    def n_statements(self) -> int:
        """Statements in all."""
        return sum(self.counts.values())

    @property
    def shares(self) -> dict[str, float]:
        """Share of the statements by key, 0..1; they sum to 1 where there are statements."""
        return {key: count / max(self.n_statements, 1) for key, count in self.counts.items()}

    @property
    def share_other(self) -> float:
        """Share of the statements that fit no motivation."""
        return self.shares[OTHER]

    @property
    def covered(self) -> float | None:
        """Share of the reviews with a named motivation; None where there are no reviews."""
        return self.n_covered / self.n_reviews if self.n_reviews else None

    def summary(self) -> dict[str, object]:
        """The figures as the manifest of an extraction holds them."""
        return {
            "coverage": None if self.covered is None else round(self.covered, 4),
            "share_other": round(self.share_other, 4),
            "motivations": dict(self.counts),
        }


def coverage(statements: pd.DataFrame, taxonomy: Taxonomy, n_reviews: int | None = None) -> Coverage:
    """The coverage of statements labelled with a taxonomy.

    Args:
        statements: columns source, interaction_idx and motivation as `core.extraction.schema.STATEMENT_COLUMNS` has them.
        n_reviews: training reviews with text; None counts those with a statement.
    """
    motivation = statements["motivation"].to_numpy(dtype=np.int64)
    counts = np.bincount(motivation, minlength=len(taxonomy) + 1)
    reviews = (statements["source"] == "review").to_numpy(dtype=bool)
    interactions = statements["interaction_idx"].to_numpy(dtype=np.int64)
    covered = len(np.unique(interactions[reviews & (motivation < len(taxonomy))]))
    known = len(np.unique(interactions[reviews])) if n_reviews is None else n_reviews
    return Coverage(dict(zip(taxonomy.keys, map(int, counts), strict=True)), known, covered)
