from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.components import ollama_models
from app.components.ollama_models import OllamaState, model_rows, ollama_state, pull_line
from core.extraction.ollama.server import ModelCard, PullEvent
from tests.ollama_server.fixture import RunningServer


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    ollama_models._look.clear()
    ollama_models._card.clear()


def test_a_server_that_is_down_is_one_line_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    began = time.monotonic()
    state = ollama_state()
    assert time.monotonic() - began < 2
    assert not state.up
    assert state.problem == "No Ollama server answers"
    assert state.host == "http://127.0.0.1:9"


def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    silent = {
        "rules": [{"endpoint": path, "contains": "", "action": {"kind": "hang", "hang_s": 60}} for path in ("/api/version", "/api/tags")]
    }
    with RunningServer(silent, tmp_path) as running:
        monkeypatch.setenv("OLLAMA_HOST", running.url)
        began = time.monotonic()
        state = ollama_state()
        took = time.monotonic() - began
    assert took < 3  # the limit is a second; the machine may be busy
    assert "did not answer" in state.problem or "nothing for too long" in state.problem


def test_models_come_with_context_and_capabilities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    models = [
        {"name": "qwen3.5:4b", "context_length": 262144, "capabilities": ["completion", "thinking"]},
        {"name": "nomic-embed-text", "capabilities": ["embedding"]},
    ]
    with RunningServer({"models": models}, tmp_path) as running:
        monkeypatch.setenv("OLLAMA_HOST", running.url)
        state = ollama_state()
        ollama_state()
        asked = [entry["endpoint"] for entry in running.log()]
    assert [card.name for card in state.chatting] == ["qwen3.5:4b"]
    card = state.card("qwen3.5:4b")
    assert card is not None
    assert card.context_length == 262144
    assert asked.count("/api/show") == 2  # each model once, however often the page is run


def test_a_model_whose_abilities_are_not_known_may_chat() -> None:
    state = OllamaState("http://h", models=(ModelCard(name="a"), ModelCard(name="b", capabilities=("embedding",))))
    assert [card.name for card in state.chatting] == ["a"]


def test_models_as_a_table() -> None:
    rows = model_rows((ModelCard(name="a", size_bytes=3_300_000_000, context_length=4096, capabilities=("completion", "tools")),))
    assert rows.loc[0, ["size (GB)", "context (tokens)", "capabilities"]].tolist() == [3.3, 4096, "completion, tools"]


def test_a_download_tells_rate_and_time_left() -> None:
    event = PullEvent(status="pulling 8f1", completed=600_000_000, total=1_000_000_000)
    assert pull_line(event, 200_000_000, 4.0) == "pulling 8f1 · 600 of 1,000 MB · 100.0 MB/s · about 4 s left"
    assert pull_line(PullEvent(status="verifying"), 0, 9.0) == "verifying"
