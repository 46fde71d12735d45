"""How long the what-if page takes over a large catalogue: from a key on a slider to the new list, in a real browser."""

from __future__ import annotations

import time

from playwright.sync_api import Browser

_PATIENCE_MS = 120_000
_ANSWERED = """before => {
  const still = document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]');
  const fresh = !document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]');
  return location.search !== before && still && fresh;
}"""


def what_if_times(browser: Browser, address: str, query: str, rounds: int) -> dict[str, list[float]]:
    """Seconds until the page of a user is there, once, and until a moved slider is answered, ``rounds`` times.

    A slider waits a moment for the next key before it tells the server; that is part of what people wait for, so it counts.
    """
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(_PATIENCE_MS)
    began = time.perf_counter()
    page.goto(f"{address}/recommendations?{query}&view=what-if")
    page.get_by_text("items ranked anew in").wait_for()
    times = {"first paint": [time.perf_counter() - began], "slider": []}
    page.wait_for_timeout(2000)
    sliders = page.get_by_role("slider")
    for number in range(rounds):
        sliders.nth(number % sliders.count()).focus()
        before = page.evaluate("location.search")
        began = time.perf_counter()
        page.keyboard.press("Home" if number < sliders.count() else "ArrowRight")
        page.wait_for_function(_ANSWERED, arg=before)
        times["slider"].append(time.perf_counter() - began)
        page.wait_for_timeout(500)
    page.close()
    return times
