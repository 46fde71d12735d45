"""The training reviews a trial may show a model: drawn at random, searched, or by number. No other split is read (METHOD 1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from core.data.dataset import ReviewDataset
from core.errors import NotFoundError
from core.extraction.questions import review_text
from core.extraction.texts import SourceTexts


@dataclass(frozen=True)
class TrialReview:
    """One training review with text.

    Args:
        index: its interaction_idx. text: headline and text, as every model reads it and quotes are looked for in it.
        rating: 1..5 or None. item_title: "" where the item has none.
    """

    index: int
    user_idx: int
    item_idx: int
    text: str
    rating: float | None
    item_title: str

    @property
    def variables(self) -> dict[str, Any]:
        """As a prompt takes it; the same as in a run over the dataset, so that answers are shared with it."""
        return {"review": self.text, "rating": self.rating, "item_title": self.item_title}


class TrainingReviews:
    """The training reviews with text of a dataset."""

    def __init__(self, dataset: ReviewDataset) -> None:
        self._dataset = dataset.id
        source = SourceTexts.read(dataset)
        self._source = SourceTexts([row for row in source.reviews if row[4].strip() or row[5].strip()], {})
        self._rows = {row[0]: row for row in self._source.reviews}
        ids, titles = (dataset.items[column].fillna("").astype(str).tolist() for column in ("item_id", "title"))
        self._titles = ["" if title == identifier else title for identifier, title in zip(ids, titles, strict=True)]

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, index: object) -> bool:
        return index in self._rows

    def get(self, index: int) -> TrialReview:
        """The review of an interaction.

        Raises:
            NotFoundError: it is no training review with text.
        """
        row = self._rows.get(index)
        if row is None:
            hint = "Choose another; reviews of validation and test are never shown to a model"
            raise NotFoundError(f"Interaction {index} is no training review with text", where=self._dataset, hint=hint)
        _, user, item, rating, summary, text = row
        return TrialReview(index, user, item, review_text(summary, text), None if isnan(rating) else rating, self._titles[item])

    def several(self, indices: Sequence[int]) -> list[TrialReview]:
        """The reviews of several interactions, in this order; see `get`."""
        return [self.get(index) for index in indices]

    def sampled(self, n: int, seed: int) -> list[int]:
        """``n`` of them drawn at random, as an extraction with this ``sample`` and seed draws them; all where there are no more."""
        return [row[0] for row in self._source.sampled(n, seed).reviews]

    def matching(self, words: str, limit: int = 200) -> list[int]:
        """The first ``limit`` whose text or title holds ``words``, whatever the case; the first of all where there are no words."""
        wanted = " ".join(words.casefold().split())
        found = []
        for index, _, item, _, summary, text in self._source.reviews:
            if not wanted or wanted in f"{self._titles[item]} {summary} {text}".casefold():
                found.append(index)
                if len(found) == limit:
                    break
        return found
