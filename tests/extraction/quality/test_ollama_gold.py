"""A language model on gold sentences, against the scripted server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import InputError, NotFoundError
from core.extraction.config import OllamaSettings
from core.extraction.ollama.errors import ModelMissingError
from core.extraction.ollama.extractor import OllamaExtractor
from core.extraction.ollama.server import OllamaServer
from core.extraction.prompts.store import PromptStore
from core.extraction.quality.evaluate import QualityRequest, evaluate
from core.extraction.quality.gold import GoldTable, read_gold
from core.extraction.quality.ollama_gold import ask, named
from core.extraction.schema import Review
from core.workspace import Workspace
from tests.extraction.quality.made_up_gold import write_acos
from tests.ollama_server.fixture import RunningServer, StartServer, ollama_server

__all__ = ["ollama_server"]

NAMED = {"delicious": "food_quality", "rude": "service", "overpriced": "value_for_money", "cozy": "atmosphere"}


def _answer(*names: str, quote: str) -> dict[str, Any]:
    motivations = [{"name": name, "statement": "So.", "quote": quote, "polarity": "positive", "strength": 0.6} for name in names]
    return {"kind": "answer", "json": {"reasoning": "It says so.", "motivations": motivations, "need": "To eat."}}


def script(*rules: dict[str, Any]) -> dict[str, Any]:
    """A model that reads every sentence of one motivation rightly, and of two only the first; ``rules`` go before."""
    known = [{"contains": word, "action": _answer(name, quote=word)} for word, name in NAMED.items()]
    return {"models": [{"name": "tiny:1b"}], "latency_s": 0.0, "rules": [*rules, *known]}


def settings_of(server: RunningServer, **more: Any) -> OllamaSettings:
    return OllamaSettings(model="tiny:1b", host=server.url, **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_acos(tmp_path / "data")
    return tmp_path / "data"


def test_scores_are_those_of_what_the_model_names(ollama_server: StartServer, workspace: Workspace, folder: Path) -> None:
    server = ollama_server(script())
    request = QualityRequest(gold="acos-restaurant", backend="ollama", ollama=settings_of(server))
    report = evaluate(request, folder, lambda: workspace)
    # 24 sentences of one motivation are right; of the 4 of two, the one that comes first in NAMED is named
    found = {one.key: (one.precision, one.recall) for one in report.scores.motivations}
    assert found["food_quality"] == (1.0, 1.0)
    assert found["service"] == (1.0, 7 / 8)
    assert found["value_for_money"] == (1.0, 7 / 8)
    assert found["atmosphere"] == (1.0, 6 / 8)
    assert found["drinks"] == (0.0, 0.0)
    assert (report.model, report.prompt, report.asked) == ("tiny:1b", "review-places@1", 28)
    assert report.answers is not None
    assert (report.answers.valid.value, report.answers.grounded.value, report.answers.per_review) == (1.0, 1.0, 1.0)
    assert report.answers.covered.count == 4


def test_prompt_holds_the_motivations_of_the_set_and_no_example_of_labels(
    ollama_server: StartServer, workspace: Workspace, folder: Path
) -> None:
    server = ollama_server(script())
    table = GoldTable.open("acos-restaurant")
    sentences = read_gold(table, folder, "test").sample(1)
    found = ask(table, sentences, settings_of(server), workspace)
    assert found.asked == 1
    extractor = OllamaExtractor(OllamaServer(server.url), "tiny:1b", PromptStore(workspace).get(found.prompt), table.taxonomy)
    rendered = "\n".join(message.content for message in extractor.render(Review(text=sentences.texts[0])))
    assert all(motivation.key in rendered and motivation.description in rendered for motivation in table.motivations)
    assert "FOOD#QUALITY" not in rendered


def test_what_was_answered_is_not_asked_again(ollama_server: StartServer, workspace: Workspace, folder: Path) -> None:
    server = ollama_server(script())
    table = GoldTable.open("acos-restaurant")
    sentences = read_gold(table, folder, "test")
    first = ask(table, sentences.sample(10), settings_of(server), workspace)
    second = ask(table, sentences, settings_of(server), workspace)
    third = ask(table, sentences, settings_of(server), workspace)
    assert (first.asked, second.asked, third.asked) == (10, 18, 0)
    assert len(server.log("/api/chat")) == 28
    np.testing.assert_array_equal(named(second.answers, table.keys), named(third.answers, table.keys))


def test_same_sentence_twice_is_one_question(ollama_server: StartServer, workspace: Workspace, folder: Path) -> None:
    server = ollama_server(script())
    table = GoldTable.open("acos-restaurant")
    sentences = read_gold(table, folder, "test").sample(3)
    found = ask(table, sentences + sentences, settings_of(server), workspace)
    assert found.asked == 3
    assert found.answers[:3] == found.answers[3:]


def test_failed_answers_name_nothing_and_are_counted(ollama_server: StartServer, workspace: Workspace, folder: Path) -> None:
    broken = {"contains": "soup", "action": {"kind": "answer", "text": "I would rather not."}}
    server = ollama_server(script(broken))
    request = QualityRequest(gold="acos-restaurant", backend="ollama", ollama=settings_of(server, retries=0))
    report = evaluate(request, folder, lambda: workspace)
    assert report.answers is not None
    assert (report.answers.valid.count, report.answers.valid.total) == (25, 28)  # the soup stands in three sentences
    assert next(one for one in report.scores.motivations if one.key == "food_quality").recall == 5 / 8


def test_failed_answers_are_asked_again_by_the_next_run(ollama_server: StartServer, workspace: Workspace, folder: Path) -> None:
    broken = {"contains": "soup", "times": 3, "action": {"kind": "answer", "text": "I would rather not."}}
    server = ollama_server(script(broken))
    table = GoldTable.open("acos-restaurant")
    sentences = read_gold(table, folder, "test")
    first = ask(table, sentences, settings_of(server, retries=0), workspace)
    second = ask(table, sentences, settings_of(server, retries=0), workspace)
    assert [sum(answer.result is None for answer in found.answers) for found in (first, second)] == [3, 0]
    assert second.asked == 3


def test_ungrounded_quotes_are_counted(ollama_server: StartServer, workspace: Workspace, folder: Path) -> None:
    invented = {"contains": "pizza", "action": _answer("food_quality", quote="the astonishing risotto of yesterday")}
    server = ollama_server(script(invented))
    request = QualityRequest(gold="acos-restaurant", backend="ollama", ollama=settings_of(server))
    report = evaluate(request, folder, lambda: workspace)
    assert report.answers is not None
    assert (report.answers.grounded.count, report.answers.grounded.total) == (27, 28)


def test_missing_model_and_wrong_prompts_are_told(ollama_server: StartServer, workspace: Workspace, folder: Path) -> None:
    server = ollama_server(script())
    table = GoldTable.open("acos-restaurant")
    sentences = read_gold(table, folder, "test")
    with pytest.raises(ModelMissingError, match="huge:70b"):
        ask(table, sentences, OllamaSettings(model="huge:70b", host=server.url), workspace)
    with pytest.raises(NotFoundError, match="review-plces"):
        ask(table, sentences, settings_of(server, prompt="review-plces"), workspace)
    with pytest.raises(InputError, match="reads a user, not a review"):
        ask(table, sentences, settings_of(server, prompt="user-places"), workspace)
    assert server.log("/api/chat") == []
