"""Profiles and reports in a real browser: a person is found, read, compared; the report opens as a file with the network off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.data.dataset import ReviewDataset
from core.recommend.pseudonyms import pseudonyms, workspace_key
from core.reports.written import Request, report, write_report
from core.workspace import Workspace
from tests.app.hand_made import fill
from tests.browser.studio import running_studio, wait_until_still
from tests.browser.watched import Watched, exported, offline

pytestmark = pytest.mark.browser
RUN = "small-lmmrec-s0-lm00"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small workspace that holds one of everything."""
    return fill(Workspace(tmp_path_factory.mktemp("profiles") / "workspace"))


@pytest.fixture(scope="module")
def served(space: Workspace) -> Iterator[tuple[str, Workspace]]:
    """Address of the running app, and its workspace."""
    with running_studio(space.root) as address:
        yield address, space


@pytest.fixture
def tab(served: tuple[str, Workspace], browser: Any) -> Iterator[Watched]:
    watched = Watched(browser, served[0])
    yield watched
    watched.page.close()
    assert watched.complaints == []


def sideways(page: Any) -> int:
    return int(
        page.evaluate("() => { const m = document.querySelector('[data-testid=\"stMain\"]'); return m.scrollWidth - m.clientWidth }")
    )


def test_a_person_is_found_by_their_words_read_and_compared_and_the_link_opens_it_again(tab: Watched) -> None:
    page = tab.open("profiles")
    box = page.get_by_role("textbox", name="Or search the words of reviews and statements")
    box.fill("spring")
    box.press("Enter")
    page.get_by_text("60 users").first.wait_for()
    wait_until_still(page)
    assert "words=spring" in page.url
    page.get_by_text("Compare", exact=True).first.click()
    page.get_by_text("Choose another user above.").first.wait_for()
    page.get_by_role("combobox", name="Compare with another user").fill("user-09")
    page.get_by_role("option").first.click()
    page.get_by_text("Side by side").first.wait_for()
    wait_until_still(page)
    assert "other_user=user-09" in page.url
    assert "part=Compare" in page.url
    assert sideways(page) <= 0
    page.goto(page.url)
    wait_until_still(page)
    page.get_by_text("Side by side").first.wait_for()


def test_a_segment_is_opened_its_members_listed_and_exported(tab: Watched, tmp_path: Path) -> None:
    page = tab.open("profiles?side=Segments&segment=2")
    page.get_by_role("heading", name="Gifts & family").wait_for()
    assert sideways(page) <= 0
    page.get_by_text("Members", exact=True).first.click()
    page.get_by_text("20 users").first.wait_for()
    wait_until_still(page)
    lines = exported(page, "members-user", tmp_path).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 21
    assert "typicality" in lines[0]


def test_pseudonyms_stand_in_the_page_the_link_and_the_report(tab: Watched, served: tuple[str, Workspace]) -> None:
    dataset = ReviewDataset.load(served[1].list("dataset")[0])
    name = pseudonyms(dataset, workspace_key(served[1]))["user-03"]
    page = tab.open("profiles?user=user-03")
    page.get_by_text("Pseudonyms", exact=True).click()
    page.get_by_role("heading", name=name).wait_for()
    wait_until_still(page)
    assert "user-03" not in page.url
    assert "Ada 3" not in page.inner_text('[data-testid="stMain"]')
    with page.expect_download() as started:
        page.get_by_role("button", name="Report").click()
    document = Path(started.value.path()).read_text(encoding="utf-8")
    assert name in document
    assert not re.search(r"\bAda \d|user-\d\d", document)
    assert "user-03" not in started.value.suggested_filename
    page.goto(page.url)
    page.get_by_role("heading", name=name).wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_reports_open_as_files_with_the_network_off(browser: Any, space: Workspace, tmp_path: Path, scheme: str) -> None:
    for number, request in enumerate((Request(user="user-03"), Request(item="item-05"), Request(segment=1))):
        path = tmp_path / f"report-{number}.html"
        assert write_report(report(space, RUN, request), path) < 500_000
        page, complaints = offline(browser, path, scheme)
        page.locator("h1").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
        assert dark == (scheme == "dark")
        assert page.locator("svg[role=img]").count() >= 1
        page.context.close()
        assert complaints == []
