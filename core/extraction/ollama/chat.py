"""A conversation with a model: streamed as events for a page, or complete for a batch.

The official client hides that a stream may end without its last piece; here it always ends with `Usage` and `Done`, or raises.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import ollama
import tenacity
from pydantic import BaseModel, ConfigDict, Field

from core.errors import StoppedError
from core.extraction.ollama.errors import BrokenAnswerError, ConnectionLostError, ServerBusyError, translated
from core.extraction.ollama.server import OllamaServer, chosen
from core.extraction.ollama.transport import received, stoppable
from core.progress import never_stop

NS = 1e-9  # the server's durations are nanoseconds


class ChatOptions(BaseModel):
    """How a model answers. All of it is always sent: the server's own defaults depend on the machine and the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(0.0, ge=0, description="0 is the likeliest answer each time")
    seed: int = Field(0, description="Seed of the sampling")
    num_ctx: int = Field(8192, ge=1, description="Tokens of context: prompt and answer together; what is longer is cut silently")
    num_predict: int = Field(1024, ge=1, description="Longest answer in tokens; small models can loop")
    think: bool | None = Field(False, description="Let a thinking model think; none: as the model does by itself")


class Message(BaseModel):
    """One message of a conversation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Thinking:
    """A piece of what a thinking model thinks before it answers."""

    text: str


@dataclass(frozen=True)
class Text:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True)
class Usage:
    """What an answer took; a count of 0 means that the server did not tell it."""

    prompt_tokens: int
    answer_tokens: int
    load_s: float
    prompt_s: float
    answer_s: float
    total_s: float


@dataclass(frozen=True)
class Done:
    """The end of an answer; ``reason`` is "stop", or "length" for one that num_predict cut."""

    reason: str


ChatEvent = Thinking | Text | Usage | Done


@dataclass(frozen=True)
class Completion:
    """A whole answer."""

    text: str
    thinking: str
    usage: Usage
    reason: str


@dataclass(frozen=True)
class Backoff:
    """How often and how long a busy server is waited for: ``attempts`` requests, waits that double from ``first_s`` to ``longest_s``."""

    attempts: int = 6
    first_s: float = 0.5
    longest_s: float = 10.0


def chat(
    server: OllamaServer,
    model: str,
    messages: Sequence[Message],
    options: ChatOptions,
    schema: dict[str, Any] | None = None,
    stop: Callable[[], bool] = never_stop,
) -> Iterator[ChatEvent]:
    """Ask a model and give its answer piece by piece: `Thinking` and `Text`, then `Usage`, then `Done`.

    Args:
        schema: JSON schema the answer has to follow; the server does not write it into the prompt, and some models ignore it.
        stop: asked before each piece and while the server is silent; True ends the request.

    Raises:
        OllamaError: its subclasses say what went wrong; pieces already given are then no whole answer.
        StoppedError: a stop was requested; the server is told by the closed connection.
    """
    finished = False

    def asked_to_stop() -> bool:
        return not finished and stop()  # a whole answer is not taken back

    stream = cast(Any, server.streaming.chat(stream=True, **_request(model, messages, options, schema)))
    for piece in received(stream, server.host, model, asked_to_stop):
        if finished:
            continue  # read to the end, so that the connection can be used again
        if piece.message.thinking:
            yield Thinking(piece.message.thinking)
        if piece.message.content:
            yield Text(piece.message.content)
        if piece.done:
            finished = True
            usage = _usage(piece)
            yield usage
            yield Done(_reason(piece, usage, options))
    if not finished:
        raise _unfinished(server, model)


def complete(
    server: OllamaServer,
    model: str,
    messages: Sequence[Message],
    options: ChatOptions,
    schema: dict[str, Any] | None = None,
    stop: Callable[[], bool] = never_stop,
    backoff: Backoff = Backoff(),
) -> Completion:
    """Ask a model and wait for its whole answer. A busy server and a lost connection are tried again, no other error is.

    The answer comes in one piece, so nothing is heard of the server while it writes: `Timeouts.answer_s` bounds the whole of it.

    Raises:
        OllamaError: as `chat`; `ServerBusyError` and `ConnectionLostError` after the last attempt.
        StoppedError: a stop was requested, also while waiting for a busy server.
    """

    def wait(seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if stop():
                raise StoppedError("The answer was stopped", where=model)
            time.sleep(min(left, 0.1))

    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((ServerBusyError, ConnectionLostError)),
        wait=tenacity.wait_random_exponential(multiplier=backoff.first_s, max=backoff.longest_s),
        stop=tenacity.stop_after_attempt(backoff.attempts),
        sleep=wait,
        reraise=True,
    )
    return attempts(_whole, server, model, messages, options, schema, stop)


def _whole(
    server: OllamaServer,
    model: str,
    messages: Sequence[Message],
    options: ChatOptions,
    schema: dict[str, Any] | None,
    stop: Callable[[], bool],
) -> Completion:
    """One attempt at a whole answer, in one piece: a piece a token would cost a batch several times the CPU."""
    if stop():
        raise StoppedError("The answer was stopped", where=model)
    request = _request(model, messages, options, schema)
    with translated(server.host, model), stoppable(stop):
        answer = server.whole.chat(stream=False, **request)
    if not answer.done:
        raise _unfinished(server, model)
    usage = _usage(answer)
    return Completion(answer.message.content or "", answer.message.thinking or "", usage, _reason(answer, usage, options))


def _unfinished(server: OllamaServer, model: str) -> BrokenAnswerError:
    return BrokenAnswerError("The answer ended too early", where=f"{model} at {server.host}", hint="Try again; see the server's log")


def _request(model: str, messages: Sequence[Message], options: ChatOptions, schema: dict[str, Any] | None) -> dict[str, Any]:
    """What the client sends."""
    return {
        "model": chosen(model),
        "messages": [message.model_dump() for message in messages],
        "think": options.think,
        "format": schema,
        "options": options.model_dump(exclude={"think"}),
    }


def _usage(last: ollama.ChatResponse) -> Usage:
    return Usage(
        prompt_tokens=last.prompt_eval_count or 0,
        answer_tokens=last.eval_count or 0,
        load_s=(last.load_duration or 0) * NS,
        prompt_s=(last.prompt_eval_duration or 0) * NS,
        answer_s=(last.eval_duration or 0) * NS,
        total_s=(last.total_duration or 0) * NS,
    )


def _reason(last: ollama.ChatResponse, usage: Usage, options: ChatOptions) -> str:
    """Why the answer ended; early servers do not say it, but an answer of num_predict tokens was cut."""
    return last.done_reason or ("length" if usage.answer_tokens >= options.num_predict else "stop")
