from __future__ import annotations

from typing import Any

from app.components.extraction_progress import batch_counts, batch_line, failed_since, failure_line, is_batch
from app.components.job_progress import progress_line
from core.extraction.answer_store import AnswerStore
from core.extraction.ollama.outcome import Answer, Failure
from core.jobs.store import Job
from core.workspace import Workspace, now
from tests.app.components.test_job_progress import job

MEASURES = {"answered": 90, "cached": 20, "failed": 3, "in_flight": 4, "concurrency": 4, "reviews_per_s": 10.0, "tokens_per_s": 1234.4}


def batch(**changes: Any) -> Job:
    arguments = {"dataset": "demo", "config": {"backend": "ollama"}}
    return job(
        **{
            "kind": "extract",
            "arguments": arguments,
            "stage": "Asking tiny:1b",
            "done": 113,
            "total": 1113,
            "measures": MEASURES,
            **changes,
        }
    )


def test_a_batch_says_reviews_and_tokens_a_second_and_the_time_left() -> None:
    assert batch_line(batch()) == "Asking tiny:1b · 113 of 1,113 · 10.0 reviews/s · 1,234 tokens/s · about 1 min 40 s left"
    assert progress_line(batch()) == batch_line(batch())


def test_a_slow_batch_counts_by_the_minute_and_other_levels_count_answers() -> None:
    slow = batch(measures=MEASURES | {"reviews_per_s": 0.25}, stage="Asking tiny:1b about users", total=0)
    assert batch_line(slow) == "Asking tiny:1b about users · 113 done · 15.0 answers a minute · 1,234 tokens/s"


def test_a_paused_batch_promises_no_time() -> None:
    assert batch_line(batch(measures=MEASURES | {"paused": True})) == "Asking tiny:1b · 113 of 1,113 · paused"


def test_counts_say_what_is_not_asked_again() -> None:
    assert batch_counts(batch()) == "90 answered now · 20 were answered before and are not asked again · 3 failed · 4 of 4 in flight"
    assert "before" not in batch_counts(batch(measures=MEASURES | {"cached": 0}))


def test_other_jobs_and_other_stages_are_no_batch() -> None:
    assert is_batch(batch())
    assert not is_batch(batch(measures={}))
    assert not is_batch(batch(arguments={"dataset": "demo", "config": {"backend": "zero-shot"}}))


def test_only_failures_since_the_start_are_shown(workspace: Workspace) -> None:
    store = AnswerStore(workspace)
    failed = Answer(failure=Failure(kind="invalid", message="No JSON"), raw="I would rather not.")
    store.put("a" * 32, "scope", failed)
    moment = now()
    store.put("b" * 32, "scope", failed)
    store.close()
    assert [one.key for one in failed_since(workspace, moment)] == ["b" * 32]


def test_a_reason_is_taken_literally() -> None:
    assert failure_line("cut", "no *stars*", 3) == ":red-badge[cut short] no \\*stars\\*, 3 attempts"
