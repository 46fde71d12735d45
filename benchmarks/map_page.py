"""How long the motivation map of many points takes: to appear, to change its colour, to be filtered, and to answer a lasso."""

from __future__ import annotations

import math
import time
from typing import Any

from playwright.sync_api import Browser, Page

_PATIENCE_MS = 120_000
_COLOURS = ("Cluster", "Trust", "Activity", "Said motivation", "Main motivation", "Distinctive motivation")
_COUNT = """() => {
  const plot = document.querySelector('.js-plotly-plot');
  if (!plot || !plot._fullLayout || !plot.calcdata) return null;
  if (plot.drawings === undefined) { plot.drawings = 1; plot.on('plotly_afterplot', () => { plot.drawings += 1; }); }
  return plot.drawings;
}"""
_DRAWN = """(before) => {
  const plot = document.querySelector('.js-plotly-plot');
  const still = document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]');
  const fresh = !document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]');
  const drawn = plot && (plot.drawings === undefined ? plot.calcdata : plot.drawings > before);  // undefined: another plot took its place
  return drawn && still && fresh;
}"""
_PAINTED = """() => {
  const plot = document.querySelector('.js-plotly-plot');
  return plot && plot.calcdata && plot.querySelector('.legend .traces, .colorbar') && plot.querySelector('canvas');
}"""


def map_times(browser: Browser, address: str, query: str, rounds: int) -> dict[str, list[float]]:
    """Seconds of each step, ``rounds`` times, each round in a tab of its own.

    Returns:
        "first paint" (from the address to the drawn chart), "colour", "filter" (from the click to the drawn chart), "lasso" (from
        letting go of the mouse to the list of members).
    """
    times: dict[str, list[float]] = {step: [] for step in ("first paint", "colour", "filter", "lasso")}
    for number in range(rounds):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(_PATIENCE_MS)
        began = time.perf_counter()
        page.goto(f"{address}/motivation_map?{query}")
        page.wait_for_function(_PAINTED)
        times["first paint"].append(time.perf_counter() - began)
        _settle(page)
        times["colour"].append(_until_drawn(page, _colour_click(page, _COLOURS[number % len(_COLOURS)])))
        _settle(page)
        times["filter"].append(_until_drawn(page, page.get_by_test_id("stButtonGroup").get_by_role("button", name="Items", exact=True)))
        _settle(page)
        times["lasso"].append(_lasso(page))
        page.close()
    return times


def _settle(page: Page) -> None:
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(1500)


def _colour_click(page: Page, name: str) -> Any:
    """The option of the list of colourings, ready to be clicked."""
    page.get_by_role("combobox", name="Colour by").click()
    option = page.get_by_role("option", name=name, exact=True)
    option.wait_for()
    page.wait_for_timeout(400)
    return option


def _until_drawn(page: Page, target: Any) -> float:
    before = page.evaluate(_COUNT)
    began = time.perf_counter()
    target.click()
    page.wait_for_function(_DRAWN, arg=before)
    return time.perf_counter() - began


def _lasso(page: Page) -> float:
    """Around the middle of the map, about half of its width."""
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    assert box is not None
    centre, radius = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), min(box["width"], box["height"]) * 0.35
    corners = [(centre[0] + radius * math.cos(step / 4), centre[1] + radius * math.sin(step / 4)) for step in range(26)]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner)
    began = time.perf_counter()
    page.mouse.up()
    page.get_by_text("inside your outline").first.wait_for()
    page.wait_for_function("() => !document.querySelector('[data-stale=\"true\"]')")
    return time.perf_counter() - began
