"""`python -m tests.ollama_server --port 0 --script FILE --log FILE`: prints its URL and answers until it is ended."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

from tests.ollama_server.handler import OllamaHandler
from tests.ollama_server.script import Script
from tests.ollama_server.slots import Slots
from tests.ollama_server.wire import RequestLog


class ScriptedServer(ThreadingHTTPServer):
    """A thread a connection; a client that goes away in the middle is no error of the server."""

    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def main() -> None:
    """Serve until the process is ended, or until its standard input closes where the starter asked for that."""
    parser = argparse.ArgumentParser(prog="tests.ollama_server", description="A scripted double of an Ollama server")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--script", type=Path, help="JSON file; none: one model that answers from the review itself")
    parser.add_argument("--log", type=Path, help="file that gets a JSON line a request")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input closes: the starter is gone")
    given = parser.parse_args()
    script = Script(json.loads(given.script.read_text(encoding="utf-8")) if given.script else {})
    members = {"script": script, "slots": Slots(script.slots, script.queue), "log": RequestLog(given.log), "loaded": {}}
    server = ScriptedServer(("127.0.0.1", given.port), type("ThisHandler", (OllamaHandler,), members))
    sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}\n")
    sys.stdout.flush()
    if given.with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever(poll_interval=3600)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
