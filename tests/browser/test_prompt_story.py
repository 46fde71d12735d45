"""What the studio is for, from end to end: a prompt is edited, tried on five reviews, saved, run over all of them, left and found again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from core.data.dataset import ReviewDataset
from core.extraction.trial_reviews import TrainingReviews
from core.workspace import Workspace
from tests.app.hand_made import fill
from tests.browser.studio import running_studio, wait_until_still
from tests.browser.test_prompt_studio import choose_of, edit
from tests.browser.watched import Watched
from tests.ollama_server.fixture import RunningServer

pytestmark = pytest.mark.browser
N_REVIEWS = 5
RATHER_NOT = "I would rather not."


def script(reviews: TrainingReviews) -> dict[str, Any]:
    """A server that never gives a usable answer about one of the reviews that are drawn first."""
    title = reviews.get(reviews.sampled(N_REVIEWS, 0)[-1]).item_title
    refused = {"kind": "answer", "text": RATHER_NOT}
    rules = [{"contains": words, "endpoint": "/api/chat", "action": refused} for words in (f">{title}<", "This answer cannot be used")]
    return {"models": [{"name": "tiny:1b"}], "latency_s": 0.2, "rules": rules, "default": {"kind": "echo-motivations"}}


def test_a_prompt_goes_from_the_editor_to_every_review(tmp_path: Path, browser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    space = fill(Workspace(tmp_path / "workspace"))
    reviews = TrainingReviews(ReviewDataset.load(space.list("dataset")[0]))
    with RunningServer(script(reviews), tmp_path) as model:
        monkeypatch.setenv("OLLAMA_HOST", model.url)
        with running_studio(space.root) as address:
            first = Watched(browser, address)
            _try_and_save(first.open("prompt_studio"))
            _start_batch(first)
            asked = len(model.log("/api/chat"))
            first.page.close()

            again = Watched(browser, address)
            page = again.open("extraction")
            page.get_by_role("button", name="See this extraction").click()
            page.get_by_text("Valid answers").first.wait_for()
            wait_until_still(page)
            page.close()
            assert first.complaints == again.complaints == []
            assert asked < len(model.log("/api/chat"))
    summary = space.list("extraction")[0].manifest.summary
    assert summary["prompts"] == {"review": "review-products@2"}
    assert summary["n_failed"] > 0
    assert summary["n_reviews"] == len(reviews)


def _try_and_save(page: Any) -> None:
    """Two variants on five reviews: highlights and the failure are seen; then the edited prompt is a version."""
    edit(page)
    page.get_by_role("button", name="Add a variant").click()
    wait_until_still(page)
    choose_of(page, 1, "review-products@1")
    page.get_by_role("button", name=f"Run 2 variants on {N_REVIEWS} reviews").click()
    page.get_by_text("All answers as a table, and export").first.wait_for()
    wait_until_still(page)
    assert page.locator('span[style*="background"]', has_text="①").count() >= 2 * (N_REVIEWS - 1)
    page.get_by_role("radio", name="Failures").click()
    page.get_by_text(RATHER_NOT).first.wait_for()
    page.get_by_role("button", name="Save as a version").click()
    page.get_by_role("textbox", name="Note").fill("With the title")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(lambda address: "prompt=review-products%402" in address)
    wait_until_still(page)


def _start_batch(tab: Watched) -> None:
    """Start the saved version on all reviews, and see it at work."""
    query = {"section": "New extraction", "backend": "Language model (Ollama)", "prompt": "review-products@2"}
    page = tab.open(f"extraction?{urlencode(query)}")
    page.get_by_role("button", name="Start the extraction").click()
    page.get_by_text(re.compile(r"Asking tiny:1b .* reviews/s")).first.wait_for()
