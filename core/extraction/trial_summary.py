"""What a trial shows: figures per variant, reviews on which variants differ, and all of it as rows and as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from core.extraction.ollama.outcome import Answer
from core.extraction.quality.measures import Agreement, AnswerMeasures, Repeatability, agreement, measure, repeatability
from core.extraction.schema import ReviewMotivations
from core.extraction.trial_reviews import TrialReview
from core.extraction.trials import Cell, Trial


class VariantSummary(BaseModel):
    """Figures of one variant over the answers it has.

    Args:
        answers: how many there are. measures: see there.
        agreement: with the first variant, over reviews both answered; None of the first.
        repeatability: over the rounds with other seeds; None with one round.
        seconds, seconds_sd: mean and standard deviation (ddof 1) of the wall time of an answer, retries included, also of answers
            from the cache; NaN where there are none.
        tokens_per_s: mean speed at which the server wrote; None where it is not known.
        retries: attempts beyond the first, of all answers. truncated: answers with the truncation alarm.
        up, down: thumbs.
    """

    model_config = ConfigDict(frozen=True)

    answers: int
    measures: AnswerMeasures
    agreement: Agreement | None
    repeatability: Repeatability | None
    seconds: float
    seconds_sd: float
    tokens_per_s: float | None
    retries: int
    truncated: int
    up: int
    down: int


Answers = Mapping[str, Answer]


def in_round(cells: Sequence[Cell], round: int) -> dict[tuple[int, int], Cell]:
    """The cells of one round by (review, variant)."""
    return {(cell.review, cell.variant): cell for cell in cells if cell.round == round}


def n_rounds(cells: Sequence[Cell]) -> int:
    """How many rounds were begun, at least one."""
    return 1 + max((cell.round for cell in cells), default=0)


def summaries(trial: Trial, cells: Sequence[Cell], answers: Answers, round: int = 0) -> list[VariantSummary]:
    """Figures of every variant.

    Args:
        cells: of all rounds. answers: by the key of their cell.
        round: which round the figures are of.
    """
    rounds = max(n_rounds(cells), round + 1)  # a round that begins has no cell yet
    results = [
        [_results(trial, in_round(cells, turn), answers, variant) for turn in range(rounds)] for variant in range(len(trial.variants))
    ]
    shown = in_round(cells, round)
    return [_summary(trial, shown, answers, variant, results, round) for variant in range(len(trial.variants))]


def _summary(
    trial: Trial,
    shown: Mapping[tuple[int, int], Cell],
    answers: Answers,
    variant: int,
    results: Sequence[Sequence[list[ReviewMotivations | None]]],
    round: int,
) -> VariantSummary:
    keys = trial.taxonomy.keys[:-1]
    own = [cell for review in trial.reviews if (cell := shown.get((review, variant))) is not None and cell.key in answers]
    found = [answers[cell.key] for cell in own]
    seconds = [answer.seconds for answer in found]
    speeds = [cell.tokens_per_s for cell in own if cell.tokens_per_s is not None]
    of_model = trial.variants[variant].backend == "ollama"
    return VariantSummary(
        answers=len(found),
        measures=measure(found, keys),
        agreement=agreement(results[0][round], results[variant][round], keys) if variant else None,
        repeatability=repeatability(results[variant], keys) if of_model and len(results[variant]) > 1 else None,
        seconds=float(np.mean(seconds)) if seconds else float("nan"),
        seconds_sd=float(np.std(seconds, ddof=1)) if len(seconds) > 1 else float("nan"),
        tokens_per_s=float(np.mean(speeds)) if speeds else None,
        retries=sum(max(0, answer.attempts - 1) for answer in found),
        truncated=sum(answer.truncated for answer in found),
        up=sum(cell.thumb == 1 for cell in own),
        down=sum(cell.thumb == -1 for cell in own),
    )


def _results(trial: Trial, shown: Mapping[tuple[int, int], Cell], answers: Answers, variant: int) -> list[ReviewMotivations | None]:
    found = [shown.get((review, variant)) for review in trial.reviews]
    return [answers[cell.key].result if cell is not None and cell.key in answers else None for cell in found]


def failed(answers: Sequence[Answer | None]) -> bool:
    """Whether one of the answers about a review failed."""
    return any(answer is not None and answer.failure is not None for answer in answers)


def ungrounded(answers: Sequence[Answer | None]) -> bool:
    """Whether one of them holds a quote that does not stand in the review."""
    return any(answer is not None and not all(grounding.grounded for grounding in answer.groundings) for answer in answers)


def different(answers: Sequence[Answer | None]) -> bool:
    """Whether the answers there are name other motivations, or with another polarity; a failed one differs from any other."""
    said = {_said(answer) for answer in answers if answer is not None}
    return len(said) > 1


def _said(answer: Answer) -> frozenset[tuple[str, str]] | None:
    if answer.result is None:
        return None
    return frozenset((motivation.name, motivation.polarity) for motivation in answer.result.motivations)


def trial_rows(trial: Trial, cells: Sequence[Cell], answers: Answers, reviews: Mapping[int, TrialReview]) -> list[dict[str, Any]]:
    """One row a motivation, and one an answer without any: a flat table."""
    rows = []
    for cell in cells:
        answer = answers.get(cell.key)
        if answer is None:
            continue
        head = _head(trial, cell, answer, reviews[cell.review])
        found = answer.result.motivations if answer.result else []
        said = [
            {**motivation.model_dump(), "grounded": grounding.grounded, "grounding": grounding.score}
            for motivation, grounding in zip(found, answer.groundings, strict=True)
        ]
        rows += [{**head, **one} for one in said or [dict.fromkeys(_MOTIVATION)]]
    return rows


_MOTIVATION = ("name", "statement", "quote", "polarity", "strength", "grounded", "grounding")


def _head(trial: Trial, cell: Cell, answer: Answer, review: TrialReview) -> dict[str, Any]:
    variant = trial.variants[cell.variant]
    return {
        "review": cell.review,
        "item": review.item_title,
        "rating": review.rating,
        "text": review.text,
        "variant": chr(ord("A") + cell.variant),
        "prompt": variant.title.split(" · ")[0],
        "model": variant.model,
        "temperature": variant.options.temperature if variant.model else None,
        "seed": variant.options.seed + cell.round if variant.model else None,
        "round": cell.round,
        "failure": answer.failure.kind if answer.failure else "",
        "reason": answer.failure.message if answer.failure else "",
        "need": answer.result.need if answer.result else "",
        "attempts": answer.attempts,
        "seconds": answer.seconds,
        "tokens_per_s": cell.tokens_per_s,
        "prompt_tokens": answer.prompt_tokens,
        "answer_tokens": answer.answer_tokens,
        "truncated": answer.truncated,
        "from_cache": cell.cached,
        "thumb": cell.thumb,
        "comment": cell.comment,
    }


def trial_document(trial: Trial, cells: Sequence[Cell], answers: Answers, reviews: Mapping[int, TrialReview]) -> dict[str, Any]:
    """All of a trial as plain data: prompts, settings, reviews, whole answers with raw text, thumbs and comments."""
    return {
        "trial": trial.id,
        **trial.model_dump(mode="json", exclude={"reviews"}),
        "reviews": [
            {"index": index, "item": reviews[index].item_title, "rating": reviews[index].rating, "text": reviews[index].text}
            for index in trial.reviews
        ],
        "cells": [
            cell.model_dump(mode="json") | {"answer": answers[cell.key].model_dump(mode="json")} for cell in cells if cell.key in answers
        ],
    }
