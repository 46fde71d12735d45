"""One Ollama server: where it is, what models it has and runs, and how it gets another."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

import httpx
import ollama
from pydantic import BaseModel, ConfigDict, Field

from core.errors import InputError, StoppedError
from core.extraction.ollama.errors import BrokenAnswerError, ModelMissingError, OllamaRequestError, translated
from core.extraction.ollama.transport import StoppableTransport, received
from core.progress import never_stop

DEFAULT_PORT = 11434


class Timeouts(BaseModel):
    """How long a silence of the server may last, in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connect_s: float = Field(5.0, gt=0, description="Longest wait for a connection")
    read_s: float = Field(120.0, gt=0, description="Longest silence between two pieces of a stream; the first waits for the model to load")
    answer_s: float | None = Field(None, gt=0, description="Longest wait for an answer that is not streamed; none: five times read_s")
    question_s: float = Field(10.0, gt=0, description="Longest wait for small questions: version, list of models")
    pull_s: float = Field(600.0, gt=0, description="Longest silence of a download; checking a large file is silent")


class ModelCard(BaseModel):
    """A model a server has."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    name: str
    digest: str = ""
    size_bytes: int = 0
    family: str = ""
    parameters: str = ""  # as the server writes it, e.g. "4.3B"
    quantisation: str = ""
    modified_at: datetime | None = None
    context_length: int | None = None  # tokens the model was made for; None where only `card` knows it
    capabilities: tuple[str, ...] = ()  # e.g. "completion", "tools", "thinking"


class RunningModel(BaseModel):
    """A model a server holds in memory."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    name: str
    digest: str = ""
    size_bytes: int = 0
    vram_bytes: int = 0
    context_length: int | None = None  # tokens it was loaded with (num_ctx)
    expires_at: datetime | None = None


class PullEvent(BaseModel):
    """A moment of a download: what is being done, and bytes of the current file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: str
    completed: int = 0
    total: int = 0


class OllamaServer:
    """An Ollama server at an address; safe to use from many threads, which share its connections.

    Args:
        host: where the server is; None takes the environment's OLLAMA_HOST, else http://127.0.0.1:11434. See `normalised_host`.
        timeouts: how long its silences may last.

    Raises:
        InputError: the address cannot be read.
    """

    def __init__(self, host: str | None = None, timeouts: Timeouts = Timeouts()) -> None:
        self.host = normalised_host(host if host is not None else os.environ.get("OLLAMA_HOST"))
        self.timeouts = timeouts
        self._transport = StoppableTransport()
        self._closed = weakref.finalize(self, self._transport.close)
        self.streaming = self._client(timeouts.read_s)
        self.whole = self._client(timeouts.answer_s or 5 * timeouts.read_s)
        self._quick = self._client(timeouts.question_s)

    def close(self) -> None:
        """Close the connections that are kept for the next request; a server nobody refers to any more does it by itself."""
        self._closed()

    def version(self) -> str:
        """The server's version, such as "0.12.3".

        Raises:
            OllamaError: the server is down, or what answers is no Ollama server.
        """
        plain = httpx.Client(transport=self._transport, timeout=self._silence(self.timeouts.question_s))  # the client has no call for it
        with translated(self.host):
            answer = plain.get(f"{self.host}/api/version")
        try:
            return str(answer.raise_for_status().json()["version"])
        except (httpx.HTTPStatusError, ValueError, KeyError, TypeError) as error:
            raise OllamaRequestError("What answers is no Ollama server", where=self.host, hint="Check the address and port") from error

    def models(self) -> list[ModelCard]:
        """The models the server has, by name; their context length and capabilities only `card` tells."""
        with translated(self.host):
            found = self._quick.list().models
        return sorted((_card(model) for model in found), key=lambda card: card.name)

    def card(self, model: str) -> ModelCard:
        """All that the server tells of one model.

        Raises:
            ModelMissingError: the server does not have it.
        """
        with translated(self.host, model):
            shown = self._quick.show(chosen(model))
        known = {card.name: card for card in self.models()}
        base = known.get(model) or known.get(f"{model}:latest") or ModelCard(name=model)
        return base.model_copy(
            update={
                "context_length": _context_length(shown.modelinfo or {}),
                "capabilities": tuple(shown.capabilities or ()),
                "family": base.family or (shown.details and shown.details.family) or "",
            }
        )

    def running(self) -> list[RunningModel]:
        """The models the server holds in memory now."""
        with translated(self.host):
            found = self._quick.ps().models
        return [
            RunningModel(
                name=model.model or model.name or "",
                digest=model.digest or "",
                size_bytes=int(model.size or 0),
                vram_bytes=int(model.size_vram or 0),
                context_length=model.context_length,
                expires_at=model.expires_at,
            )
            for model in found
        ]

    def pull(self, model: str, stop: Callable[[], bool] = never_stop) -> Iterator[PullEvent]:
        """Download a model to the server, event by event; what was downloaded is kept when the work is stopped.

        Raises:
            ModelMissingError: the library does not have it.
            BrokenAnswerError: the download failed, or ended before the server said "success".
            StoppedError: a stop was requested.
        """
        status = ""
        events = cast(Any, self._client(self.timeouts.pull_s).pull(chosen(model), stream=True))
        try:
            for event in received(events, self.host, model, stop):
                status = event.status or ""
                yield PullEvent(status=status, completed=event.completed or 0, total=event.total or 0)
        except StoppedError as error:
            raise StoppedError("The download was stopped", where=model, hint="Pull again to go on where it ended") from error
        except BrokenAnswerError as error:
            if "does not exist" in str(error) or "not found" in str(error):
                raise ModelMissingError("The Ollama library has no such model", where=model, hint="Check its name and tag") from error
            raise
        if status != "success":
            raise BrokenAnswerError("The download ended too early", where=model, hint="Pull again to go on where it ended")

    def _client(self, silence_s: float) -> ollama.Client:
        """The official client, on this server's connections."""
        return ollama.Client(self.host, timeout=self._silence(silence_s), transport=self._transport)

    def _silence(self, silence_s: float) -> httpx.Timeout:
        return httpx.Timeout(silence_s, connect=self.timeouts.connect_s, pool=None)


def chosen(model: str) -> str:
    """The name of a model.

    Raises:
        InputError: it is empty.
    """
    if not model.strip():
        raise InputError("No model is chosen", hint="Take one of the server's models")
    return model


def normalised_host(host: str | None) -> str:
    """The URL of a server from what people write, by the rules of the official client.

    No scheme means port 11434 ("gpu-box" is http://gpu-box:11434), but a scheme without a port means the scheme's own:
    "http://gpu-box" is port 80. An address to listen at (0.0.0.0), which people set for the server, becomes this machine.

    Raises:
        InputError: the address cannot be read.
    """
    given = (host or "").strip().strip("\"'").strip()
    try:
        parts, port = _split(given)
        name = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(parts.hostname or "", parts.hostname or "")
        shown = f"[{name}]" if ":" in name else name
        url = f"{parts.scheme}://{shown}:{port}{parts.path.rstrip('/')}"
        httpx.URL(url).host.encode("idna")  # what a connection would do with it, and fail at
    except (ValueError, httpx.InvalidURL) as error:
        raise InputError(f"The address of the Ollama server cannot be read: {error}", where=given, hint="Write it as host:port") from error
    return url


def _split(given: str) -> tuple[SplitResult, int]:
    """The parts of an address and its port."""
    scheme, found, rest = given.partition("://")
    if any(letter.isspace() or letter in '<>"\\^`{|}@?#' for letter in given):
        raise ValueError("it holds a character that no address has")
    if not found:
        parts = urlsplit(f"http://{given}")
        return parts, parts.port or DEFAULT_PORT
    if scheme.lower() not in ("http", "https"):
        raise ValueError(f"unknown scheme {scheme}")
    parts = urlsplit(f"{scheme.lower()}://{rest}")
    return parts, parts.port or (443 if parts.scheme == "https" else 80)


def _card(model: ollama.ListResponse.Model) -> ModelCard:
    details = model.details
    return ModelCard(
        name=model.model or "",
        digest=model.digest or "",
        size_bytes=int(model.size or 0),
        family=(details and details.family) or "",
        parameters=(details and details.parameter_size) or "",
        quantisation=(details and details.quantization_level) or "",
        modified_at=model.modified_at,
    )


def _context_length(described: Any) -> int | None:
    """The context length in a model's metadata, whose key begins with the architecture ("qwen3.context_length")."""
    found = described.get(f"{described.get('general.architecture', '')}.context_length")
    return int(found) if found else None
