"""What the browser tests do with a page: watch it for complaints, choose from its boxes, open a file without a network."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import TimeoutError as BrowserTimeout

from tests.browser.studio import wait_until_still

JOB_LIMIT_MS = 240_000
PATIENCE_MS = 120_000
TRIES, OPENS_WITHIN_MS = 6, 10_000
# Opened by a link to a page, Streamlit looks for its server below that page's path first, gets 404 and then finds it.
PROBE = re.compile(r"/\w+/_stcore/")


class Watched:
    """A tab that remembers what it should not have done."""

    def __init__(self, browser: Any, address: str) -> None:
        self.address = address
        self.complaints: list[str] = []
        self.page = browser.new_page(viewport={"width": 1280, "height": 900})
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        place = message.location.get("url", "")
        if message.type == "error" and not PROBE.search(place):
            self.complaints.append(f"console: {message.text} ({place})")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.address, self.address.replace("http", "ws"), "data:", "blob:")):
            self.complaints.append(f"request to another host: {request.url}")

    def open(self, path: str) -> Any:
        self.page.goto(f"{self.address}/{path}")
        wait_until_still(self.page)
        return self.page


def choose(page: Any, label: str, option: str) -> None:
    """Pick an option of a select box."""
    wanted = page.get_by_role("option", name=option, exact=True)
    _opened(page, page.get_by_role("combobox", name=label), lambda: wanted.click(timeout=OPENS_WITHIN_MS))
    wait_until_still(page)


def exported(page: Any, table: str, folder: Path, file_type: str = "CSV") -> Path:
    """The file that the export menu of a table gives, by the beginning of the table's name."""
    button = page.get_by_test_id("stPopoverBody").get_by_role("button", name=file_type, exact=True)
    page.mouse.move(2, 2)  # a table under the mouse lays its toolbar over what stands close above it
    menu = page.locator(f'[class*="st-key-export-{table}"] button').first
    _opened(page, menu, lambda: button.wait_for(timeout=OPENS_WITHIN_MS))
    with page.expect_download() as given:
        button.click()
    path = folder / given.value.suggested_filename
    given.value.save_as(path)
    page.keyboard.press("Escape")
    return path


def _opened(page: Any, opener: Any, use: Callable[[], object]) -> None:
    """Open a list or a menu and use it; a rerun that was still under way may close it, then it is opened again."""
    for _ in range(TRIES):
        opener.click()
        try:
            use()
            return
        except BrowserTimeout:
            page.keyboard.press("Escape")
    raise AssertionError(f"{opener} never offered what was wanted")


def reviews_file(folder: Path) -> Path:
    """A CSV of 30 users and 20 items whose columns have names of their own."""
    generator = np.random.default_rng(2)
    lines = ["who,what,stars,said"]
    for user in range(30):
        for item in generator.choice(20, size=10, replace=False):
            lines.append(f"u{user},i{item},{generator.integers(1, 6)},The price was fair and it is well made.")
    path = folder / "my_reviews.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def offline(browser: Any, path: Path, scheme: str) -> tuple[Any, list[str]]:
    """The file in a browser without a network, and what it complained of or asked for."""
    context = browser.new_context(color_scheme=scheme, offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if request.url != path.as_uri() else None)
    page.goto(path.as_uri())
    return page, complaints
