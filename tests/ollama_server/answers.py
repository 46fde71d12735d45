"""What the scripted model says: given texts, or a valid answer made from the message itself, cut into tokens and pieces."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from typing import Any

from tests.ollama_server.script import Action

_TOKEN = re.compile(r"\s*(?:[A-Za-z]{1,5}|[0-9]{1,3}|[^\sA-Za-z0-9])|\s+")
_FENCED = re.compile(r"<(?P<tag>[\w-]+)>\n(?P<inside>.*?)\n</(?P=tag)>", re.DOTALL)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
_NEGATIVE = re.compile(r"\b(?:not|never|no|bad|slow|rude|cold|broke\w*|poor\w*|terrible|awful|worst|disappoint\w*|waste|cheaply)\b", re.I)
DEFAULT_SHAPE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reasoning": {"type": "string"},
        "motivations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "statement": {"type": "string"},
                    "quote": {"type": "string"},
                    "polarity": {"type": "string", "enum": ["positive", "negative"]},
                    "strength": {"type": "number", "minimum": 0, "maximum": 1},
                },
            },
        },
        "need": {"type": "string"},
    },
}


def tokens(text: str) -> list[str]:
    """The text in the server's own tokens, which join to the text again."""
    return _TOKEN.findall(text)


def pieces(text: str, count: int | None) -> list[str]:
    """The text in ``count`` pieces of whole tokens; None is one a token."""
    parts = tokens(text)
    if count is None or count >= len(parts):
        return parts
    edges = [round(len(parts) * n / count) for n in range(count + 1)]
    return ["".join(parts[begin:end]) for begin, end in itertools.pairwise(edges)]


def answer_text(action: Action, messages: list[str], shape: dict[str, Any] | str | None) -> str:
    """What the model answers.

    Args:
        messages: those of the user, the last one last.
        shape: the request's ``format``; a JSON schema is followed unless the action ignores it.
    """
    if action.json is not None:
        return json.dumps(action.json, ensure_ascii=False)
    if action.text or action.kind == "answer":
        return action.text
    if action.ignore_schema:
        return "Sure! The reviewer seems happy. Here is what I found:\n- the price\n- the staff"
    schema = shape if isinstance(shape, dict) and shape else DEFAULT_SHAPE
    return json.dumps(_Echo(material(messages)).value(schema, ""), ensure_ascii=False)


def material(messages: list[str]) -> str:
    """The review a conversation is about: the longest text in a fence of the last message that has one.

    A fence is <tag>, a line, ..., </tag>. Without any it is what follows "Review:" in the last message, else all of that.
    """
    for message in reversed(messages):
        found = [match["inside"].strip() for match in _FENCED.finditer(message)]
        if any(found):
            return max(found, key=len)
    return re.split(r"\breview:\s*", messages[-1] if messages else "", flags=re.IGNORECASE)[-1].strip()


class _Echo:
    """An instance of a JSON schema filled from a text: quotes are its sentences, choices hang on them alone."""

    def __init__(self, text: str) -> None:
        found = [sentence.strip() for sentence in _SENTENCE.findall(text)]
        self._sentences = [sentence for sentence in found if len(sentence) > 3][:2] or [text.strip()[:80] or "nothing"]
        self._at = 0

    def value(self, schema: dict[str, Any], name: str) -> Any:
        sentence = self._sentences[self._at % len(self._sentences)]
        if "enum" in schema:
            return self._choice(schema["enum"], name, sentence)
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if kind == "object":
            return {key: self.value(member, key) for key, member in schema.get("properties", {}).items()}
        if kind == "array":
            return self._array(schema, name)
        if kind in ("number", "integer"):
            low, high = schema.get("minimum", 0), schema.get("maximum", 1)
            part = low + (high - low) * (0.5 + _number(sentence, 6) / 10)
            return round(part, 2) if kind == "number" else int(part)
        if kind == "boolean":
            return True
        return _string(schema, name, sentence)

    def _array(self, schema: dict[str, Any], name: str) -> list[Any]:
        count = min(max(len(self._sentences), schema.get("minItems", 0)), schema.get("maxItems", 99))
        made = []
        for at in range(count):
            self._at = at
            made.append(self.value(schema.get("items", {}), name))
        self._at = 0
        return made

    @staticmethod
    def _choice(options: list[Any], name: str, sentence: str) -> Any:
        if set(options) == {"positive", "negative"}:
            return "negative" if _NEGATIVE.search(sentence) else "positive"
        return options[_number(sentence, len(options))]


def _string(schema: dict[str, Any], name: str, sentence: str) -> str:
    made = {
        "quote": sentence,
        "reasoning": f"The author writes: {sentence} That says why they came.",
        "name": "other",
        "statement": f"The author cares about this: {sentence}",
        "need": "To get what they came for.",
    }.get(name, sentence)
    return made[: schema.get("maxLength", len(made))]


def _number(text: str, below: int) -> int:
    """A number that hangs on a text alone."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % below
