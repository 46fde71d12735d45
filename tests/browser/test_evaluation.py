"""The evaluation page in a real browser: `pytest -m browser tests/browser`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.workspace import Workspace
from tests.app.hand_made import fill
from tests.app.made_benchmark import publish
from tests.browser.studio import running_studio, wait_until_still
from tests.browser.watched import Watched

pytestmark = pytest.mark.browser
PARTS = ["Accuracy", "Activity", "Beyond accuracy", "Noise", "Controls, ablations", "Explanations", "Published", "Made of"]
SIDEWAYS = "() => { const m = document.querySelector('[data-testid=\"stMain\"]'); return m.scrollWidth - m.clientWidth }"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    space = fill(Workspace(tmp_path_factory.mktemp("evaluation") / "workspace"))
    publish(space, space.list("dataset")[0], failed=True)
    with running_studio(space.root) as found:
        yield found


@pytest.fixture
def tab(address: str, browser: Any) -> Iterator[Watched]:
    watched = Watched(browser, address)
    yield watched
    watched.page.close()
    assert watched.complaints == []


def test_every_part_opens_quietly_and_the_link_reopens_it(tab: Watched) -> None:
    page = tab.open("evaluation")
    for name in PARTS:
        page.get_by_role("tab", name=name, exact=True).click()
        wait_until_still(page)
        assert page.get_by_test_id("stException").count() == 0
        assert page.evaluate(SIDEWAYS) <= 0
    page.goto(page.url)
    wait_until_still(page)
    assert page.get_by_role("tab", name=PARTS[-1], exact=True).get_attribute("aria-selected") == "true"


def test_a_row_of_the_table_shows_its_runs(tab: Watched) -> None:
    page = tab.open("evaluation")
    page.get_by_text("LMMRec: one run a seed").first.wait_for()
    grid = page.get_by_test_id("stDataFrame").nth(1)  # the first lists what failed
    grid.click(position={"x": 18, "y": 38 + 35 + 17})  # the box of the second row
    page.get_by_text("EASE: one run a seed").first.wait_for()
    wait_until_still(page)
    assert "behind=EASE" in page.url
    page.get_by_role("button", name="Training of seed 1").click()
    page.get_by_role("heading", name="Training", exact=True).wait_for()
    wait_until_still(page)
    assert "run=small-lightgcn-s0-li00" in page.url
