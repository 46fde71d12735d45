"""From raw reviews to a finished run with one click, in a real browser; and what stands in the way of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from core.jobs.launch import jobs
from core.workspace import Workspace
from tests.app.hand_made import fill, publish_reviews
from tests.browser.studio import running_studio, wait_until_still
from tests.browser.watched import JOB_LIMIT_MS, Watched, choose, reviews_file

pytestmark = pytest.mark.browser


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return fill(Workspace(tmp_path / "workspace"))


def upload(page: Any, path: Path) -> None:
    page.locator('[data-testid="stFileUploaderDropzoneInput"]').first.set_input_files(path)
    wait_until_still(page)


def test_one_click_goes_from_raw_reviews_to_a_run_with_its_map(space: Workspace, browser: Any, tmp_path: Path) -> None:
    broken = tmp_path / "photo.csv"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00" + bytes(200))
    with running_studio(space.root) as address:
        tab = Watched(browser, address)
        page = tab.open("")
        page.get_by_text("Path on this computer").click()
        path = page.get_by_label("File or folder on this computer")
        path.fill(str(broken))
        path.press("Enter")
        page.get_by_text("A binary file, not a table of reviews").first.wait_for()
        page.get_by_text("Upload", exact=True).first.click()
        upload(page, reviews_file(tmp_path))
        for label, column in (("User (needed)", "who"), ("Item (needed)", "what"), ("Text", "said")):
            choose(page, label, column)
        page.get_by_text("as they would be imported").first.wait_for()
        page.get_by_role("button", name="Import and train").click()
        page.get_by_text(re.compile(r"\d+ % of the way")).first.wait_for()
        page.close()  # the way goes on without the tab
        again = Watched(browser, address)
        page = again.open("")
        page.get_by_text(re.compile(r"\d+ % of the way")).first.wait_for()
        page.get_by_role("button", name="Use this run").click(timeout=JOB_LIMIT_MS)
        page.get_by_text("From reviews to reasons: my-reviews").first.wait_for()
        wait_until_still(page)
        (run,) = [one for one in space.list("run") if one.manifest.name.startswith("my-reviews")]
        assert run.manifest.config["model"] == "lmmrec"
        assert space.made_from("map", run)
        assert [one.status for one in jobs(space)] == ["finished"]
        assert f"run={run.id}" in page.url
        assert page.get_by_text("done", exact=True).count() == 5  # every stage
        page.close()
        assert tab.complaints + again.complaints == []


def test_resplits_are_behind_a_toggle(space: Workspace, browser: Any) -> None:
    publish_reviews(space.for_byproducts(), "small-r1")
    with running_studio(space.root) as address:
        tab = Watched(browser, address)
        page = tab.open("")
        page.get_by_role("combobox", name="Dataset").click()
        assert page.get_by_role("option").all_inner_texts() == ["small"]
        page.keyboard.press("Escape")
        page.get_by_text("Show 1 re-split").click()
        wait_until_still(page)
        page.get_by_role("combobox", name="Dataset").click()
        assert page.get_by_role("option").all_inner_texts() == ["small", "small-r1"]
        page.keyboard.press("Escape")
        page.close()
        assert tab.complaints == []
