"""How long a page takes to answer a click, in a real browser: what the limit's test and `benchmarks/pages.py` share."""

from __future__ import annotations

import statistics
import time
from typing import Any

from tests.browser.studio import PAGES, wait_until_still

_STILL = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_CHART = ".js-plotly-plot .main-svg"
CHARTS = {"Motivation map", "Profiles", "Recommendations"}
_ROUNDS, _QUIET_S = 1_000_000, 0.065
"""Turns of a loop, and the seconds they take on the quiet machine on which the limits were set."""


def answer_time(page: Any, title: str) -> float:
    """Seconds from the click on a page's link to its heading, a script at rest, nothing stale, and its first chart drawn."""
    began = time.perf_counter()
    page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click()
    page.locator("h1", has_text=title).wait_for()
    page.wait_for_selector(_STILL)
    page.wait_for_function('() => !document.querySelector(\'[data-testid="stSkeleton"], [data-stale="true"]\')')
    if title in CHARTS:
        page.locator(_CHART).first.wait_for()
    took = time.perf_counter() - began
    wait_until_still(page)
    return took


def answer_times(page: Any, address: str, rounds: int, query: str = "") -> dict[str, list[float]]:
    """Answer times of every page, ``rounds`` times round all of them; the first round, which fills caches, is the first figure."""
    page.goto(f"{address}/training?{query}")
    wait_until_still(page)
    times: dict[str, list[float]] = {title: [] for title in PAGES}
    for _ in range(rounds):
        for title in PAGES:
            times[title].append(answer_time(page, title))
    return times


def slowdown() -> float:
    """How many times slower than the quiet machine of `_QUIET_S` this one is at present; no less than 1."""
    taken = []
    for _ in range(5):
        began, total = time.perf_counter(), 0
        for number in range(_ROUNDS):
            total += number * number % 7
        taken.append(time.perf_counter() - began)
    return max(1.0, statistics.median(taken) / _QUIET_S)
