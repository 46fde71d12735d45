"""What the client raises, as the errors of this program: each says what, where and what to do on one line."""

from __future__ import annotations

import json

import httpx
import ollama
import pytest

from core.errors import InputError, StoppedError, StudioError
from core.extraction.ollama.errors import (
    BrokenAnswerError,
    ConnectionLostError,
    ModelMissingError,
    OllamaError,
    OllamaRequestError,
    PromptTooLongError,
    ServerBusyError,
    ServerDownError,
    ServerTimeoutError,
    translated,
)

HOST = "http://gpu-box:11434"
CASES: list[tuple[Exception, type[OllamaError], str]] = [
    (ConnectionError("Failed to connect to Ollama."), ServerDownError, "ollama serve"),
    (httpx.ConnectError("refused"), ServerDownError, "OLLAMA_HOST"),
    (httpx.ConnectTimeout("no route"), ServerDownError, "OLLAMA_HOST"),
    (httpx.ReadTimeout("slow"), ServerTimeoutError, "longer read time-out"),
    (httpx.WriteTimeout("slow"), ServerTimeoutError, "longer read time-out"),
    (httpx.ReadError("reset by peer"), ConnectionLostError, "reset by peer"),
    (httpx.RemoteProtocolError("incomplete chunked read"), ConnectionLostError, "incomplete chunked read"),
    (httpx.TooManyRedirects("20"), BrokenAnswerError, "Ollama server"),
    (httpx.DecodingError("gzip"), BrokenAnswerError, "gzip"),
    (ollama.ResponseError("model 'tiny:1b' not found", 404), ModelMissingError, "ollama pull tiny:1b"),
    (ollama.ResponseError('model "tiny:1b" not found, try pulling it first', 404), ModelMissingError, "ollama pull tiny:1b"),
    (ollama.ResponseError("404 page not found", 404), OllamaRequestError, "Check the address"),
    (ollama.ResponseError("server busy, please try again.  maximum pending requests exceeded", 503), ServerBusyError, "OLLAMA_MAX_QUEUE"),
    (ollama.ResponseError("too many requests", 429), ServerBusyError, "Ask less at once"),
    (ollama.ResponseError('"tiny:1b" does not support thinking', 400), OllamaRequestError, "Turn thinking off"),
    (ollama.ResponseError("model requires more system memory", 500), OllamaRequestError, "smaller model"),
    (ollama.ResponseError("the input length exceeds the context length", 400), PromptTooLongError, "Raise num_ctx"),
    (
        ollama.ResponseError('{"error": "request (7900 tokens) exceeds the available context size (4096 tokens)"}', 400),
        PromptTooLongError,
        "7900",
    ),
    (ollama.ResponseError('{"error": {"code": 400, "message": "exceeds the available context size"}}', 400), PromptTooLongError, "num_ctx"),
    (ollama.ResponseError("<html>\n<body>Bad gateway</body>\n" + "x" * 1000, 502), BrokenAnswerError, "status 502"),
    (ollama.ResponseError("llama runner process has terminated: exit status 2", 500), BrokenAnswerError, "exit status 2"),
    (ollama.ResponseError("an error was encountered"), BrokenAnswerError, "broke off: an error was encountered"),
    (json.JSONDecodeError("Expecting value", "<html>", 0), BrokenAnswerError, "<html>"),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), BrokenAnswerError, "invalid start byte"),
    (TypeError("argument after ** must be a mapping"), BrokenAnswerError, "another shape"),
    (AttributeError("'list' object has no attribute 'get'"), BrokenAnswerError, "another shape"),
]


@pytest.mark.parametrize(("raised", "error", "words"), CASES, ids=lambda case: type(case).__name__ if isinstance(case, Exception) else "")
def test_each_error_of_the_client_becomes_one_of_ours(raised: Exception, error: type[OllamaError], words: str) -> None:
    with pytest.raises(OllamaError) as told, translated(HOST, "tiny:1b"):
        raise raised
    assert type(told.value) is error
    assert told.value.__cause__ is raised
    line = str(told.value)
    assert words in line
    assert HOST in line
    assert "\n" not in line
    assert len(line) < 500
    assert told.value.where
    assert told.value.hint
    assert told.value.exit_status == 1


@pytest.mark.parametrize("raised", [StoppedError("stop"), InputError("no"), KeyboardInterrupt(), MemoryError()])
def test_what_is_not_the_servers_fault_passes_as_it_is(raised: BaseException) -> None:
    with pytest.raises(type(raised)) as told, translated(HOST):
        raise raised
    assert told.value is raised


def test_the_library_without_a_model_is_not_asked_to_pull_nothing() -> None:
    with pytest.raises(OllamaRequestError), translated(HOST):
        raise ollama.ResponseError("model '' not found", 404)


def test_every_error_is_one_a_person_can_act_on() -> None:
    for error in (ServerDownError, ModelMissingError, ServerBusyError, BrokenAnswerError, ServerTimeoutError, OllamaRequestError):
        assert issubclass(error, OllamaError)
        assert issubclass(error, StudioError)
    assert issubclass(ConnectionLostError, BrokenAnswerError)
