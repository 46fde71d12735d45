"""The endpoints: what is asked of the scripted server, and which answer its script has for it."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.ollama_server.answers import tokens
from tests.ollama_server.conversation import Conversation, Request
from tests.ollama_server.script import Action, Card, Script
from tests.ollama_server.slots import QueueFullError, Slots
from tests.ollama_server.wire import GoneError, RequestLog, Wire

BUSY = "server busy, please try again.  maximum pending requests exceeded"


class OllamaHandler(Wire):
    """One connection to the scripted server; `made_for` gives it its script."""

    script: Script
    slots: Slots
    log: RequestLog
    loaded: dict[str, tuple[datetime, int]]

    def do_HEAD(self) -> None:  # noqa: N802 (the library's name)
        self.do_GET()

    def do_GET(self) -> None:  # noqa: N802 (the library's name)
        ways = {"/": self._root, "/api/version": self._version, "/api/tags": self._tags, "/api/ps": self._ps}
        self._answer(ways)

    def do_POST(self) -> None:  # noqa: N802 (the library's name)
        ways = {
            "/api/show": self._show,
            "/api/chat": self._converse,
            "/api/generate": self._converse,
            "/api/embed": self._embed,
            "/api/pull": self._pull,
        }
        self._answer(ways)

    def _answer(self, ways: dict[str, Callable[[], None]]) -> None:
        path = self.path.split("?")[0]
        self.entry = {"endpoint": path, "key": "", "model": "", "arrival": time.time(), "start": None, "slot": None, "tokens": 0}
        self.entry |= {"status": None, "outcome": "gone", "port": self.client_address[1]}
        try:
            if path in ways:
                ways[path]()
            else:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.reply(b"404 page not found", 404, "text/plain")
        except (GoneError, BrokenPipeError, ConnectionResetError):
            self.entry["outcome"] = "gone"
            self.close_connection = True
        finally:
            self.log.write({**self.entry, "end": time.time()})

    def _root(self) -> None:
        self.reply(b"Ollama is running", 200, "text/plain; charset=utf-8")

    def _version(self) -> None:
        self._unless_scripted("", lambda: self.json({"version": self.script.version}))

    def _tags(self) -> None:
        self._unless_scripted("", lambda: self.json({"models": [_listed(card) for card in self.script.models.values()]}))

    def _ps(self) -> None:
        now = datetime.now(UTC)
        running = [
            _listed(self.script.models[name], "modified_at")
            | {"expires_at": until.isoformat(), "size_vram": self.script.models[name].size, "context_length": num_ctx}
            for name, (until, num_ctx) in self.loaded.items()
            if until > now
        ]
        self._unless_scripted("", lambda: self.json({"models": running}))

    def _show(self) -> None:
        asked = self.body()
        card = self._known(asked) if asked is not None else None
        if card is None:
            return
        described = {
            "general.architecture": card.family,
            "general.parameter_count": 999_885_952,
            f"{card.family}.context_length": card.context_length,
            f"{card.family}.embedding_length": 1152,
        }
        shown = {
            "license": "Apache License",
            "modelfile": f"FROM {card.name}",
            "parameters": 'stop                           "<|im_end|>"',
            "template": "{{ .Prompt }}",
            "details": _details(card),
            "model_info": described,
            "capabilities": list(card.capabilities),
            "modified_at": card.modified_at,
        }
        self._unless_scripted(card.name, lambda: self.json(shown))

    def _embed(self) -> None:
        asked = self.body()
        card = self._known(asked) if asked is not None else None
        if card is None or asked is None:
            return
        texts = [asked.get("input", "")] if isinstance(asked.get("input"), str) else list(asked.get("input", []))
        count = sum(len(tokens(text)) for text in texts)
        made = {"model": card.name, "embeddings": [_vector(text) for text in texts]}
        spent = {"total_duration": 14_143_917, "load_duration": 1_019_500, "prompt_eval_count": count}
        self._unless_scripted(card.name, lambda: self.json(made | spent))

    def _converse(self) -> None:
        asked = self.body()
        if asked is None:
            return
        request = Request.read(self.path, asked)
        self.entry |= {
            "key": hashlib.sha256(request.subject.encode()).hexdigest(),
            "model": request.model,
            "request": _settings(asked),
        }
        card = self._known(asked)
        if card is None:
            return
        if request.think and "thinking" not in card.capabilities:
            self.error(400, f'"{card.name}" does not support thinking')
        elif not request.subject:  # an empty conversation loads the model
            self.json(request.shell() | {"done": True, "done_reason": "load"})
        else:
            self._by_script(request, card)

    def _by_script(self, request: Request, card: Card) -> None:
        action = self.script.action(request.endpoint, request.subject)
        assert action is not None, "conversations have a default"
        if action.kind == "error":
            self.error(action.status, action.message)
            return
        try:
            slot = self.slots.take(self.gone)
        except QueueFullError:
            self.error(503, BUSY)
            return
        if slot is None:
            raise GoneError
        self.entry |= {"start": time.time(), "slot": slot}
        try:
            self.loaded[card.name] = (datetime.now(UTC) + timedelta(minutes=5), request.num_ctx)
            latency = self.script.latency_s if action.latency_s is None else action.latency_s
            Conversation(self, request, action, card, latency).run()
        finally:
            self.slots.give_back(slot)

    def _pull(self) -> None:
        asked = self.body()
        if asked is None:
            return
        name = asked.get("model") or asked.get("name") or ""
        self.entry |= {"model": name, "key": hashlib.sha256(name.encode()).hexdigest()}
        action = self.script.action("/api/pull", name) or Action("pull")
        if action.kind == "error":
            self.error(action.status, action.message)
            return
        card = self.script.models.get(name) or self.script.library.get(name)
        self.begin_stream()
        self.line({"status": "pulling manifest"})
        if card is None:
            self.line({"error": "pull model manifest: file does not exist"})
            self.entry["outcome"] = "broken"
        else:
            self._layers(card, action)
        self.end_stream()

    def _layers(self, card: Card, action: Action) -> None:
        steps = action.chunks or 4
        layer = _digest(card)
        for step in range(steps + 1):
            if action.message != Action.message and step == action.after:
                self.line({"error": action.message})
                self.entry["outcome"] = "broken"
                return
            if action.kind == "end-early" and step == action.after:
                self.entry["outcome"] = "broken"
                return
            done = {"completed": action.total * step // steps} if step else {}
            self.line({"status": f"pulling {layer[:12]}", "digest": f"sha256:{layer}", "total": action.total} | done)
            self.pause(action.chunk_delay_s)
        for status in ("verifying sha256 digest", "writing manifest", "success"):
            self.line({"status": status})
        self.script.models[card.name] = card
        self.entry["outcome"] = "answered"

    def _known(self, asked: dict[str, Any]) -> Card | None:
        """The model asked for; None after an error was sent."""
        name = asked.get("model") or asked.get("name") or ""
        self.entry["model"] = name
        card = self.script.models.get(name) or self.script.models.get(f"{name}:latest")
        if not name:
            self.error(400, "model is required")
        elif card is None:
            self.error(404, f"model '{name}' not found")
        return card if name else None

    def _unless_scripted(self, subject: str, answer: Callable[[], None]) -> None:
        """Answer, unless the script has a fault for this endpoint."""
        action = self.script.action(self.path, subject)
        if action is None:
            answer()
        elif action.kind == "hang":
            self.pause(action.hang_s)
        elif action.kind == "close":
            self.hang_up()
        elif action.kind == "malformed":
            self.reply(action.line.encode())
        elif action.kind == "answer":
            self.json(action.json)
        else:
            self.error(action.status, action.message)


def _settings(asked: dict[str, Any]) -> dict[str, Any]:
    """What a request asks for besides its texts."""
    shape = asked.get("format")
    return {key: value for key, value in asked.items() if key not in ("messages", "prompt", "format")} | {
        "messages": len(asked.get("messages") or []),
        "format": "schema" if isinstance(shape, dict) else shape,
    }


def _digest(card: Card) -> str:
    return card.digest or hashlib.sha256(card.name.encode()).hexdigest()


def _details(card: Card) -> dict[str, Any]:
    named = {"parent_model": "", "format": "gguf", "family": card.family, "families": [card.family]}
    return named | {"parameter_size": card.parameters, "quantization_level": card.quantisation}


def _listed(card: Card, *without: str) -> dict[str, Any]:
    listed = {"name": card.name, "model": card.name, "modified_at": card.modified_at, "size": card.size}
    listed |= {"digest": _digest(card), "details": _details(card)}
    return {key: value for key, value in listed.items() if key not in without}


def _vector(text: str, size: int = 32) -> list[float]:
    raw = [byte - 127.5 for byte in hashlib.sha256(text.encode()).digest()[:size]]
    length = math.sqrt(sum(value * value for value in raw))
    return [value / length for value in raw]
