"""Where a server is, what it has, what it gets; and what happens when it is not there or is no Ollama server."""

from __future__ import annotations

import socket
from itertools import product
from typing import Any

import ollama
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError, StoppedError
from core.extraction.ollama.chat import ChatOptions, Message, chat, complete
from core.extraction.ollama.errors import (
    BrokenAnswerError,
    ConnectionLostError,
    ModelMissingError,
    OllamaRequestError,
    ServerDownError,
    ServerTimeoutError,
)
from core.extraction.ollama.server import OllamaServer, PullEvent, Timeouts, normalised_host
from tests.ollama_server.fixture import RunningServer, StartServer

CARD = {"name": "tiny:1b", "size": 815_000_000, "family": "qwen3", "parameters": "1B", "quantisation": "Q4_K_M", "context_length": 40_960}
CARD |= {"capabilities": ["completion", "thinking"], "digest": "ab" * 32}
ASK = [Message(role="user", content="Review: good tea.")]


@pytest.fixture
def free_port() -> int:
    """A port nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def official(host: str) -> str:
    """What the official client makes of an address."""
    return str(ollama.Client(host)._client.base_url).rstrip("/")


@given(
    st.sampled_from(["", "http://", "https://"]),
    st.sampled_from(["localhost", "127.0.0.1", "gpu-box", "ollama.example.com", "[::1]", "[fe80::2]"]),
    st.none() | st.integers(1, 65_535),
    st.sampled_from(["", "/", "/ollama", "/a/b/"]),
)
def test_an_address_is_read_as_the_official_client_reads_it(scheme: str, name: str, port: int | None, path: str) -> None:
    written = f"{scheme}{name}{'' if port is None else f':{port}'}{path}"
    ours = normalised_host(written)
    assert official(ours) == official(written)
    assert normalised_host(ours) == ours


@pytest.mark.parametrize(
    ("written", "url"),
    [
        (None, "http://127.0.0.1:11434"),
        ("", "http://127.0.0.1:11434"),
        ("gpu-box", "http://gpu-box:11434"),
        ("http://gpu-box", "http://gpu-box:80"),
        ("https://gpu-box", "https://gpu-box:443"),
        ("HTTP://GPU-Box:99/", "http://gpu-box:99"),
        (":5000", "http://127.0.0.1:5000"),
        ("  'gpu-box:99' ", "http://gpu-box:99"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("http://[::]:7", "http://[::1]:7"),
    ],
)
def test_addresses_as_people_write_them(written: str | None, url: str) -> None:
    assert normalised_host(written) == url


@pytest.mark.parametrize(
    "written", ["http://box:port", "box:99999", "ftp://box", "two words", "http://[::1", "name@box", "..", "a" * 300, "\x00a"]
)
def test_an_address_that_cannot_be_read_is_told(written: str) -> None:
    with pytest.raises(InputError, match="address of the Ollama server cannot be read"):
        OllamaServer(written)


def test_the_address_comes_from_the_environment_unless_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "gpu-box")
    assert OllamaServer().host == "http://gpu-box:11434"
    assert OllamaServer("other").host == "http://other:11434"
    monkeypatch.delenv("OLLAMA_HOST")
    assert OllamaServer().host == "http://127.0.0.1:11434"


def test_a_server_tells_its_version_models_and_cards(ollama_server: StartServer) -> None:
    server = OllamaServer(ollama_server({"models": [{"name": "zeta:9b"}, CARD], "version": "0.12.6"}).url)
    assert server.version() == "0.12.6"
    first, last = server.models()
    assert (first.name, last.name) == ("tiny:1b", "zeta:9b")
    assert (first.size_bytes, first.family, first.parameters, first.quantisation) == (815_000_000, "qwen3", "1B", "Q4_K_M")
    assert (first.digest, first.context_length, first.capabilities) == ("ab" * 32, None, ())
    card = server.card("tiny:1b")
    assert (card.context_length, card.capabilities) == (40_960, ("completion", "thinking"))
    assert card.model_copy(update={"context_length": None, "capabilities": ()}) == first


def test_a_name_without_a_tag_is_the_latest(ollama_server: StartServer) -> None:
    server = OllamaServer(ollama_server({"models": [{"name": "tiny:latest", "size": 7}]}).url)
    assert (server.card("tiny").name, server.card("tiny").size_bytes) == ("tiny:latest", 7)


def test_running_models_are_those_that_were_asked(ollama_server: StartServer) -> None:
    server = OllamaServer(ollama_server({"models": [CARD]}).url)
    assert server.running() == []
    complete(server, "tiny:1b", ASK, ChatOptions(num_ctx=2048))
    (running,) = server.running()
    assert (running.name, running.context_length, running.vram_bytes) == ("tiny:1b", 2048, 815_000_000)
    assert running.expires_at is not None


def test_a_missing_model_is_told_with_how_to_get_it(ollama_server: StartServer) -> None:
    server = OllamaServer(ollama_server().url)
    with pytest.raises(ModelMissingError, match="Get it with `ollama pull big:70b`"):
        server.card("big:70b")


def test_no_model_is_told_before_anything_is_sent(ollama_server: StartServer) -> None:
    running = ollama_server()
    server = OllamaServer(running.url)
    for call in (lambda: server.card(" "), lambda: list(server.pull("")), lambda: complete(server, "", ASK, ChatOptions())):
        with pytest.raises(InputError, match="No model is chosen"):
            call()
    assert running.log() == []


def test_a_server_that_is_down_is_told_by_every_call(free_port: int) -> None:
    server = OllamaServer(f"127.0.0.1:{free_port}")
    calls: list[Any] = [server.version, server.models, server.running, lambda: server.card("tiny:1b"), lambda: list(server.pull("tiny:1b"))]
    calls += [lambda: complete(server, "tiny:1b", ASK, ChatOptions()), lambda: list(chat(server, "tiny:1b", ASK, ChatOptions()))]
    for call in calls:
        with pytest.raises(ServerDownError, match="ollama serve") as told:
            call()
        assert str(free_port) in str(told.value)


def test_a_proxy_of_the_environment_does_not_stand_before_the_server(
    ollama_server: StartServer, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port}")
    server = OllamaServer(ollama_server().url)
    assert server.version()
    assert [card.name for card in server.models()] == ["tiny:1b"]


@pytest.mark.parametrize(
    ("endpoint", "action", "error"),
    [
        ("/api/version", {"kind": "answer", "json": {"hello": "world"}}, OllamaRequestError),
        ("/api/version", {"kind": "answer", "json": ["0.1"]}, OllamaRequestError),
        ("/api/version", {"kind": "malformed", "line": "<html>"}, OllamaRequestError),
        ("/api/version", {"kind": "error", "status": 502}, OllamaRequestError),
        ("/api/tags", {"kind": "malformed", "line": "<html>"}, BrokenAnswerError),
        ("/api/tags", {"kind": "answer", "json": {"hello": "world"}}, BrokenAnswerError),
        ("/api/tags", {"kind": "answer", "json": [1]}, BrokenAnswerError),
        ("/api/tags", {"kind": "error", "status": 500}, BrokenAnswerError),
        ("/api/tags", {"kind": "error", "status": 401, "message": "unauthorized"}, OllamaRequestError),
        ("/api/tags", {"kind": "close"}, ConnectionLostError),
        ("/api/tags", {"kind": "hang"}, ServerTimeoutError),
        ("/api/ps", {"kind": "hang"}, ServerTimeoutError),
        ("/api/show", {"kind": "answer", "json": {"details": {}}}, BrokenAnswerError),
    ],
)
def test_what_answers_strangely_is_told(ollama_server: StartServer, endpoint: str, action: dict[str, Any], error: type[Exception]) -> None:
    url = ollama_server({"rules": [{"endpoint": endpoint, "action": action}]}).url
    server = OllamaServer(url, Timeouts(question_s=0.3))
    calls = {
        "/api/version": server.version,
        "/api/tags": server.models,
        "/api/ps": server.running,
        "/api/show": lambda: server.card("tiny:1b"),
    }
    with pytest.raises(error, match=url):
        calls[endpoint]()


def test_a_model_without_metadata_has_no_context_length(ollama_server: StartServer) -> None:
    shown = {"model_info": {}, "details": None, "capabilities": None}
    server = OllamaServer(ollama_server({"rules": [{"endpoint": "/api/show", "action": {"kind": "answer", "json": shown}}]}).url)
    assert (server.card("tiny:1b").context_length, server.card("tiny:1b").capabilities) == (None, ())


def pulled(server: OllamaServer, model: str = "new:4b") -> list[PullEvent]:
    return list(server.pull(model))


@pytest.fixture
def library(ollama_server: StartServer) -> RunningServer:
    """A server that can get new:4b, and breaks when it gets broken:4b or early:4b."""
    rules = [
        {"endpoint": "/api/pull", "contains": "broken", "action": {"kind": "pull", "message": "max retries exceeded: EOF", "after": 2}},
        {"endpoint": "/api/pull", "contains": "early", "action": {"kind": "end-early", "after": 2}},
        {"endpoint": "/api/pull", "contains": "slow", "action": {"kind": "pull", "chunks": 50, "chunk_delay_s": 0.1}},
    ]
    names = [{"name": name} for name in ("new:4b", "broken:4b", "early:4b", "slow:4b")]
    return ollama_server({"library": names, "rules": rules})


def test_a_pull_tells_its_progress_and_ends_with_the_model_there(library: RunningServer) -> None:
    server = OllamaServer(library.url)
    events = pulled(server)
    assert events[0] == PullEvent(status="pulling manifest")
    assert events[-1] == PullEvent(status="success")
    completed = [event.completed for event in events if event.total]
    assert completed == sorted(completed)
    assert completed[-1] == 1_000_000
    assert "new:4b" in [card.name for card in server.models()]


def test_pulls_that_fail_say_why(library: RunningServer) -> None:
    server = OllamaServer(library.url)
    with pytest.raises(ModelMissingError, match="library has no such model .nowhere:1b.. Check its name"):
        pulled(server, "nowhere:1b")
    with pytest.raises(BrokenAnswerError, match="max retries exceeded"):
        pulled(server, "broken:4b")
    with pytest.raises(BrokenAnswerError, match="ended too early"):
        pulled(server, "early:4b")
    assert [card.name for card in server.models()] == ["tiny:1b"]


def test_a_pull_can_be_stopped(library: RunningServer) -> None:
    server = OllamaServer(library.url)
    wanted = True
    events = server.pull("slow:4b", stop=lambda: not wanted)
    assert next(events).status == "pulling manifest"
    assert next(events).total == 1_000_000
    wanted = False
    with pytest.raises(StoppedError, match="Pull again"):
        next(events)
    assert [card.name for card in server.models()] == ["tiny:1b"]


def test_timeouts_are_positive() -> None:
    for name, seconds in product(("connect_s", "read_s", "question_s", "pull_s", "answer_s"), (0, -1)):
        with pytest.raises(ValueError, match="greater than 0"):
            Timeouts(**{name: seconds})
