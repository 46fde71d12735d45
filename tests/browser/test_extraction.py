"""A batch in a real browser: started, left in the middle, found again, finished, and its failures asked again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from core.extraction.prompts.store import PromptStore
from core.motivations.taxonomy_store import TaxonomyVersions
from core.workspace import Workspace
from tests.app.hand_made import fill
from tests.browser.studio import running_studio, wait_until_still
from tests.browser.watched import Watched
from tests.ollama_server.fixture import RunningServer

pytestmark = pytest.mark.browser
PATIENCE_MS = 60_000
RATHER_NOT = {"kind": "answer", "text": "I would rather not."}
SCRIPT = {
    "models": [{"name": "tiny:1b", "digest": "sha256:1"}],
    "latency_s": 0.3,
    "rules": [
        {"contains": "This answer cannot be used", "endpoint": "/api/chat", "action": RATHER_NOT},
        {"contains": "Guitar strap No 7<", "endpoint": "/api/chat", "action": RATHER_NOT},
    ],
}


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    """A small workspace with a prompt of its own."""
    filled = fill(Workspace(tmp_path / "workspace"))
    store = PromptStore(filled)
    shipped = store.get("review-products@1").template
    store.save("mine", shipped.model_copy(update={"user": f"{shipped.user}\nBe short."}), note="shorter")
    return filled


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    with RunningServer(SCRIPT, tmp_path) as running:
        monkeypatch.setenv("OLLAMA_HOST", running.url)
        yield running


def opened(browser: Any, address: str, **query: str) -> Watched:
    tab = Watched(browser, address)
    tab.page.set_default_timeout(PATIENCE_MS)
    tab.open(f"extraction?{urlencode(query)}")
    return tab


def test_a_batch_is_left_in_the_middle_found_again_and_its_failures_are_asked_again(
    space: Workspace, server: RunningServer, browser: Any, tmp_path: Path
) -> None:
    with running_studio(space.root) as address:
        first = opened(browser, address, section="New extraction", backend="Language model (Ollama)", prompt="mine@1")
        first.page.get_by_text("A sample").click()
        first.page.get_by_label("Seed of the draw").wait_for()
        first.page.get_by_role("button", name="Start the extraction").click()
        first.page.get_by_text(re.compile(r"Asking tiny:1b .* reviews/s")).first.wait_for()
        first.page.close()
        asked_then = len(server.log("/api/chat"))

        again = opened(browser, address)
        page = again.page
        page.get_by_text(re.compile(r"Asking tiny:1b .* reviews/s")).first.wait_for()
        page.get_by_role("button", name="Pause").click()
        page.get_by_text(re.compile("paused")).first.wait_for()
        page.get_by_role("button", name="Resume").click()
        page.get_by_role("button", name="See this extraction").click()
        page.get_by_text("Valid answers").first.wait_for()
        wait_until_still(page)
        made = space.list("extraction")[0]
        assert made.manifest.summary["prompts"] == {"review": "mine@1"}
        failed = made.manifest.summary["n_failed"]
        assert failed > 0
        assert f"extraction={made.id}" in page.url
        log = server.log("/api/chat")
        assert 0 < asked_then < len(log)
        assert len([key for key, times in Counter(entry["key"] for entry in log).items() if times > 1]) <= 1  # the words of a retry

        page.get_by_role("radio", name="Failures").click()
        page.get_by_text("I would rather not.").first.wait_for()
        server.stop()
        with RunningServer({**SCRIPT, "rules": []}, tmp_path, int(server.url.rsplit(":", 1)[1])) as mended:
            page.get_by_role("button", name=re.compile(r"Ask the \d+ again")).click()
            page.get_by_role("button", name="See this extraction").click()
            page.get_by_test_id("stMetric").filter(has_text="Valid answers").filter(has_text="100.0 %").wait_for()
            assert len(mended.log("/api/chat")) == failed
        assert space.list("extraction")[0].manifest.summary["n_failed"] == 0
        page.close()
        assert again.complaints == []


def test_two_motivations_are_merged_and_applied(space: Workspace, browser: Any) -> None:
    with running_studio(space.root) as address:
        tab = opened(browser, address, section="Taxonomy")
        page = tab.page
        page.get_by_role("radio", name="Merge").click()
        page.get_by_text("Choose two or more.").first.wait_for()
        box = page.get_by_role("combobox", name="Motivations that become one")
        for name in ("Performance", "Value for money"):
            box.fill(name)
            page.get_by_role("option").first.click()
        page.keyboard.press("Escape")
        page.get_by_text("Coverage, before and after").first.wait_for()
        page.get_by_role("button", name="Save as products@2").click()
        page.get_by_role("button", name="Apply products@2").click()
        page.get_by_role("button", name="See this extraction").click()
        page.get_by_text(re.compile("with another taxonomy: merged ")).first.wait_for()
        wait_until_still(page)
        page.close()
        assert tab.complaints == []
    assert len(TaxonomyVersions(space).get("products@2").taxonomy) == len(TaxonomyVersions(space).get("products@1").taxonomy) - 1
    assert space.list("extraction")[0].manifest.config["taxonomy"] == "products@2"
