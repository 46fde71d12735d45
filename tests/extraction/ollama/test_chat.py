"""Conversations with the scripted server through the real client: events, options, faults, stops, tries, and what they cost."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.errors import StoppedError
from core.extraction.ollama.chat import Backoff, ChatEvent, ChatOptions, Completion, Done, Message, Text, Thinking, Usage, chat, complete
from core.extraction.ollama.errors import (
    BrokenAnswerError,
    ConnectionLostError,
    ModelMissingError,
    OllamaError,
    OllamaRequestError,
    ServerBusyError,
    ServerDownError,
    ServerTimeoutError,
)
from core.extraction.ollama.server import OllamaServer, Timeouts
from tests.ollama_server.fixture import RunningServer, StartServer

MODEL = "tiny:1b"
REVIEW = "The tea was good and cheap."
THINKER = {"name": MODEL, "capabilities": ["completion", "thinking"]}
QUICK = Backoff(attempts=4, first_s=0.01, longest_s=0.05)
STOP_WITHIN_S = 1.0  # a tenth of it on an idle machine

# The ways an answer breaks, and the error each becomes: streamed, and in one piece.
BREAKS: list[tuple[dict[str, Any], type[OllamaError], type[OllamaError]]] = [
    ({"kind": "break", "after": 2, "message": "the runner stopped"}, BrokenAnswerError, BrokenAnswerError),
    ({"kind": "break", "after": 0, "message": "the runner stopped"}, BrokenAnswerError, BrokenAnswerError),
    ({"kind": "end-early", "after": 2}, BrokenAnswerError, BrokenAnswerError),
    ({"kind": "end-early", "after": 0}, BrokenAnswerError, BrokenAnswerError),
    ({"kind": "malformed", "after": 2}, BrokenAnswerError, BrokenAnswerError),
    ({"kind": "malformed", "line": "<html>"}, BrokenAnswerError, BrokenAnswerError),
    ({"kind": "malformed", "line": "[1]"}, BrokenAnswerError, BrokenAnswerError),
    ({"kind": "malformed", "line": "3"}, BrokenAnswerError, BrokenAnswerError),
    ({"kind": "malformed", "line": '{"done": true}'}, BrokenAnswerError, BrokenAnswerError),
    ({"kind": "malformed", "line": '{"error": {"code": 3}}'}, BrokenAnswerError, BrokenAnswerError),
    ({"kind": "malformed", "line": '{"error": "3"}'}, BrokenAnswerError, BrokenAnswerError),
    ({"kind": "close", "after": 0}, ConnectionLostError, ConnectionLostError),
    ({"kind": "close", "after": 2}, ConnectionLostError, ConnectionLostError),
    ({"kind": "hang", "after": 0}, ServerTimeoutError, ServerTimeoutError),
    ({"kind": "hang", "after": 2}, ServerTimeoutError, ServerTimeoutError),
    ({"kind": "error", "status": 400, "message": "invalid options"}, OllamaRequestError, OllamaRequestError),
    ({"kind": "error", "status": 500, "message": "model requires more system memory"}, OllamaRequestError, OllamaRequestError),
    ({"kind": "error", "status": 500, "message": "llama runner process has terminated"}, BrokenAnswerError, BrokenAnswerError),
    ({"kind": "error", "status": 503, "message": "server busy"}, ServerBusyError, ServerBusyError),
]


def ask(text: str = REVIEW) -> list[Message]:
    return [Message(role="system", content="Say why."), Message(role="user", content=f"Review: {text}")]


def streamed(server: OllamaServer, messages: list[Message] | None = None, **members: Any) -> list[ChatEvent]:
    return list(chat(server, MODEL, messages or ask(), members.pop("options", ChatOptions()), **members))


def collect(events: list[ChatEvent], server: OllamaServer) -> None:
    """A stream's events up to where it breaks."""
    for event in chat(server, MODEL, ask(), ChatOptions()):
        events.append(event)  # one by one: extend() would lose what came before the break


def text_of(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


def logged(server: RunningServer, count: int) -> list[dict[str, Any]]:
    """The conversations in the log, once there are ``count``: a line is written when the server is done with a request."""
    end = time.monotonic() + 5
    while len(server.log("/api/chat")) < count and time.monotonic() < end:
        time.sleep(0.01)
    return server.log("/api/chat")


def test_a_chat_gives_its_pieces_then_its_usage_then_its_end(ollama_server: StartServer) -> None:
    server = OllamaServer(ollama_server({"latency_s": 0.1, "default": {"kind": "answer", "text": "Good and cheap.", "chunks": 2}}).url)
    *pieces, usage, done = streamed(server)
    assert [type(piece) for piece in pieces] == [Text, Text]
    assert text_of(pieces) == "Good and cheap."
    assert isinstance(usage, Usage)
    assert usage.answer_tokens == 4
    assert 10 < usage.prompt_tokens < 30
    assert 0.09 < usage.total_s < 2
    assert usage.load_s + usage.prompt_s + usage.answer_s == pytest.approx(usage.total_s, rel=0.01)
    assert done == Done("stop")


def test_a_whole_answer_is_the_same_in_one_piece(ollama_server: StartServer) -> None:
    script = {"models": [THINKER], "default": {"kind": "answer", "text": "Good.", "thinking": "Let me see."}}
    server = OllamaServer(ollama_server(script).url)
    options = ChatOptions(think=True)
    whole = complete(server, MODEL, ask(), options)
    *pieces, usage, done = streamed(server, options=options)
    thinking = "".join(piece.text for piece in pieces if isinstance(piece, Thinking))
    assert isinstance(usage, Usage)
    assert isinstance(done, Done)
    assert whole == Completion("Good.", "Let me see.", whole.usage, "stop")
    assert (text_of(pieces), thinking, done.reason) == (whole.text, whole.thinking, whole.reason)
    assert (usage.prompt_tokens, usage.answer_tokens) == (whole.usage.prompt_tokens, whole.usage.answer_tokens)


def test_thinking_comes_before_the_answer(ollama_server: StartServer) -> None:
    script = {"models": [THINKER], "default": {"kind": "answer", "text": "Good tea.", "thinking": "Let me see."}}
    kinds = [type(event) for event in streamed(OllamaServer(ollama_server(script).url), options=ChatOptions(think=None))]
    assert kinds.index(Text) == kinds.count(Thinking) > 1


def test_every_option_is_always_sent(ollama_server: StartServer) -> None:
    running = ollama_server({"models": [THINKER]})
    server = OllamaServer(running.url)
    complete(server, MODEL, ask(), ChatOptions())
    streamed(server, options=ChatOptions(temperature=0.7, seed=5, num_ctx=2048, num_predict=99, think=True), schema={"type": "object"})
    complete(server, MODEL, ask(), ChatOptions(think=None))
    first, second, third = (entry["request"] for entry in logged(running, 3))
    assert first["options"] == {"temperature": 0.0, "seed": 0, "num_ctx": 8192, "num_predict": 1024}
    assert (first["think"], first["stream"], first["format"], first["messages"]) == (False, False, None, 2)
    assert second["options"] == {"temperature": 0.7, "seed": 5, "num_ctx": 2048, "num_predict": 99}
    assert (second["think"], second["stream"], second["format"]) == (True, True, "schema")
    assert "think" not in third, "none leaves it to the model"


def test_a_schema_reaches_the_model_as_it_is(ollama_server: StartServer) -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"enum": ["only"]}, "note": {"type": "string", "default": None}},
        "required": ["name"],
    }
    server = OllamaServer(ollama_server().url)
    assert json.loads(complete(server, MODEL, ask(), ChatOptions(), schema).text)["name"] == "only"
    assert json.loads(text_of(streamed(server, schema=schema)))["name"] == "only"


def test_an_answer_that_was_cut_says_so(ollama_server: StartServer) -> None:
    server = OllamaServer(ollama_server({"default": {"kind": "answer", "text": "one two three four"}}).url)
    assert complete(server, MODEL, ask(), ChatOptions(num_predict=2)).reason == "length"
    assert streamed(server, options=ChatOptions(num_predict=2))[-1] == Done("length")
    assert complete(server, MODEL, ask(), ChatOptions()).reason == "stop"


def test_a_server_that_gives_no_reason_is_judged_by_its_count(ollama_server: StartServer) -> None:
    silent = {"kind": "answer", "text": "one two three four", "fields": {"done_reason": None, "prompt_eval_count": None}}
    server = OllamaServer(ollama_server({"default": silent}).url)
    assert complete(server, MODEL, ask(), ChatOptions(num_predict=2)).reason == "length"
    assert complete(server, MODEL, ask(), ChatOptions(num_predict=9)).reason == "stop"
    assert complete(server, MODEL, ask(), ChatOptions()).usage.prompt_tokens == 0


@pytest.mark.parametrize(
    "letters", ["caf\u00e9 \u98df\u7269 \U0001f60d", "it\u0085s", "line\u2028line\u2029end", "a\nb\r\nc\x0b\x1c", '"\\']
)
def test_every_letter_comes_through(ollama_server: StartServer, letters: str) -> None:
    server = OllamaServer(ollama_server({"default": {"kind": "answer", "text": letters * 3, "chunks": 2}}).url)
    assert text_of(streamed(server)) == letters * 3
    assert complete(server, MODEL, ask(letters), ChatOptions()).text == letters * 3


@pytest.mark.parametrize(("action", "error"), [(action, error) for action, error, _ in BREAKS], ids=str)
def test_a_stream_that_breaks_raises_and_never_ends_as_if_it_were_whole(
    ollama_server: StartServer, action: dict[str, Any], error: type[OllamaError]
) -> None:
    running = ollama_server({"default": action})
    events: list[ChatEvent] = []
    server = OllamaServer(running.url, Timeouts(read_s=0.4))
    with pytest.raises(error, match=running.url) as told:
        collect(events, server)
    assert type(told.value) is error
    assert not any(isinstance(event, Usage | Done) for event in events)
    assert len(events) == (action.get("after", 0) if action["kind"] != "error" else 0)
    assert "\n" not in str(told.value)
    assert told.value.exit_status == 1
    assert len(running.log("/api/chat")) <= 1, "a stream is not begun again"


@pytest.mark.parametrize(("action", "error"), [(action, error) for action, _, error in BREAKS], ids=str)
def test_a_whole_answer_that_breaks_raises(ollama_server: StartServer, action: dict[str, Any], error: type[OllamaError]) -> None:
    running = ollama_server({"default": action})
    with pytest.raises(error, match=running.url) as told:
        complete(OllamaServer(running.url, Timeouts(answer_s=0.4)), MODEL, ask(), ChatOptions(), backoff=QUICK)
    assert type(told.value) is error
    tried_again = error in (ServerBusyError, ConnectionLostError)
    assert len(logged(running, QUICK.attempts if tried_again else 1)) == (QUICK.attempts if tried_again else 1)


def test_the_words_of_the_server_are_in_the_error(ollama_server: StartServer) -> None:
    rules = [
        {"contains": "stream", "action": {"kind": "break", "after": 1, "message": "an error was encountered while running the model"}},
        {"contains": "memory", "action": {"kind": "error", "status": 500, "message": "model requires more system memory (5.6 GiB)"}},
    ]
    server = OllamaServer(ollama_server({"rules": rules}).url)
    with pytest.raises(BrokenAnswerError, match="broke off: an error was encountered while running the model"):
        streamed(server, ask("stream"))
    with pytest.raises(OllamaRequestError, match=r"status 500: model requires more system memory \(5.6 GiB\).*smaller model"):
        complete(server, MODEL, ask("memory"), ChatOptions())
    with pytest.raises(OllamaRequestError, match="does not support thinking.*Turn thinking off"):
        complete(server, MODEL, ask(), ChatOptions(think=True))


def test_a_missing_model_is_told_with_how_to_get_it(ollama_server: StartServer) -> None:
    running = ollama_server()
    server = OllamaServer(running.url)
    for call in (lambda: complete(server, "big:70b", ask(), ChatOptions()), lambda: list(chat(server, "big:70b", ask(), ChatOptions()))):
        with pytest.raises(ModelMissingError, match="ollama pull big:70b"):
            call()
    assert len(logged(running, 2)) == 2


def test_a_slow_stream_is_no_silence(ollama_server: StartServer) -> None:
    slow = {"kind": "answer", "text": "one two three four five six", "chunk_delay_s": 0.15}
    server = OllamaServer(ollama_server({"default": slow}).url, Timeouts(read_s=0.8))
    began = time.monotonic()
    assert text_of(streamed(server)) == "one two three four five six"
    assert time.monotonic() - began > 0.8, "longer than the longest silence"


def test_a_whole_answer_may_take_five_times_the_longest_silence_of_a_stream(ollama_server: StartServer) -> None:
    server = OllamaServer(ollama_server({"latency_s": 0.8, "default": {"kind": "answer", "text": "ok"}}).url, Timeouts(read_s=0.3))
    assert complete(server, MODEL, ask(), ChatOptions()).text == "ok"
    with pytest.raises(ServerTimeoutError, match="longer read time-out"):
        streamed(server)


@pytest.mark.parametrize(
    "fault", [{"kind": "error", "status": 503, "message": "server busy"}, {"kind": "close"}], ids=lambda fault: fault["kind"]
)
def test_a_busy_server_and_a_lost_connection_are_tried_again(ollama_server: StartServer, fault: dict[str, Any]) -> None:
    running = ollama_server({"rules": [{"times": 2, "action": fault}], "default": {"kind": "answer", "text": "at last"}})
    assert complete(OllamaServer(running.url), MODEL, ask(), ChatOptions(), backoff=QUICK).text == "at last"
    assert [entry["status"] for entry in logged(running, 3)][-1] == 200
    assert len(running.log("/api/chat")) == 3


def test_a_full_queue_is_waited_for(ollama_server: StartServer) -> None:
    running = ollama_server({"slots": 1, "queue": 0, "latency_s": 0.05})
    server = OllamaServer(running.url)
    patient = Backoff(attempts=40, first_s=0.05, longest_s=0.2)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: complete(server, MODEL, ask(f"tea {n}"), ChatOptions(), backoff=patient), range(8)))
    assert len(answers) == 8
    statuses = [entry["status"] for entry in logged(running, 8)]
    assert statuses.count(200) == 8
    assert statuses.count(503) == len(statuses) - 8 > 0


def test_waiting_for_a_busy_server_can_be_stopped(ollama_server: StartServer) -> None:
    running = ollama_server({"default": {"kind": "error", "status": 503, "message": "server busy"}})
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    with pytest.raises(StoppedError):
        complete(OllamaServer(running.url), MODEL, ask(), ChatOptions(), stop=stop.is_set, backoff=Backoff(1000, 30, 30))
    assert time.monotonic() - began < 0.3 + STOP_WITHIN_S


@pytest.mark.parametrize("call", [lambda *args: complete(*args), lambda *args: list(chat(*args))], ids=["complete", "chat"])
def test_a_stop_reaches_a_server_that_is_silent(ollama_server: StartServer, call: Callable[..., Any]) -> None:
    running = ollama_server({"default": {"kind": "hang"}, "slots": 1})
    server = OllamaServer(running.url)
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    with pytest.raises(StoppedError):
        call(server, MODEL, ask(), ChatOptions(), None, stop.is_set)
    assert time.monotonic() - began < 0.3 + STOP_WITHIN_S
    (entry,) = logged(running, 1)
    assert entry["outcome"] == "gone", "the server is told, and its slot is free again"


def test_a_stop_ends_a_stream_between_its_pieces(ollama_server: StartServer) -> None:
    running = ollama_server({"default": {"kind": "answer", "text": "word " * 200, "chunk_delay_s": 0.05}})
    stop = threading.Event()
    events = chat(OllamaServer(running.url), MODEL, ask(), ChatOptions(), stop=stop.is_set)
    assert next(events) == Text("word")
    stop.set()
    with pytest.raises(StoppedError):
        next(events)
    (entry,) = logged(running, 1)
    assert entry["outcome"] == "gone"


def test_a_stop_before_the_start_sends_nothing(ollama_server: StartServer) -> None:
    running = ollama_server()
    server = OllamaServer(running.url)
    with pytest.raises(StoppedError):
        complete(server, MODEL, ask(), ChatOptions(), stop=lambda: True)
    with pytest.raises(StoppedError):
        streamed(server, stop=lambda: True)
    assert running.log() == []


def test_a_stop_after_the_last_piece_takes_nothing_back(ollama_server: StartServer) -> None:
    server = OllamaServer(ollama_server({"default": {"kind": "answer", "text": "ok"}}).url)
    seen: list[ChatEvent] = []
    for event in chat(server, MODEL, ask(), ChatOptions(), stop=lambda: any(isinstance(one, Usage) for one in seen)):
        seen.append(event)
    assert seen[-1] == Done("stop")


def test_a_stream_that_is_left_frees_the_server(ollama_server: StartServer) -> None:
    running = ollama_server({"default": {"kind": "answer", "text": "word " * 200, "chunk_delay_s": 0.05}})
    events = chat(OllamaServer(running.url), MODEL, ask(), ChatOptions())
    next(events)
    events.close()
    (entry,) = logged(running, 1)
    assert entry["outcome"] == "gone"


def test_the_stop_of_one_request_does_not_reach_another(ollama_server: StartServer) -> None:
    server = OllamaServer(ollama_server({"latency_s": 0.4, "default": {"kind": "answer", "text": "ok"}}).url)
    with ThreadPoolExecutor(2) as pool:
        kept = pool.submit(complete, server, MODEL, ask("kept"), ChatOptions(), None, lambda: False)
        stopped = pool.submit(complete, server, MODEL, ask("stopped"), ChatOptions(), None, iter([False, True, True]).__next__)
        with pytest.raises(StoppedError):
            stopped.result()
        assert kept.result().text == "ok"


def test_connections_are_used_again(ollama_server: StartServer) -> None:
    running = ollama_server({"default": {"kind": "answer", "text": "ok"}})
    server = OllamaServer(running.url)
    for _ in range(3):
        complete(server, MODEL, ask(), ChatOptions())
        streamed(server)
    assert len({entry["port"] for entry in logged(running, 6)}) == 1


def test_a_server_that_was_started_again_is_found_again(ollama_server: StartServer) -> None:
    script = {"default": {"kind": "answer", "text": "ok"}}
    first = ollama_server(script)
    server = OllamaServer(first.url)
    assert complete(server, MODEL, ask(), ChatOptions()).text == "ok"
    first.stop()
    with pytest.raises(ServerDownError):
        complete(server, MODEL, ask(), ChatOptions())
    ollama_server(script, port=int(first.url.rsplit(":", 1)[1]))
    assert complete(server, MODEL, ask(), ChatOptions()).text == "ok"
    assert text_of(streamed(server)) == "ok"


def test_a_whole_answer_costs_little(ollama_server: StartServer) -> None:
    running = ollama_server({"latency_s": 0.02})
    server = OllamaServer(running.url)
    text = REVIEW * 20
    complete(server, MODEL, ask(text), ChatOptions())
    with ThreadPoolExecutor(4) as pool:
        began = time.process_time()
        list(pool.map(lambda n: complete(server, MODEL, ask(f"{n} {text}"), ChatOptions(), stop=lambda: False), range(80)))
        each_ms = (time.process_time() - began) / 80 * 1e3
    assert each_ms < 5, f"{each_ms:.2f} ms of CPU an answer; 1.5 when this was written"
