"""How well the variants of a prompt trial find the motivations that were planted in the generated demo's reviews.

Not every review tells why its author went (`PlantedScore.telling`), and a short one leaves the second motivation out: a reader who
misses nothing does not reach 1 either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict

from core.data.dataset import ReviewDataset
from core.evaluation.planted import Planted, training_truth
from core.extraction.ollama.outcome import Answer
from core.extraction.quality.scores import ratio
from core.extraction.trial_summary import in_round
from core.extraction.trials import Cell, Trial

Named = frozenset[str]


class PlantedScore(BaseModel):
    """How one variant's answers agree with the planted motivations.

    Args:
        reviews: those it answered and something was planted in. telling: those of them whose text speaks of what was planted.
        macro_f1: mean of F1 over the motivations planted or named in these reviews. micro_f1: over all (review, motivation) pairs.
    """

    model_config = ConfigDict(frozen=True)

    reviews: int
    telling: int
    macro_f1: float
    micro_f1: float


@dataclass(frozen=True)
class TrialTruth:
    """The planted truth of a dataset's training reviews.

    Args:
        keys: of the planted motivations. planted: of each review by interaction_idx, why its author went: one or two of them.
        telling: the reviews whose text speaks of it.
    """

    keys: tuple[str, ...]
    planted: Mapping[int, Named]
    telling: frozenset[int]

    @classmethod
    def of(cls, dataset: ReviewDataset, planted: Planted) -> TrialTruth:
        """The truth of the training reviews with text.

        Raises:
            InputError: the truth is not about this dataset.
        """
        rows = training_truth(dataset, planted)
        pairs = zip(rows["interaction_idx"].tolist(), rows["dominant"], rows["second"], strict=True)
        return cls(
            keys=tuple(planted.keys),
            planted={index: frozenset(filter(None, (dominant, second))) for index, dominant, second in pairs},
            telling=frozenset(rows.loc[rows["matches"].astype(bool), "interaction_idx"].tolist()),
        )

    def scores(self, trial: Trial, cells: Sequence[Cell], answers: Mapping[str, Answer], round: int = 0) -> list[PlantedScore | None]:
        """The score of every variant in one round; None where it answered no such review.

        None of all, too, where the trial's taxonomy lacks a planted motivation: that would judge the list and not its reader.

        Args:
            cells: of all rounds. answers: by the key of their cell.
        """
        if not set(self.keys) <= set(trial.taxonomy.keys):
            return [None] * len(trial.variants)
        shown = in_round(cells, round)
        found: list[PlantedScore | None] = []
        for variant in range(len(trial.variants)):
            own = {review: cell for review in trial.reviews if (cell := shown.get((review, variant))) is not None}
            named = {review: _named(answers[cell.key]) for review, cell in own.items() if cell.key in answers}
            found.append(self._score({review: said for review, said in named.items() if review in self.planted}))
        return found

    def _score(self, named: Mapping[int, Named]) -> PlantedScore | None:
        if not named:
            return None
        truth, predicted = (
            np.array([[key in sets[review] for key in self.keys] for review in named], dtype=bool) for sets in (self.planted, named)
        )
        macro, micro = planted_f1(truth, predicted)
        return PlantedScore(reviews=len(named), telling=len(self.telling & named.keys()), macro_f1=macro, micro_f1=micro)


def planted_f1(truth: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Macro- and micro-F1, F1 = 2 TP / (2 TP + FP + FN).

    The macro figure leaves out motivations neither planted nor named: a few reviews hold but some, and 0 for the others would say
    nothing of the reader. Both are 0 where nothing is.

    Args:
        truth, predicted: bool [n, K].
    """
    hits, whole = (truth & predicted).sum(axis=0, dtype=np.float64), truth.sum(axis=0) + predicted.sum(axis=0, dtype=np.float64)
    there = whole > 0
    macro = float(ratio(2 * hits[there], whole[there]).mean()) if there.any() else 0.0
    return macro, float(ratio(2 * hits.sum(), whole.sum()))


def _named(answer: Answer) -> Named:
    """What an answer names; a failed one names nothing."""
    return frozenset(motivation.name for motivation in answer.result.motivations) if answer.result else frozenset()
