"""The why page in a real browser: footnotes open, sliders rank anew, links reopen every view, and no other host is asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from core.workspace import Workspace
from tests.browser.studio import running_studio, wait_until_still
from tests.browser.watched import Watched

pytestmark = pytest.mark.browser
SIDEWAYS = "() => { const m = document.querySelector('[data-testid=\"stMain\"]'); return m.scrollWidth - m.clientWidth }"
_SLOWEST_CLICK_S = 5.0  # a bound on defects, not a figure: the machine may have other work


@pytest.fixture(scope="module")
def address(filled: Workspace) -> Iterator[str]:
    with running_studio(filled.root) as found:
        yield found


@pytest.fixture
def tab(address: str, browser: Any) -> Iterator[Watched]:
    """A tab that must stay without an error of the console and a request to another host."""
    watched = Watched(browser, address)
    watched.page.set_default_timeout(120_000)
    yield watched
    watched.page.close()
    assert watched.complaints == []


def test_from_a_recommendation_to_its_evidence_and_what_if(tab: Watched, address: str) -> None:
    page = tab.page
    page.goto(f"{address}/recommendations?user=user-07&item=item-03")
    wait_until_still(page)
    assert page.evaluate(SIDEWAYS) <= 0
    page.get_by_role("button", name="1 number").click()
    page.get_by_text("of what speaks for the item:").first.wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("What if", exact=True).click()
    page.get_by_text("(as it is)").wait_for()
    wait_until_still(page)
    assert "view=what-if" in page.url
    slider = page.get_by_role("slider").first
    slider.focus()
    began = time.perf_counter()
    page.keyboard.press("Home")
    page.get_by_text("are new)").wait_for()
    assert time.perf_counter() - began < _SLOWEST_CLICK_S
    wait_until_still(page)
    assert "weight_" in page.url
    link = page.url
    page.goto(link)
    page.get_by_text("are new)").wait_for()
    assert page.evaluate(SIDEWAYS) <= 0


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("drop=value_for_money&user=user-07", "Without them: place"),
        ("beside=small-lightgcn-s0-li00&user=user-07", "it ranks, but cannot say why"),
        ("view=faithfulness", "95 % interval"),
        ("view=newcomer", "Newcomers need a run of LMMRec"),
    ],
)
def test_links_reopen_their_view(tab: Watched, address: str, query: str, words: str) -> None:
    page = tab.page
    page.goto(f"{address}/recommendations?{query}")
    page.get_by_text(words).first.wait_for()
    wait_until_still(page)
    assert page.evaluate(SIDEWAYS) <= 0
