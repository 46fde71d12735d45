"""The scripted server speaks as the real one does: paths, members, statuses, streams, slots, faults."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.ollama_server.answers import material, pieces, tokens
from tests.ollama_server.fixture import ROOT, RunningServer, StartServer
from tests.ollama_server.script import Script, ScriptError

NANOSECONDS = ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")


def asked(content: str = "Review: The tea was good.", **members: Any) -> dict[str, Any]:
    return {"model": "tiny:1b", "messages": [{"role": "user", "content": content}]} | members


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.text.splitlines()]


def logged(server: RunningServer, count: int, endpoint: str | None = None) -> list[dict[str, Any]]:
    """The log once it has ``count`` entries: a request's line is written just after its last byte."""
    end = time.monotonic() + 5
    while len(server.log(endpoint)) < count and time.monotonic() < end:
        time.sleep(0.01)
    return server.log(endpoint)


def test_the_root_and_unknown_paths_answer_in_plain_text(ollama_server: StartServer) -> None:
    url = ollama_server().url
    assert httpx.get(url).text == "Ollama is running"
    assert httpx.head(url).status_code == 200
    unknown = httpx.get(f"{url}/api/nothing")
    assert (unknown.status_code, unknown.text) == (404, "404 page not found")


def test_the_lists_have_the_members_of_the_real_server(ollama_server: StartServer) -> None:
    url = ollama_server(
        {"models": [{"name": "tiny:1b", "size": 5, "context_length": 4096, "capabilities": ["completion", "thinking"]}]}
    ).url
    assert set(httpx.get(f"{url}/api/version").json()) == {"version"}
    (model,) = httpx.get(f"{url}/api/tags").json()["models"]
    assert set(model) == {"name", "model", "modified_at", "size", "digest", "details"}
    assert set(model["details"]) == {"parent_model", "format", "family", "families", "parameter_size", "quantization_level"}
    shown = httpx.post(f"{url}/api/show", json={"model": "tiny:1b"}).json()
    assert shown["capabilities"] == ["completion", "thinking"]
    assert shown["model_info"][f"{shown['model_info']['general.architecture']}.context_length"] == 4096
    assert httpx.get(f"{url}/api/ps").json() == {"models": []}
    httpx.post(f"{url}/api/chat", json=asked(options={"num_ctx": 2048}))
    (running,) = httpx.get(f"{url}/api/ps").json()["models"]
    assert running["context_length"] == 2048
    assert datetime.fromisoformat(running["expires_at"]) > datetime.now(UTC)


def test_a_chat_streams_json_lines_and_ends_with_durations(ollama_server: StartServer) -> None:
    url = ollama_server({"default": {"kind": "answer", "text": "Good tea, good price."}, "latency_s": 0.1}).url
    answer = httpx.post(f"{url}/api/chat", json=asked())
    assert answer.headers["content-type"] == "application/x-ndjson"
    *parts, last = lines(answer)
    assert all(set(part) == {"model", "created_at", "message", "done"} and not part["done"] for part in parts)
    assert "".join(part["message"]["content"] for part in parts) == "Good tea, good price."
    assert len(parts) == len(tokens("Good tea, good price.")), "a piece a token"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", last["created_at"])
    assert last["done"] is True
    assert last["done_reason"] == "stop"
    assert last["message"] == {"role": "assistant", "content": ""}
    assert all(isinstance(last[name], int) for name in NANOSECONDS)
    assert 0.09e9 < last["total_duration"] < 2e9
    assert last["eval_count"] == len(parts)


def test_a_whole_answer_is_one_object(ollama_server: StartServer) -> None:
    url = ollama_server({"default": {"kind": "answer", "text": "Good.", "chunks": 2}}).url
    answer = httpx.post(f"{url}/api/chat", json=asked(stream=False))
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json()["message"] == {"role": "assistant", "content": "Good."}
    assert answer.json()["done"] is True
    generated = httpx.post(f"{url}/api/generate", json={"model": "tiny:1b", "prompt": "Say good.", "stream": False}).json()
    assert generated["response"] == "Good."
    streamed = lines(httpx.post(f"{url}/api/generate", json={"model": "tiny:1b", "prompt": "Say good."}))
    assert "".join(part["response"] for part in streamed) == "Good."


def test_embeddings_are_normalised_and_hang_on_the_text_alone(ollama_server: StartServer) -> None:
    url = ollama_server().url
    found = httpx.post(f"{url}/api/embed", json={"model": "tiny:1b", "input": ["tea", "tea", "ink"]}).json()["embeddings"]
    assert found[0] == found[1] != found[2]
    assert sum(value * value for value in found[2]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("path", "sent", "status", "message"),
    [
        ("chat", {"model": "big:70b", "messages": [{"role": "user", "content": "x"}]}, 404, "model 'big:70b' not found"),
        ("show", {"model": "big:70b"}, 404, "model 'big:70b' not found"),
        ("chat", {"messages": []}, 400, "model is required"),
        (
            "chat",
            {"model": "tiny:1b", "messages": [{"role": "user", "content": "x"}], "think": True},
            400,
            '"tiny:1b" does not support thinking',
        ),
        ("generate", None, 400, "missing request body"),
    ],
)
def test_refusals_have_the_status_and_words_of_the_real_server(
    ollama_server: StartServer, path: str, sent: Any, status: int, message: str
) -> None:
    url = ollama_server().url
    answer = httpx.post(f"{url}/api/{path}", json=sent) if sent is not None else httpx.post(f"{url}/api/{path}")
    assert (answer.status_code, answer.json()) == (status, {"error": message})


def test_an_empty_conversation_loads_the_model(ollama_server: StartServer) -> None:
    url = ollama_server().url
    answer = httpx.post(f"{url}/api/chat", json={"model": "tiny:1b", "messages": []}).json()
    assert (answer["done"], answer["done_reason"]) == (True, "load")


def test_slots_limit_what_is_answered_at_once(ollama_server: StartServer) -> None:
    server = ollama_server({"slots": 2, "latency_s": 0.1})
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: httpx.post(f"{server.url}/api/chat", json=asked(f"review {n}", stream=False), timeout=20), range(6)))
    entries = logged(server, 6)
    moments = sorted([(entry["start"], 1) for entry in entries] + [(entry["end"], -1) for entry in entries])
    together = [sum(step for _, step in moments[: at + 1]) for at in range(len(moments))]
    assert max(together) == 2
    assert {entry["slot"] for entry in entries} == {0, 1}
    assert max(entry["end"] for entry in entries) - min(entry["start"] for entry in entries) >= 0.3


def test_a_full_queue_is_refused_with_503(ollama_server: StartServer) -> None:
    server = ollama_server({"slots": 1, "queue": 1, "latency_s": 0.8})
    with ThreadPoolExecutor(5) as pool:
        statuses = list(pool.map(lambda n: httpx.post(f"{server.url}/api/chat", json=asked(f"review {n}")).status_code, range(5)))
    assert sorted(statuses) == [200, 200, 503, 503, 503]


def test_who_leaves_the_queue_gives_the_place_to_the_next(ollama_server: StartServer) -> None:
    server = ollama_server({"slots": 1, "latency_s": 0.6})
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(httpx.post, f"{server.url}/api/chat", json=asked("first", stream=False))
        time.sleep(0.1)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{server.url}/api/chat", json=asked("impatient", stream=False), timeout=0.1)
        assert first.result().status_code == 200
        assert httpx.post(f"{server.url}/api/chat", json=asked("third", stream=False)).status_code == 200
    assert sorted(entry["outcome"] for entry in logged(server, 3)) == ["answered", "answered", "gone"]


def test_rules_are_tried_in_order_and_run_out(ollama_server: StartServer) -> None:
    rule = {"contains": "tea", "endpoint": "/api/chat", "times": 2, "action": {"kind": "error", "status": 503, "message": "busy"}}
    url = ollama_server({"rules": [rule], "default": {"kind": "answer", "text": "ok"}}).url
    statuses = [httpx.post(f"{url}/api/chat", json=asked(text, stream=False)).status_code for text in ("tea", "ink", "tea", "tea")]
    assert statuses == [503, 200, 503, 200]


@pytest.mark.parametrize(
    "script",
    [
        {"default": "sing"},
        {"rules": [{"contains": "x"}]},
        {"slot": 4},
        {"default": {"kind": "answer", "txt": ""}},
        {"models": [{"nam": ""}]},
    ],
)
def test_a_script_with_a_mistake_is_refused(script: dict[str, Any]) -> None:
    with pytest.raises((ScriptError, TypeError)):
        Script(script)


def test_faults_break_a_stream_after_the_pieces_they_name(ollama_server: StartServer) -> None:
    rules = [
        {"contains": kind, "action": {"kind": kind, "after": 2, "text": "one two three four", "message": "out of memory"}}
        for kind in ("break", "end-early", "malformed")
    ]
    url = ollama_server({"rules": rules}).url
    broken = lines(httpx.post(f"{url}/api/chat", json=asked("break")))
    assert [part.get("message", {}).get("content") for part in broken] == ["one", " two", None]
    assert broken[-1] == {"error": "out of memory"}
    assert [part["done"] for part in lines(httpx.post(f"{url}/api/chat", json=asked("end-early")))] == [False, False]
    malformed = httpx.post(f"{url}/api/chat", json=asked("malformed")).text.splitlines()
    assert len(malformed) == 3
    with pytest.raises(json.JSONDecodeError):
        json.loads(malformed[-1])


def test_a_closed_connection_and_a_silence_are_what_they_say(ollama_server: StartServer) -> None:
    rules = [{"contains": "close", "action": {"kind": "close", "after": 1}}, {"contains": "hang", "action": {"kind": "hang", "after": 1}}]
    url = ollama_server({"rules": rules}).url
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{url}/api/chat", json=asked("close"))
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{url}/api/chat", json=asked("hang"), timeout=0.3)


def test_a_long_prompt_is_cut_at_the_context_silently(ollama_server: StartServer) -> None:
    url = ollama_server().url
    answer = httpx.post(f"{url}/api/chat", json=asked("tea " * 500, stream=False, options={"num_ctx": 100}))
    assert (answer.status_code, answer.json()["prompt_eval_count"]) == (200, 100)


def test_num_predict_cuts_the_answer(ollama_server: StartServer) -> None:
    url = ollama_server({"default": {"kind": "answer", "text": "one two three four"}}).url
    answer = httpx.post(f"{url}/api/chat", json=asked(stream=False, options={"num_predict": 3})).json()
    assert (answer["message"]["content"], answer["done_reason"], answer["eval_count"]) == ("one two three", "length", 3)


def test_a_thinking_model_thinks_unless_told_not_to(ollama_server: StartServer) -> None:
    script = {"models": [{"name": "tiny:1b", "capabilities": ["completion", "thinking"]}]}
    script["default"] = {"kind": "answer", "text": "Good.", "thinking": "Let me see."}
    url = ollama_server(script).url
    by_itself = httpx.post(f"{url}/api/chat", json=asked(stream=False)).json()["message"]
    assert by_itself == {"role": "assistant", "content": "Good.", "thinking": "Let me see."}
    assert "thinking" not in httpx.post(f"{url}/api/chat", json=asked(stream=False, think=False)).json()["message"]


def test_the_echo_follows_the_schema_and_quotes_the_review(ollama_server: StartServer) -> None:
    motivation = {"name": {"type": "string", "enum": ["price", "staff", "other"]}, "quote": {"type": "string"}}
    motivation |= {
        "polarity": {"type": "string", "enum": ["positive", "negative"]},
        "strength": {"type": "number", "minimum": 0, "maximum": 1},
    }
    schema = {"type": "object", "properties": {"motivations": {"type": "array", "items": {"type": "object", "properties": motivation}}}}
    text = "The staff were rude to us. I loved the cake!"
    message = f"A review:\n<material-1a2b3c>\n{text}\n</material-1a2b3c>\nAnswer with JSON."
    url = ollama_server().url
    said = [httpx.post(f"{url}/api/chat", json=asked(message, format=schema, stream=False)).json()["message"]["content"] for _ in range(2)]
    assert said[0] == said[1]
    found = json.loads(said[0])["motivations"]
    assert [one["quote"] for one in found] == ["The staff were rude to us.", "I loved the cake!"]
    assert [one["polarity"] for one in found] == ["negative", "positive"]
    assert all(one["name"] in motivation["name"]["enum"] and 0 <= one["strength"] <= 1 for one in found)


def test_the_review_is_found_in_the_last_message_that_has_one() -> None:
    first = "Note:\n<material-aa>\nIt was good.\n</material-aa>\nThank you."
    assert material(["hello", first, "That was no JSON. Again."]) == "It was good."
    assert material(["Review: It was good."]) == "It was good."
    assert material(["It was good."]) == "It was good."


@pytest.mark.parametrize("text", ["", "one", 'a "b": 1.25,\n  c — “d” 食物很好', "  spaces  and\ttabs\n"])
@pytest.mark.parametrize("count", [None, 1, 3, 100])
def test_pieces_join_to_the_text_again(text: str, count: int | None) -> None:
    assert "".join(pieces(text, count)) == text


def test_the_log_tells_each_request(ollama_server: StartServer) -> None:
    server = ollama_server({"latency_s": 0.05})
    httpx.post(f"{server.url}/api/chat", json=asked("tea", options={"seed": 3}, think=False))
    (entry,) = logged(server, 1, "/api/chat")
    assert entry["key"] == hashlib.sha256(b"tea").hexdigest()
    assert entry["arrival"] <= entry["start"] < entry["end"]
    assert (entry["status"], entry["outcome"], entry["slot"]) == (200, "answered", 0)
    assert entry["request"] == {"model": "tiny:1b", "options": {"seed": 3}, "think": False, "messages": 1, "format": None}


def test_the_server_ends_with_the_process_that_started_it() -> None:
    starter = (
        "import sys, pathlib, tempfile, time; sys.path.insert(0, '.')\n"
        "from tests.ollama_server.fixture import RunningServer\n"
        "print(RunningServer({}, pathlib.Path(tempfile.mkdtemp())).url, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", starter], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout:
        url = httpx.URL(process.stdout.readline().strip())
        os.kill(process.pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            socket.create_connection((url.host, url.port or 0), timeout=1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    pytest.fail("the scripted server outlived its starter")
