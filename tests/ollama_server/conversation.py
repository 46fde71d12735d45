"""One answer of the scripted model, streamed or whole, with the faults its script asks for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.ollama_server.answers import answer_text, pieces, tokens
from tests.ollama_server.script import Action, Card
from tests.ollama_server.wire import Wire

MESSAGE_TOKENS = 4  # what a chat template adds to a message
DEFAULT_NUM_CTX = 4096
UNLIMITED = float("inf")
TOGETHER_S = 0.005  # pieces due closer than this go out together, as they do on a fast machine


@dataclass(frozen=True)
class Request:
    """What /api/chat and /api/generate have in common."""

    endpoint: str
    model: str
    messages: list[dict[str, Any]]
    stream: bool
    think: bool | str | None
    format: Any
    options: dict[str, Any]

    @classmethod
    def read(cls, endpoint: str, asked: dict[str, Any]) -> Request:
        messages = asked.get("messages") or []
        if endpoint == "/api/generate":
            messages = [{"role": "system", "content": asked["system"]}] if asked.get("system") else []
            messages = [*messages, {"role": "user", "content": asked["prompt"]}] if asked.get("prompt") else []
        stream = asked.get("stream")
        return cls(
            endpoint,
            asked.get("model") or "",
            messages,
            stream is None or bool(stream),
            asked.get("think"),
            asked.get("format"),
            asked.get("options") or {},
        )

    @property
    def subject(self) -> str:
        """The last user message."""
        return next((str(message.get("content", "")) for message in reversed(self.messages) if message.get("role") == "user"), "")

    @property
    def num_ctx(self) -> int:
        return int(self.options.get("num_ctx") or DEFAULT_NUM_CTX)

    def shell(self, content: str = "", thinking: str = "") -> dict[str, Any]:
        """A piece: the members every line of this endpoint has."""
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        base: dict[str, Any] = {"model": self.model, "created_at": now}
        thought = {"thinking": thinking} if thinking else {}
        if self.endpoint == "/api/generate":
            return base | {"response": content} | thought | {"done": False}
        return base | {"message": {"role": "assistant", "content": content} | thought, "done": False}


class Conversation:
    """One request being answered.

    Args:
        wire: the connection.
        latency_s: how long the answer takes from now.
    """

    def __init__(self, wire: Wire, request: Request, action: Action, card: Card, latency_s: float) -> None:
        self._wire, self._request, self._action = wire, request, action
        self._latency_s = latency_s
        self._begin = time.monotonic()
        self._read, seen = self._prompt()
        thinks = action.ignore_think or request.think or (request.think is None and "thinking" in card.capabilities)
        thought = pieces(action.thinking, action.chunks) if thinks else []
        said = pieces(answer_text(action, seen, request.format), action.chunks)
        self._parts, self._written, self._cut = self._within([(part, True) for part in thought] + [(part, False) for part in said])

    def run(self) -> None:
        """Send the answer, or what the script makes of it."""
        self._wire.entry["tokens"] = self._written
        if self._request.stream:
            self._streamed()
        else:
            self._whole()

    def _streamed(self) -> None:
        wire, action = self._wire, self._action
        faulty = action.kind not in ("answer", "echo-motivations")
        if faulty and action.after == 0 and action.kind in ("hang", "close"):
            return self._fault()  # before the first piece the real server has not sent its headers
        for at, (part, thinking) in enumerate(self._parts):
            if faulty and at == action.after:
                break
            self._until(at)
            if at == 0:
                wire.begin_stream()
            wire.line(self._request.shell("" if thinking else part, part if thinking else ""))
        if not self._parts or (faulty and action.after == 0):
            wire.begin_stream()
        if faulty:
            return self._fault()
        self._until(len(self._parts))
        wire.still_there()
        wire.line(self._last(""))
        wire.end_stream()
        wire.entry["outcome"] = "answered"
        return None

    def _whole(self) -> None:
        wire, action = self._wire, self._action
        wire.pause(self._latency_s + action.chunk_delay_s * len(self._parts))
        wire.still_there()
        if action.kind in ("answer", "echo-motivations", "end-early"):
            said = "".join(part for part, thinking in self._parts if not thinking)
            thought = "".join(part for part, thinking in self._parts if thinking)
            wire.json(self._last(said, thought) | ({"done": False} if action.kind == "end-early" else {}))
        elif action.kind == "break":
            wire.error(500, action.message)
        elif action.kind == "malformed":
            wire.reply(action.line.encode())
        if action.kind in ("hang", "close"):
            self._fault()
        elif action.kind not in ("answer", "echo-motivations"):
            wire.entry["outcome"] = "broken"

    def _fault(self) -> None:
        """What happens in place of the rest of the answer."""
        wire, action = self._wire, self._action
        wire.entry["outcome"] = "broken"
        if action.kind == "hang":
            wire.pause(action.hang_s)
        if action.kind in ("hang", "close"):
            return wire.hang_up()
        if action.kind == "break":
            wire.line({"error": action.message})
        elif action.kind == "malformed":
            wire.line(action.line)
        return wire.end_stream()

    def _until(self, at: int) -> None:
        """Wait until piece ``at`` is due: the prompt takes 0.3 of the latency, the last line ends it."""
        share = 0.3 + 0.7 * at / max(len(self._parts), 1)
        due = self._begin + self._latency_s * share + self._action.chunk_delay_s * at
        left = due - time.monotonic()
        if left > TOGETHER_S or (left > 0 and at == len(self._parts)):
            self._wire.pause(left)
        elif self._action.chunk_delay_s:
            self._wire.wfile.flush()

    def _prompt(self) -> tuple[int, list[str]]:
        """Tokens read and the user's messages as the model sees them.

        What exceeds num_ctx is dropped from the front of the last message, silently, as the real server does.
        """
        num_ctx = self._request.num_ctx
        kept = num_ctx // 2 + 2 if self._action.keeps_half else num_ctx
        counts = [len(tokens(str(message.get("content", "")))) + MESSAGE_TOKENS for message in self._request.messages]
        said = [str(message.get("content", "")) for message in self._request.messages if message.get("role") == "user"]
        read = sum(counts)
        if read > num_ctx or self._action.truncate:
            read = kept
            subject = tokens(said[-1])
            left = min(kept, len(subject) // 2 if self._action.truncate else kept)
            said = ["".join(subject[-max(left, 1) :])]
        told = self._action.prompt_eval_count
        return read if told is None else told, said

    def _within(self, parts: list[tuple[str, bool]]) -> tuple[list[tuple[str, bool]], int, bool]:
        """The pieces that num_predict leaves, their tokens, and whether any were cut off."""
        limit = self._request.options.get("num_predict")
        limit = UNLIMITED if limit is None or limit < 0 else limit
        kept: list[tuple[str, bool]] = []
        count = 0
        for part, thinking in parts:
            found = tokens(part)
            if count + len(found) > limit:
                kept.append(("".join(found[: int(limit) - count]), thinking))
                return [piece for piece in kept if piece[0]], int(limit), True
            kept.append((part, thinking))
            count += len(found)
        return kept, count, False

    def _last(self, content: str, thinking: str = "") -> dict[str, Any]:
        """The line that ends the answer, with its durations in nanoseconds."""
        total = int((time.monotonic() - self._begin) * 1e9)
        load = min(total // 10, 30_000_000)
        measured = {
            "done": True,
            "done_reason": self._action.done_reason or ("length" if self._cut else "stop"),
            "total_duration": total,
            "load_duration": load,
            "prompt_eval_count": self._read,
            "prompt_eval_duration": int((total - load) * 0.3),
            "eval_count": self._written,
            "eval_duration": int((total - load) * 0.7),
        }
        return self._request.shell(content, thinking) | measured | self._action.fields
