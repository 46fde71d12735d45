"""Fixtures: a small workspace that holds one of everything, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.filled import filled, filled_copy
from tests.browser.studio import CHROMIUM, FLAGS

__all__ = ["filled", "filled_copy"]


@pytest.fixture(scope="module", autouse=True)
def needs_chromium() -> None:
    """Before any studio is started: without a browser there is nothing to test."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser: {CHROMIUM} (set LMMREC_CHROMIUM)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()
