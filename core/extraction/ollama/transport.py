"""What httpx lacks for a conversation with a model: a request that can be stopped while the server is silent.

A model may think for minutes before its first word, and the client would hear a stop only after it. Here a blocked read looks up
ten times a second and asks whether to stop; then the connection is closed, and the server stops generating.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Any, TypeVar

import httpcore
import httpx

from core.errors import StoppedError
from core.extraction.ollama.errors import translated
from core.progress import never_stop

LOOK_EVERY_S = 0.1
KEPT_CONNECTIONS = 64

# Characters that httpx takes for the end of a line but JSON allows within a string. The server escapes most of them, but not
# U+0085, which texts of Windows-1252 are full of; a model that quotes one would break its stream. Their escapes mean the same.
_LINE_ENDS = {character.encode(): f"\\u{ord(character):04x}".encode() for character in "\x85\u2028\u2029"}

_thread = threading.local()

Piece = TypeVar("Piece")


@contextmanager
def stoppable(stop: Callable[[], bool]) -> Iterator[None]:
    """Reads of this thread inside raise `StoppedError` soon after ``stop`` says so."""
    before = getattr(_thread, "stop", never_stop)
    _thread.stop = stop
    try:
        yield
    finally:
        _thread.stop = before


def received(stream: Generator[Piece, None, None], host: str, model: str, stop: Callable[[], bool]) -> Iterator[Piece]:
    """The pieces of a stream of the client as they come; closing it closes the connection.

    Raises:
        OllamaError: what the client raises, as the error it means.
        StoppedError: a stop was requested, also while the server is silent.
    """
    with closing(stream):
        while not stop():
            # Around each piece alone: what whoever takes the pieces does in between is not ours to translate or to stop.
            with translated(host, model), stoppable(stop):
                piece = next(stream, None)
            if piece is None:
                return
            yield piece
        raise StoppedError("The request was stopped", where=model)


class StoppableTransport(httpx.HTTPTransport):
    """Connections that are kept for the next request, without limit, and whose reads can be stopped.

    The environment's proxies are left alone: a proxy knows no server on this machine or in the next room.
    """

    def __init__(self) -> None:
        super().__init__(verify=_certificates())
        # httpx does not hand a network backend on to httpcore, where it is a public argument.
        self._pool = httpcore.ConnectionPool(
            ssl_context=_certificates(),
            max_connections=None,
            max_keepalive_connections=KEPT_CONNECTIONS,
            keepalive_expiry=30.0,
            network_backend=_StoppableBackend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if response.headers.get("content-type", "").startswith("application/x-ndjson") and "content-encoding" not in response.headers:
            assert isinstance(response.stream, httpx.SyncByteStream)
            response.stream = _WholeLines(response.stream)
        return response


class _WholeLines(httpx.SyncByteStream):
    """A stream of JSON lines that httpx cuts only where they end."""

    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        for part in self._stream:
            lines, end, rest = (rest + part).rpartition(b"\n")
            if end:
                yield _escaped(lines + end)
        if rest:
            yield _escaped(rest)

    def close(self) -> None:
        self._stream.close()


class _StoppableStream(httpcore.NetworkStream):
    """A connection whose reads wait in short spells."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        stop = getattr(_thread, "stop", never_stop)
        if stop is never_stop:
            return self._stream.read(max_bytes, timeout)
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            try:
                return self._stream.read(max_bytes, max(min(LOOK_EVERY_S, end - time.monotonic()), 0.001))
            except httpcore.ReadTimeout:
                if stop():
                    raise StoppedError("The request was stopped") from None
                if time.monotonic() >= end:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _StoppableStream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _StoppableBackend(httpcore.SyncBackend):
    """Makes stoppable connections."""

    def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _StoppableStream(super().connect_tcp(*args, **kwargs))


@cache
def _certificates() -> ssl.SSLContext:
    """The trusted certificates, read once: that takes as long as twenty requests."""
    return httpx.create_ssl_context()


def _escaped(lines: bytes) -> bytes:
    for character, escape in _LINE_ENDS.items():
        if character in lines:
            lines = lines.replace(character, escape)
    return lines
