"""How long a benchmark still takes is what it says itself: trainings differ in length, and some were done before this sitting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.components.job_progress import progress_line
from core.jobs.store import Job

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
AT = BEGAN.isoformat()
RUNNING = Job(
    id="j1",
    kind="benchmark",
    arguments={},
    status="running",
    pid=1,
    pid_started=0.0,
    stage="Training and measuring",
    done=30,
    total=40,
    measures={"running": ["ease, plain, seed 1"], "left_s": 300},
    message="",
    result_kind=None,
    result=None,
    created_at=AT,
    started_at=AT,
    stage_started_at=AT,
    updated_at=AT,
    stop_requested_at=None,
    finished_at=None,
)


def test_the_time_left_is_the_benchmarks_own() -> None:
    assert "about 5 min 00 s left" in progress_line(RUNNING, BEGAN + timedelta(seconds=10))


def test_other_work_is_reckoned_by_its_rate() -> None:
    assert "about 3 s left" in progress_line(replace(RUNNING, measures={}), BEGAN + timedelta(seconds=10))
