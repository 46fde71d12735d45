"""The prompt studio in a real browser against the scripted server: `pytest -m browser tests/browser/test_prompt_studio.py`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import TimeoutError as BrowserTimeout

from core.data.dataset import ReviewDataset
from core.extraction.prompts.store import PromptStore
from core.extraction.trial_reviews import TrainingReviews
from core.extraction.trials import TrialStore
from core.workspace import Workspace
from tests.app.hand_made import fill
from tests.browser.studio import running_studio, wait_until_still
from tests.browser.watched import TRIES, Watched
from tests.ollama_server.fixture import RunningServer

pytestmark = pytest.mark.browser
ANSWER_S = 0.8
N_REVIEWS = 3


def script(space: Workspace) -> dict[str, Any]:
    """A server that takes its time, and fills its context with the third review of the first draw."""
    reviews = TrainingReviews(ReviewDataset.load(space.list("dataset")[0]))
    title = reviews.get(reviews.sampled(N_REVIEWS, 0)[2]).item_title
    full = {"contains": f">{title}<", "endpoint": "/api/chat", "action": {"kind": "echo-motivations", "prompt_eval_count": 8192}}
    thought = "The price comes first, then how it is made. So value for money."
    card = {"name": "qwen3.5:4b", "size": 3_300_000_000, "context_length": 262_144, "capabilities": ["completion", "thinking"]}
    return {"models": [card], "latency_s": ANSWER_S, "rules": [full], "default": {"kind": "echo-motivations", "thinking": thought}}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Workspace, RunningServer]]:
    """Address of the running app, its workspace, and the model server it asks."""
    folder = tmp_path_factory.mktemp("prompt-studio")
    space = fill(Workspace(folder / "workspace"))
    with RunningServer(script(space), folder) as running, pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "OLLAMA_HOST", running.url)
        with running_studio(space.root) as address:
            yield address, space, running


@pytest.fixture
def tab(served: tuple[str, Workspace, RunningServer], browser: Any) -> Iterator[Watched]:
    watched = Watched(browser, served[0])
    yield watched
    watched.page.close()
    assert watched.complaints == []


def answered(space: Workspace) -> int:
    """Cells that have an answer, over all trials."""
    trials = TrialStore(space)
    return sum(len(trials.cells(trial.id)) for trial in trials.recent(space.list("dataset")[0].id))


def choose_of(page: Any, variant: int, prompt: str) -> None:
    """Choose the prompt of a variant; a rerun that was still under way may close the list, then it is opened again."""
    box = page.locator('[class*="st-key-variant-"][class*="-prompt"]').nth(variant).get_by_role("combobox")
    for _ in range(TRIES):
        box.click()
        try:
            page.get_by_role("option", name=prompt, exact=True).click(timeout=10_000)
            break
        except BrowserTimeout:
            page.keyboard.press("Escape")
    wait_until_still(page)


def edit(page: Any) -> None:
    """Change the user part, with a mistake that is told and mended."""
    user_part = page.get_by_role("textbox", name="User part")
    user_part.fill("Why did they buy it?\n{{ review }}\nIt was {{ item_titel }}")
    user_part.press("Control+Enter")
    page.get_by_text("There is no variable 'item_titel' (user part, line 3). Did you mean item_title?").first.wait_for()
    wait_until_still(page)
    user_part.fill("Why did they buy it?\n{{ review }}\nIt was {{ item_title }}")
    user_part.press("Control+Enter")
    page.get_by_text("Not saved: differs from review-products@1").first.wait_for()
    wait_until_still(page)


def test_a_prompt_is_edited_run_stopped_resumed_and_saved(tab: Watched, served: tuple[str, Workspace, RunningServer]) -> None:
    _, space, running = served
    page = tab.open("prompt_studio")
    edit(page)
    page.get_by_role("button", name="Add a variant").click()
    wait_until_still(page)
    choose_of(page, 1, "review-products@1")

    number = page.get_by_role("spinbutton", name="How many")
    number.fill(str(N_REVIEWS))
    number.press("Enter")

    # Run, watch the answer stream in, and stop: what had ended is kept, and the server is left in peace.
    page.get_by_role("button", name=f"Run 2 variants on {N_REVIEWS} reviews").click()
    page.get_by_text("Asking").first.wait_for()
    page.locator('[data-testid="stCode"]', has_text='"reasoning"').first.wait_for()
    while answered(space) == 0:
        page.wait_for_timeout(100)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Go on").wait_for()
    wait_until_still(page)
    kept = answered(space)
    assert 0 < kept < 2 * N_REVIEWS
    page.wait_for_timeout(int(2000 * ANSWER_S))
    assert answered(space) == kept

    # The link reopens it in another tab, where it goes on to its end; nothing is asked twice.
    copied = page.url
    assert "trial=" in copied
    page.goto(copied)
    wait_until_still(page)
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("All answers as a table, and export").first.wait_for(timeout=60_000)
    wait_until_still(page)
    chats = [entry for entry in running.log("/api/chat") if entry["outcome"] == "answered"]
    assert len({entry["key"] for entry in chats}) == len(chats)
    assert page.locator('span[style*="background"]', has_text="①").count() > 0
    assert page.get_by_test_id("stException").count() == 0
    page.get_by_text("Prompt was cut: The server read 8,192 tokens").first.wait_for()
    page.get_by_role("radio", name="Failures").click()
    page.get_by_text("Review 3").first.wait_for()
    page.wait_for_url(lambda address: "show=Failures" in address)  # the link follows the page a moment later
    wait_until_still(page)
    assert "show=Failures" in page.url
    assert page.get_by_text("Review 1", exact=True).count() == 0
    sideways = "() => { const m = document.querySelector('[data-testid=\"stMain\"]'); return m.scrollWidth - m.clientWidth }"
    assert page.evaluate(sideways) <= 0


def test_a_version_is_saved_with_a_note_and_can_be_compared(tab: Watched, served: tuple[str, Workspace, RunningServer]) -> None:
    page = tab.open("prompt_studio")
    user_part = page.get_by_role("textbox", name="User part")
    user_part.fill("Read this and say why:\n{{ review }}")
    user_part.press("Control+Enter")
    page.get_by_role("button", name="Save as a version").click()
    page.get_by_role("textbox", name="Note").fill("Shorter")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(lambda address: "prompt=review-products%402" in address)
    wait_until_still(page)
    assert PromptStore(served[1]).get("review-products").note == "Shorter"
    page.get_by_role("tab", name="Versions").click()
    page.get_by_text("+Read this and say why:").first.wait_for()
    assert "view=Versions" in page.url
