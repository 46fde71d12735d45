"""Prompts that read more than one review: the studio shows what the batch would send."""

from __future__ import annotations

import pytest

from core.data.dataset import ReviewDataset
from core.extraction.ollama.chat import ChatOptions
from core.extraction.ollama.context import estimate_tokens
from core.extraction.prompts.defaults import default_template
from core.extraction.prompts.store import PromptStore
from core.extraction.trial_nodes import NodeReviews
from core.workspace import Workspace
from tests.app.hand_made import TAXONOMY
from tests.pages.test_pages import opened, words


@pytest.mark.parametrize(("kind", "choice"), [("user", {"user": "user-07"}), ("item", {"item": "item-07"})])
def test_the_prompt_of_a_chosen_user_or_item_is_shown(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch, kind: str, choice: dict[str, str]
) -> None:
    app = opened(filled.root, "prompt_studio", monkeypatch, prompt=f"{kind}-products@1", **choice)
    assert not app.exception
    assert not app.error
    reviews = NodeReviews(ReviewDataset.load(filled.list("dataset")[0]))
    expected = reviews.prompt(default_template(kind, "products"), TAXONOMY, ChatOptions(), kind, 7)  # type: ignore[arg-type]
    assert expected is not None
    assert [code.value for code in app.code][-2:] == [message.content for message in expected.messages]
    assert "The **Extraction** page runs prompts of this kind" in words(app)
    assert f"{expected.shown} of {expected.shown} training reviews, the newest first; all fit." in words(app)
    assert "for the answer" in words(app)
    app.selectbox(key=f"prompt-{kind}").set_value(f"{kind}-08").run()
    assert [code.value for code in app.code][-1] != expected.messages[-1].content
    assert app.query_params[kind] in (f"{kind}-08", [f"{kind}-08"])


def test_a_merge_is_shown_for_users_and_items_from_the_newest_extraction(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "prompt_studio", monkeypatch, prompt="merge-products@1")
    assert not app.exception
    assert "statements of the newest extraction (small-ex0), the strongest first" in words(app)
    users = app.code[-1].value
    assert '"quote"' in users
    app.segmented_control(key="merge-side").set_value("item").run()
    assert not app.exception
    assert app.code[-1].value != users


def test_a_merge_without_an_extraction_says_what_is_missing(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    for extraction in filled_copy.list("extraction"):
        filled_copy.remove(extraction)
    app = opened(filled_copy.root, "prompt_studio", monkeypatch, prompt="merge-products@1")
    assert not app.exception
    assert "this dataset has no extraction yet" in words(app)


def test_what_does_not_fit_is_told(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    template, options = default_template("user", "products"), ChatOptions()
    reviews = NodeReviews(ReviewDataset.load(filled_copy.list("dataset")[0]))
    whole = reviews.prompt(template, TAXONOMY, options, "user", 0)
    assert whole is not None
    room = int(0.95 * (options.num_ctx - options.num_predict)) - estimate_tokens(whole.messages)
    padded = template.model_copy(update={"system": f"{template.system}\n{'a ' * (room + 150)}"})  # a token each
    saved = PromptStore(filled_copy).save("user-long", padded, note="")
    expected = reviews.prompt(padded, TAXONOMY, options, "user", 0)
    assert expected is not None
    assert expected.left_out
    app = opened(filled_copy.root, "prompt_studio", monkeypatch, prompt=saved.label)
    assert not app.exception
    told = f"{expected.shown} of {whole.shown} training reviews, the newest first; {expected.left_out} do not fit the context of 8,192."
    assert told in words(app)
    next(area for area in app.text_area if area.label == "User part").set_value("{{ revews }}").run()
    assert not app.exception
    assert "appears here once its template is right" in words(app)


def test_a_link_to_a_user_that_is_not_there_is_one_line(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "prompt_studio", monkeypatch, prompt="user-products@1", user="nobody")
    assert not app.exception
    (warning,) = app.warning
    assert "nobody" in warning.value
