from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.components.job_progress import job_table, progress_line, share, title
from core.jobs.store import Job

AT = datetime(2026, 1, 1, 12, 0, 40, tzinfo=UTC)


def job(**changes: Any) -> Job:
    plain: dict[str, Any] = {
        "id": "train-1",
        "kind": "train",
        "arguments": {"dataset": "demo"},
        "status": "running",
        "pid": 1,
        "pid_started": 1.0,
        "stage": "Training",
        "done": 20,
        "total": 100,
        "measures": {},
        "message": "",
        "result_kind": None,
        "result": None,
        "created_at": "2026-01-01T12:00:00+00:00",
        "started_at": "2026-01-01T12:00:00+00:00",
        "stage_started_at": "2026-01-01T12:00:20+00:00",
        "updated_at": "2026-01-01T12:00:40+00:00",
        "stop_requested_at": None,
        "finished_at": None,
    }
    return Job(**(plain | changes))


def test_the_line_says_stage_count_rate_and_time_left() -> None:
    assert progress_line(job(), AT) == "Training · 20 of 100 · 1.00/s · about 1 min 20 s left in this stage"


def test_a_stage_without_a_total_shows_what_is_done() -> None:
    assert progress_line(job(total=0, done=7, stage_started_at=None), AT) == "Training · 7 done"


def test_a_waiting_job_says_so() -> None:
    assert progress_line(job(status="queued"), AT) == "Waiting to start"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 0.2),
        ({"total": 0}, 0.0),
        ({"done": 500}, 1.0),
        ({"measures": {"step": 3, "steps": 4}}, 0.55),
        ({"measures": {"step": 4, "steps": 4}, "done": 100}, 1.0),
    ],
)
def test_share_counts_all_stages(changes: dict[str, Any], expected: float) -> None:
    assert share(job(**changes)) == pytest.approx(expected)


def test_a_job_is_named_after_what_it_works_on() -> None:
    assert title(job()) == "Training of demo"
    assert title(job(kind="pipeline", arguments={"request": {"name": "mine"}})) == "Reviews to recommendations of mine"
    assert title(job(kind="demo", arguments={})) == "Demo workspace"


def test_the_table_tells_how_long_a_job_took_and_how_it_ended() -> None:
    (row,) = job_table([job(status="failed", finished_at="2026-01-01T12:01:05+00:00", message="No such file.")])
    assert row["state"] == "Failed"
    assert row["took"] == "1 min 05 s"
    assert row["what happened"] == "No such file."
