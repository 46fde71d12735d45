"""Thinking that a model writes into its answer, as <think>...</think>, told apart from the answer.

Servers and models that know of thinking send it apart; older ones, and templates that do not know the model, do not.
"""

from __future__ import annotations

import json
import re

_OPENED = re.compile(r"\s*<think(?:ing)?>", re.IGNORECASE)
_DECODER = json.JSONDecoder()
_MAX_OBJECTS = 100  # places an object may begin at that are tried
_CLOSED = re.compile(r"</think(?:ing)?>", re.IGNORECASE)


def split_thinking(content: str) -> tuple[str, str]:
    """(thinking, answer) of a reply.

    Thinking stands before the answer. It may lack its opening mark, which some templates put into the prompt, and its closing
    mark where the reply was cut: then all of it is thinking. Marks within the answer (a quote may hold one) stay where they are.
    """
    opened = _OPENED.match(content)
    if opened:
        closed = _CLOSED.search(content, opened.end())
        if closed is None:
            return content[opened.end() :].strip(), ""
        return content[opened.end() : closed.start()].strip(), content[closed.end() :].strip()
    closed = _CLOSED.search(content)
    if closed is None or content.lstrip().startswith(("{", "[", "`")):
        return "", content.strip()
    if _within_object(content, closed.start()):
        return "", content.strip()
    return content[: closed.start()].strip(), content[closed.end() :].strip()


def _within_object(content: str, position: int) -> bool:
    """Whether a mark stands within a JSON object, i.e. in the answer itself."""
    at = content.find("{", 0, position)
    for _ in range(_MAX_OBJECTS):
        if at < 0:
            return False
        try:
            _, end = _DECODER.raw_decode(content, at)
        except (ValueError, RecursionError):
            end = at + 1
        if end > position:
            return True
        at = content.find("{", end, position)
    return False


class ThinkingSplitter:
    """`split_thinking` for a stream, for replies that open their thinking with a mark.

    A piece is held back only while it may still be part of a mark.
    """

    def __init__(self) -> None:
        self._held = ""
        self._thinking: bool | None = None  # None: not known yet

    def feed(self, piece: str) -> tuple[str, str]:
        """(thinking, answer) that are certain once ``piece`` came; either may be empty."""
        self._held += piece
        if self._thinking is None and not self._decided():
            return "", ""
        if not self._thinking:
            return "", self._released(len(self._held))
        closed = _CLOSED.search(self._held)
        if closed is None:
            return self._released(_before_mark(self._held)), ""
        thinking, answer = self._held[: closed.start()], self._held[closed.end() :]
        self._held, self._thinking = "", False
        return thinking, answer

    def end(self) -> tuple[str, str]:
        """(thinking, answer) still held back at the end of the stream."""
        rest = self._released(len(self._held))
        return (rest, "") if self._thinking else ("", rest)

    def _decided(self) -> bool:
        opened = _OPENED.match(self._held)
        start = self._held.lstrip().lower()
        if opened is None and any(mark.startswith(start) for mark in ("<think>", "<thinking>")):
            return False
        self._thinking = opened is not None
        self._held = self._held[opened.end() :] if opened else self._held
        return True

    def _released(self, n_characters: int) -> str:
        released, self._held = self._held[:n_characters], self._held[n_characters:]
        return released


def _before_mark(text: str) -> int:
    """Where a closing mark may begin that has not come wholly; the length of the text where none does."""
    start = text.rfind("<")
    if start < 0:
        return len(text)
    begun = text[start:].lower()
    return start if any(mark.startswith(begun) for mark in ("</think>", "</thinking>")) else len(text)
