"""What an extraction by a language model will take, measured on a few real answers before the start.

The answers asked for here are kept like all others: nothing of an estimate is wasted.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from core.data.dataset import ReviewDataset
from core.extraction.answer_store import AnswerStore
from core.extraction.batch import BatchReport, Request, run_batch
from core.extraction.config import ExtractionConfig
from core.extraction.ollama_plan import Plan, chunks
from core.extraction.questions import Level
from core.progress import Progress, ProgressEvent, never_stop, silent
from core.workspace import Workspace

FEWEST_MEASURED = 4


class Estimate(BaseModel):
    """What is ahead of an extraction.

    Args:
        n_requests: distinct questions about reviews, users and items. n_cached: of them, answered now (those measured too).
        n_failed: of them, failed and not asked again without retry. n_left: still to be asked.
        n_merges_at_most: questions that merge statements; how many there are is known when the reviews are read. They are
            counted in ``seconds`` and tokens as if each were a question like the others.
        n_measured: answers the rates come from. requests_per_s: with as many in flight as the settings say; None where nothing
            was left to measure.
        seconds, prompt_tokens, answer_tokens: expected for what is left.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    n_requests: int
    n_cached: int
    n_failed: int
    n_left: int
    n_merges_at_most: int
    n_measured: int
    requests_per_s: float | None
    seconds: float
    prompt_tokens: int
    answer_tokens: int

    @property
    def tokens(self) -> int:
        """Tokens read and written."""
        return self.prompt_tokens + self.answer_tokens


@dataclass(frozen=True)
class _Ahead:
    """One level before it is asked."""

    n_distinct: int
    n_cached: int
    n_failed: int
    drawn: list[Request]

    @property
    def n_left(self) -> int:
        return self.n_distinct - self.n_cached - self.n_failed


@dataclass(frozen=True)
class _Cost:
    """What the measured answers of one level took; ``seconds`` counts the time until the last of them was there."""

    n: int = 0
    seconds: float = 0.0
    prompt_tokens: int = 0
    answer_tokens: int = 0


def estimate(
    workspace: Workspace,
    dataset: ReviewDataset,
    config: ExtractionConfig,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
    *,
    n_measured: int | None = None,
) -> Estimate:
    """Count the questions of an extraction and ask a few that have no answer yet.

    Args:
        n_measured: how many of each level, besides one that is waited for first because it may load the model; None takes twice
            the concurrency, four at least.

    Raises:
        InputError, OllamaError, BatchError, StoppedError: as the extraction itself.
    """
    plan = Plan.open(workspace, dataset, config)
    wanted = max(FEWEST_MEASURED, 2 * plan.settings.concurrency) if n_measured is None else n_measured
    with closing(AnswerStore(workspace)) as store:
        aheads = [_ahead(level, store, wanted + 1) for level in plan.levels]
        costs = [_measured(plan, level, ahead, store, progress, stop) for level, ahead in zip(plan.levels, aheads, strict=True)]
        cached = [ahead.n_cached + sum(state == "answered" for state in _states(store, ahead)) for ahead in aheads]
        failed = [ahead.n_failed + sum(state == "failed" for state in _states(store, ahead)) for ahead in aheads]
    left = [ahead.n_distinct - done - lost for ahead, done, lost in zip(aheads, cached, failed, strict=True)]
    merges = _merges_at_most(plan) if "merge" in plan.prompts else 0
    left_or_merged = [left[0] + merges, *left[1:]]
    whole = _Cost(*(sum(getattr(cost, name) for cost in costs) for name in ("n", "seconds", "prompt_tokens", "answer_tokens")))
    per_level = [cost if cost.n else whole for cost in costs]

    def expected(name: str) -> float:
        return sum(n * getattr(cost, name) / cost.n for n, cost in zip(left_or_merged, per_level, strict=True) if cost.n)

    return Estimate(
        model=plan.settings.model,
        n_requests=sum(ahead.n_distinct for ahead in aheads),
        n_cached=sum(cached),
        n_failed=sum(failed),
        n_left=sum(left),
        n_merges_at_most=merges,
        n_measured=whole.n,
        requests_per_s=round(whole.n / whole.seconds, 3) if whole.seconds else None,
        seconds=round(expected("seconds"), 1),
        prompt_tokens=round(expected("prompt_tokens")),
        answer_tokens=round(expected("answer_tokens")),
    )


def _ahead(level: Level, store: AnswerStore, wanted: int) -> _Ahead:
    """Count a level's questions and draw some that have no answer yet, each as likely as any other."""
    generator = random.Random(0)
    seen: set[str] = set()
    n_cached = n_failed = n_open = 0
    drawn: list[Request] = []
    for chunk in chunks(level.questions()):
        fresh = {question.request.key: question.request for question in chunk if question.request.key not in seen}
        seen |= fresh.keys()
        states = store.states(list(fresh))
        n_cached += sum(state == "answered" for state in states.values())
        n_failed += sum(state == "failed" for state in states.values())
        for key, request in fresh.items():
            if key not in states:
                n_open += 1
                position = generator.randrange(n_open)
                if len(drawn) < wanted:
                    drawn.insert(position, request)
                elif position < wanted:
                    drawn[position] = request
    return _Ahead(len(seen), n_cached, n_failed, drawn)


def _measured(plan: Plan, level: Level, ahead: _Ahead, store: AnswerStore, progress: Progress, stop: Callable[[], bool]) -> _Cost:
    """Ask the questions drawn: one alone, which may load the model, then the others as the batch will."""
    if not ahead.drawn:
        return _Cost()
    first, rest = ahead.drawn[:1], ahead.drawn[1:]
    stage = f"Measuring {plan.settings.model}"
    progress(ProgressEvent(stage, 0, len(ahead.drawn)))

    def asked(requests: list[Request]) -> tuple[BatchReport, float]:
        started = time.monotonic()
        report = run_batch(
            requests,
            lambda request: level.asker.extractor.ask(request.variables, stop),
            store,
            concurrency=plan.settings.concurrency,
            stop=stop,
        )
        return report, time.monotonic() - started

    report, seconds = asked(first)
    if rest:
        progress(ProgressEvent(stage, 1, len(ahead.drawn)))
        report, seconds = asked(rest)
    progress(ProgressEvent(stage, len(ahead.drawn), len(ahead.drawn)))
    return _Cost(report.asked, seconds, report.prompt_tokens, report.answer_tokens)


def _states(store: AnswerStore, ahead: _Ahead) -> list[str]:
    return list(store.states([request.key for request in ahead.drawn]).values())


def _merges_at_most(plan: Plan) -> int:
    """Users and items with a review: each may have statements to merge."""
    reviews = [row for row in plan.source.reviews if row[4].strip() or row[5].strip()]
    return len({row[1] for row in reviews}) + len({row[2] for row in reviews})
