"""What is shown of an extraction: one text with what was found in it, and which of them are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.extraction.ollama.outcome import Answer
from core.extraction.schema import Polarity

Level = Literal["review", "user", "item"]
Only = Literal["all", "named", "ungrounded", "failed", "nothing"]


@dataclass(frozen=True)
class ResultFilter:
    """Which results are wanted.

    Args:
        motivations: keys; with a statement of one of them. Empty: any.
        polarity: with a statement of this polarity; together with ``motivations`` and "ungrounded" one statement has to be all.
        only: "named" holds a motivation of the taxonomy, "ungrounded" a quote that is not in the text, "failed" an answer that
            could not be used, "nothing" a valid answer without a motivation of the taxonomy.
        words: in the text, the title or a statement, whatever their case.
    """

    motivations: frozenset[str] = frozenset()
    polarity: Polarity | None = None
    only: Only = "all"
    words: str = ""


@dataclass(frozen=True)
class Result:
    """One text and what was extracted from it.

    Args:
        subject: interaction_idx of a review, user_idx or item_idx of a profile.
        title: of the item, or the user's name. rating: of a review; None where it has none.
        text: as the extractor read it; the reviews behind a profile, newest first. left_out: reviews not shown in it.
        answer: with the places of the quotes in ``text``; as long as nothing failed it has a result.
    """

    level: Level
    subject: int
    title: str
    rating: float | None
    text: str
    answer: Answer
    left_out: int = 0
