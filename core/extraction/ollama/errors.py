"""What can go wrong between this program and an Ollama server, each kind as an error of its own.

The official client (0.6) raises a mixture for it: `ConnectionError` or `httpx.ConnectError` for a server that is down,
`ollama.ResponseError` with the HTTP status or with -1 for an error in mid-stream, `json.JSONDecodeError` for a malformed line,
httpx's own errors for time-outs and lost connections, and nothing at all for a stream that ends before its last piece.
`translated` turns them into the errors below, which say what to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import ollama

from core.errors import StudioError


class OllamaError(StudioError):
    """Something went wrong with an Ollama server; ``where`` names the server, or the model on it."""


class ServerDownError(OllamaError):
    """Nothing accepts connections at the server's address."""


class ModelMissingError(OllamaError):
    """The server does not have the model, or the library to pull it from does not."""


class ServerBusyError(OllamaError):
    """The server's queue is full (status 503): worth another try later."""


class BrokenAnswerError(OllamaError):
    """The answer failed on its way: an error in mid-stream, an end without ``done``, a line that is no JSON, a status of 500."""


class ConnectionLostError(BrokenAnswerError):
    """The connection was closed before the answer was complete: worth another try."""


class ServerTimeoutError(OllamaError):
    """The server said nothing for longer than the time allowed."""


class OllamaRequestError(OllamaError):
    """The server refused the request (status 400 and others, no memory), or what answers is no Ollama server."""


class PromptTooLongError(OllamaRequestError):
    """The server refused a prompt longer than its context, which others cut silently."""


@contextmanager
def translated(host: str, model: str | None = None) -> Iterator[None]:
    """Raise what the client raises inside as an `OllamaError`.

    Args:
        host: address of the server, for the message.
        model: name of the model asked for, if any.
    """
    where = f"{model} at {host}" if model else host
    try:
        yield
    except (ConnectionError, httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise ServerDownError(
            "No Ollama server answers", where=host, hint="Start it with `ollama serve`, or set OLLAMA_HOST to where it runs"
        ) from error
    except httpx.TimeoutException as error:
        raise ServerTimeoutError(
            "The Ollama server said nothing for too long", where=where, hint="Take a smaller model or a longer read time-out"
        ) from error
    except httpx.TransportError as error:
        raise ConnectionLostError(
            f"The connection to the Ollama server was lost: {_line(error)}", where=where, hint="See the server's log; try again"
        ) from error
    except ollama.ResponseError as error:
        raise _of_status(error.status_code, _line(error.error), where, model) from error
    except json.JSONDecodeError as error:
        raise BrokenAnswerError(
            f"The Ollama server sent a malformed line: {_excerpt(error.doc)}", where=where, hint="Try again; see the server's log"
        ) from error
    except (httpx.RequestError, ValueError, TypeError, AttributeError) as error:
        # The client builds its objects from whatever came: no text, a list, a number or a message of another shape end here.
        raise BrokenAnswerError(
            f"The Ollama server sent an answer of another shape: {_line(error)}", where=where, hint="Is this address an Ollama server?"
        ) from error


def _of_status(status: int, message: str, where: str, model: str | None) -> OllamaError:
    """The error for an HTTP status; -1 is the client's sign for an error line within a stream."""
    if status == -1:
        return BrokenAnswerError(f"The Ollama server broke off: {message}", where=where, hint="Try again; see the server's log")
    if status == 404 and model and model.split(":")[0].lower() in message.lower():
        return ModelMissingError("The Ollama server does not have this model", where=where, hint=f"Get it with `ollama pull {model}`")
    if status in (429, 503):
        return ServerBusyError(
            f"The Ollama server is busy: {message}", where=where, hint="Ask less at once, or raise OLLAMA_NUM_PARALLEL and OLLAMA_MAX_QUEUE"
        )
    if "context" in message.lower() and "exceed" in message.lower():
        return PromptTooLongError(
            f"The prompt is longer than the context: {message}", where=where, hint="Raise num_ctx or shorten the prompt"
        )
    if status >= 500 and "memory" not in message.lower():
        # What is an error line within a stream is this status for an answer in one piece: the model's process died, mostly.
        return BrokenAnswerError(
            f"The Ollama server failed with status {status}: {message}", where=where, hint="Try again; see the server's log"
        )
    return OllamaRequestError(f"The Ollama server refused the request with status {status}: {message}", where=where, hint=_advice(message))


def _advice(message: str) -> str:
    """What to do about a refusal, by the words the server uses for the common ones."""
    lowered = message.lower()
    if "does not support thinking" in lowered:
        return "Turn thinking off for this model"
    if "memory" in lowered:
        return "Take a smaller model or a smaller num_ctx"
    return "Check the address, the model and the options; see the server's log"


def _line(error: object, limit: int = 300) -> str:
    """An error's text on one line, without a full stop at its end."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text.rstrip(".")[:limit]


def _excerpt(text: str) -> str:
    return repr(text[:80])
