"""HTTP as Ollama's server speaks it: JSON with a status, NDJSON in chunks, plain text, and a client that may be gone."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any


class GoneError(Exception):
    """The client closed its connection."""


class RequestLog:
    """One JSON line a request, on the disk before the next one is written."""

    def __init__(self, path: Path | None) -> None:
        self._file = path.open("a", encoding="utf-8") if path else None
        self._lock = threading.Lock()

    def write(self, entry: dict[str, Any]) -> None:
        if self._file is None:
            return
        with self._lock:
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()


class Wire(BaseHTTPRequestHandler):
    """One connection. Subclasses answer with the methods below; ``self.entry`` goes to the log when the request ends."""

    protocol_version = "HTTP/1.1"
    server_version = "Ollama"
    disable_nagle_algorithm = True
    wbufsize = -1
    entry: dict[str, Any]

    def log_message(self, format: str, *args: Any) -> None:
        """The log file has it."""

    def body(self) -> dict[str, Any] | None:
        """The request's JSON object; None after an error was sent, as the real server words it."""
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not raw:
            self.error(400, "missing request body")
            return None
        try:
            found = json.loads(raw)
        except ValueError:
            self.error(400, f"invalid character {chr(raw[0])!r} looking for beginning of value")
            return None
        if not isinstance(found, dict):
            self.error(400, "json: cannot unmarshal into Go value")
            return None
        return found

    def reply(self, content: bytes, status: int = 200, kind: str = "application/json; charset=utf-8") -> None:
        self.entry["status"] = status
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()
        self.entry["outcome"] = "answered" if status < 400 else "refused"

    def json(self, value: Any, status: int = 200) -> None:
        self.reply(json.dumps(value, ensure_ascii=False).encode(), status)

    def error(self, status: int, message: str) -> None:
        self.json({"error": message}, status)

    def begin_stream(self) -> None:
        self.entry["status"] = 200
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def line(self, value: Any) -> None:
        """One line of a stream, kept back until `flush` or `pause`."""
        written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        content = written.encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))

    def end_stream(self) -> None:
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def pause(self, seconds: float) -> None:
        """Send what was kept back and wait; raises `GoneError` as soon as the client goes."""
        self.wfile.flush()
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.connection], [], [], left)[0]:
                if self.gone():
                    raise GoneError
                time.sleep(min(left, 0.05))  # it sent the next request already: nothing to hear until this one ends

    def still_there(self) -> None:
        """Raise `GoneError` if nobody is there to hear the answer."""
        if self.gone():
            raise GoneError

    def gone(self) -> bool:
        if not select.select([self.connection], [], [], 0)[0]:
            return False
        try:
            return self.connection.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True

    def hang_up(self) -> None:
        """Close the connection in the middle, so that the client sees a reset or an unexpected end."""
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
