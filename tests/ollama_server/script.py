"""What a scripted server does: its models, its slots, and which request gets which answer.

    {"models": [{"name": "tiny:1b", ...}],   all but the name have defaults, see `Card`
     "library": [{"name": "other:4b"}],      what /api/pull can get; any other name is an error
     "slots": 4, "queue": 512,               requests answered at once (OLLAMA_NUM_PARALLEL), and waiting (OLLAMA_MAX_QUEUE)
     "latency_s": 0.2,                       how long an answer takes from the moment it has a slot
     "version": "0.12.6",
     "rules": [{"contains": "...", "endpoint": "/api/chat", "times": 2, "action": {...}}],
     "default": {"kind": "echo-motivations"}}

The first rule whose text occurs in the last user message (in the prompt; in the model's name for other endpoints), whose
endpoint fits and which was used fewer than ``times`` times decides; else the default. An action may be its kind alone.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, fields
from typing import Any

KINDS = (
    "answer",  # text, or json; chunks: into how many pieces
    "echo-motivations",  # a valid answer made from the message itself
    "error",  # status, message: an HTTP error instead of an answer
    "break",  # an {"error": message} line after `after` pieces
    "end-early",  # the stream ends after `after` pieces, without done
    "malformed",  # `line` in place of the piece `after`
    "hang",  # silence for hang_s after `after` pieces
    "close",  # the connection is closed after `after` pieces
    "pull",  # a download of `total` bytes in `chunks` steps; `message` makes it fail after `after` of them
)


class ScriptError(ValueError):
    """The script says something the server does not know."""


@dataclass(frozen=True)
class Action:
    """What becomes of one request."""

    kind: str = "echo-motivations"
    text: str = ""
    json: Any = None  # the answer as an object, in place of text
    thinking: str = ""
    chunks: int | None = None  # pieces of the answer; None is one a token, as the real server sends them
    chunk_delay_s: float = 0.0  # between pieces; more than the latency where it has to be
    latency_s: float | None = None  # None is the script's
    status: int = 500
    message: str = "llama runner process has terminated: signal: killed"
    after: int = 0
    line: str = '{"model":"tiny:1b","created_at":'
    hang_s: float = 3600.0
    done_reason: str | None = None
    prompt_eval_count: int | None = None  # in place of the real count
    truncate: bool = False  # the prompt is cut to num_ctx even where it fits
    keeps_half: bool = False  # a prompt longer than num_ctx is cut to half of it and two tokens, as newer servers do
    ignore_schema: bool = False
    ignore_think: bool = False  # thinks even when told not to
    total: int = 1_000_000
    fields: dict[str, Any] = field(default_factory=dict)  # members laid over the last piece


@dataclass(frozen=True)
class Card:
    """A model as the server describes it."""

    name: str
    digest: str = ""
    size: int = 815_319_791
    family: str = "qwen3"
    parameters: str = "999.89M"
    quantisation: str = "Q4_K_M"
    context_length: int = 32_768
    capabilities: tuple[str, ...] = ("completion",)
    modified_at: str = "2026-05-04T17:37:44.706015396-07:00"


@dataclass
class Rule:
    """An action for the requests it fits; ``left`` counts down from ``times``."""

    action: Action
    contains: str = ""
    endpoint: str | None = None
    left: int | None = None

    def fits(self, endpoint: str, subject: str) -> bool:
        return self.left != 0 and self.endpoint in (None, endpoint) and self.contains in subject


class Script:
    """A script, read and checked."""

    def __init__(self, written: dict[str, Any]) -> None:
        unknown = set(written) - {"models", "library", "slots", "queue", "latency_s", "version", "rules", "default"}
        if unknown:
            raise ScriptError(f"unknown keys in the script: {sorted(unknown)}")
        self.models = {card.name: card for card in map(_card, written.get("models", [{"name": "tiny:1b"}]))}
        self.library = {card.name: card for card in map(_card, written.get("library", []))}
        self.slots = int(written.get("slots", 4))
        self.queue = int(written.get("queue", 512))
        self.latency_s = float(written.get("latency_s", 0.0))
        self.version = str(written.get("version", "0.12.6"))
        self._default = _action(written.get("default", "echo-motivations"))
        self._rules = [_rule(rule) for rule in written.get("rules", [])]
        self._lock = threading.Lock()

    def action(self, endpoint: str, subject: str) -> Action | None:
        """The action of the first rule that fits, else the default of conversations, else None."""
        with self._lock:
            for rule in self._rules:
                if rule.fits(endpoint, subject):
                    if rule.left is not None:
                        rule.left -= 1
                    return rule.action
        return self._default if endpoint in ("/api/chat", "/api/generate") else None


def _checked(made: type, written: dict[str, Any]) -> dict[str, Any]:
    unknown = set(written) - {known.name for known in fields(made)}
    if unknown:
        raise ScriptError(f"{made.__name__} has no {sorted(unknown)}")
    return written


def _card(written: dict[str, Any] | str) -> Card:
    members = {"name": written} if isinstance(written, str) else dict(written)
    if "capabilities" in members:
        members["capabilities"] = tuple(members["capabilities"])
    return Card(**_checked(Card, members))


def _action(written: dict[str, Any] | str) -> Action:
    action = Action(**_checked(Action, {"kind": written} if isinstance(written, str) else written))
    if action.kind not in KINDS:
        raise ScriptError(f"unknown action {action.kind!r}; known are {', '.join(KINDS)}")
    return action


def _rule(written: dict[str, Any]) -> Rule:
    unknown = set(written) - {"contains", "endpoint", "times", "action"}
    if unknown or "action" not in written:
        raise ScriptError(f"a rule has contains, endpoint, times, action; not {sorted(unknown) or 'no action'}")
    return Rule(_action(written["action"]), written.get("contains", ""), written.get("endpoint"), written.get("times"))
