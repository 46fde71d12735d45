"""Trainings in a real browser: a closed tab and a restarted server do not touch them; stopped ones go on; many are one launch."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.jobs.launch import jobs
from core.jobs.launch import stop as stop_job
from core.jobs.store import Job
from core.jobs.sweep_report import read_sweep
from core.workspace import Workspace
from tests.app.hand_made import fill
from tests.browser.studio import running_studio, wait_until_still
from tests.browser.watched import JOB_LIMIT_MS, Watched, choose

pytestmark = pytest.mark.browser
PATIENCE_MS = 120_000
CHECKPOINT_EVERY = 3  # epochs, as often as it validates
UNDER_WAY = re.compile(r"Epoch \d+ · ")
MANY = 90_000  # epochs: a training that does not end while it is watched


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    filled = fill(Workspace(tmp_path / "workspace"))
    yield filled
    for left in jobs(filled):  # a test that failed leaves its training running: jobs survive everything
        if left.live:
            stop_job(filled, left.id, wait_s=30)


def opened(browser: Any, address: str, query: str = "") -> Watched:
    tab = Watched(browser, address)
    tab.page.set_default_timeout(PATIENCE_MS)
    tab.open(f"training?{query}")
    return tab


def fill_in(page: Any, label: str, value: int) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(str(value))
    field.press("Enter")
    wait_until_still(page)


def start_long_training(page: Any) -> None:
    """LightGCN for more epochs than anybody waits for, started from the form once it has said what that takes."""
    page.get_by_text("New training").first.click()
    wait_until_still(page)
    choose(page, "Model", "LightGCN")
    page.get_by_text(re.compile(r"About .* on cpu")).first.wait_for(timeout=JOB_LIMIT_MS)
    fill_in(page, "Epochs", MANY)
    page.get_by_text("All settings").first.click()
    page.get_by_role("tab", name="Optimisation").click()
    fill_in(page, "Patience", MANY)
    page.get_by_role("button", name="Start training").click()
    page.get_by_text(UNDER_WAY).first.wait_for()


def stop(page: Any) -> None:
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("Stopped on request").first.wait_for()


def first_word(space: Workspace) -> Job:
    """The newest job once it has finished an epoch; its curves are there before that, as it goes on from some."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while (found := jobs(space)[0]).live and not found.done:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def closed(tab: Watched) -> None:
    tab.page.close()
    assert tab.complaints == []


def test_a_training_survives_a_closed_tab_and_a_restarted_server_and_goes_on_after_a_stop(space: Workspace, browser: Any) -> None:
    with running_studio(space.root) as address:
        tab = opened(browser, address)
        start_long_training(tab.page)
        closed(tab)
    (running,) = jobs(space)  # the tab is closed, the server is gone
    assert running.live

    with running_studio(space.root) as address:
        tab = opened(browser, address)
        tab.page.get_by_text(re.compile(r"Device: \w+ · memory [\d.]+ [MG]B")).first.wait_for()
        tab.page.get_by_text(UNDER_WAY).first.wait_for()
        assert jobs(space)[0].done > running.done
        stop(tab.page)
        closed(tab)
    (stopped,) = jobs(space)
    assert stopped.status == "stopped"

    with running_studio(space.root) as address:
        tab = opened(browser, address)
        tab.page.get_by_text("Interrupted").first.wait_for()
        tab.page.get_by_role("button", name="Go on").click()
        tab.page.get_by_text(UNDER_WAY).first.wait_for()
        going = first_word(space)
        assert going.arguments == stopped.arguments
        assert going.done >= stopped.done - CHECKPOINT_EVERY  # from its checkpoint, not from the first epoch
        stop(tab.page)
        closed(tab)


def test_seeds_and_ablations_are_one_launch_and_end_in_one_table(space: Workspace, browser: Any) -> None:
    with running_studio(space.root) as address:
        tab = opened(browser, address)
        page = tab.page
        page.get_by_text("New training").first.click()
        wait_until_still(page)
        fill_in(page, "Epochs", 2)
        fill_in(page, "Seeds", 2)
        choose(page, "Also without", "no MCS")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Start 4 trainings").click()
        page.get_by_role("heading", name="Seeds and ablations").wait_for(timeout=JOB_LIMIT_MS)
        (made,) = space.list("sweep")
        report = read_sweep(made)
        assert [(row.variant, row.seeds) for row in report.rows] == [("plain", [0, 1]), ("no-mcs", [0, 1])]
        wait_until_still(page)
        page.get_by_role("button", name="Compare the curves of seed 0").click()
        page.get_by_text("Settings that differ").first.wait_for()
        wait_until_still(page)
        assert (
            page.evaluate("() => { const m = document.querySelector('[data-testid=\"stMain\"]'); return m.scrollWidth - m.clientWidth }")
            <= 0
        )
        copied = page.url
        assert "compare=" in copied
        page.close()
        again = Watched(browser, address)
        again.open(copied.removeprefix(f"{address}/"))
        again.page.get_by_text("Settings that differ").first.wait_for()
        again.page.close()
        assert tab.complaints + again.complaints == []
