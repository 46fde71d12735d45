"""Texts of strangers inside a prompt: fenced, so that they can be told from instructions and cannot end their fence.

    <material-3fa9c1>
    the review, as it was written
    </material-3fa9c1>

The code in the tags is derived from all texts of one prompt and occurs in none of them: whatever a reviewer wrote, it does not
close the fence. The same texts give the same code, so an answer can be found again by its prompt.

Ollama renders system and user messages into one string and tokenises it with its control tokens read (ollama/ollama issues 15931
and 17248): a review with "<|im_end|>" would end the turn it stands in. Such words get a space inside; all else stays as it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import count

from core.errors import InputError

# Control tokens of the model families Ollama serves: any <|name|>, and the names that stand in plain brackets.
_OPENING_BARS = re.compile(r"<(?=[|｜])")
_CLOSING_BARS = re.compile(r"([|｜])>")
_ANGLES = re.compile(
    r"<(?=/?(?:s|bos|eos|pad|unk|mask|think|tool_call|tool_response|(?:start|end)_of_\w{1,20}|unused\d{1,4}|<SYS>|</SYS>)>)", re.IGNORECASE
)
_SQUARES = re.compile(r"\[(?=/?[A-Z][A-Z_]{2,30}\])")


def without_control_tokens(text: str) -> str:
    """``text`` with a space put into every word a model's tokeniser would read as a turn's end or the like."""
    if "|" in text or "｜" in text:
        text = _CLOSING_BARS.sub(r"\1 >", _OPENING_BARS.sub("< ", text))
    if "<" in text:
        text = _ANGLES.sub("< ", text)
    if "[" in text:
        text = _SQUARES.sub("[ ", text)
    return text


def fence_code(texts: Sequence[str]) -> str:
    """Six hexadecimal digits that occur in none of ``texts``, always the same ones for the same texts."""
    whole = "\0".join(texts)
    folded = whole.lower()
    seed = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).digest()
    for turn in count():
        code = hashlib.sha256(seed + turn.to_bytes(8, "little")).hexdigest()[:6]
        if code not in folded:
            return code
    raise AssertionError("count() does not end")


class Material:
    """One text of a stranger. A template may print it, measure it, search it and cut it; printed, it stands in its fence.

    Args:
        text: as it was written.
        code: of the fence, see `fence_code`.
        inline: in one line (a title) or a block of its own (a review).
    """

    __slots__ = ("_code", "_inline", "_text")

    def __init__(self, text: str, code: str, *, inline: bool = False) -> None:
        self._text = " ".join(text.split()) if inline else text
        self._code = code
        self._inline = inline

    def __str__(self) -> str:
        gap = "" if self._inline else "\n"
        return f"<material-{self._code}>{gap}{without_control_tokens(self._text)}{gap}</material-{self._code}>"

    def __bool__(self) -> bool:
        return bool(self._text.strip())

    def __len__(self) -> int:
        return len(self._text)

    def __contains__(self, words: object) -> bool:
        return isinstance(words, str) and words in self._text

    def __getitem__(self, part: object) -> Material:
        if not isinstance(part, slice):
            raise TypeError("a text can be cut as in review[:2000], not taken apart letter by letter")
        return Material(self._text[part], self._code, inline=self._inline)


def check_fences(rendered: str, code: str, part: str) -> None:
    """Make sure that every fence in a rendered prompt is whole.

    Raises:
        InputError: a filter of the template cut one open.
    """
    tags = re.findall(rf"<(/?)material-{code}>", rendered, re.IGNORECASE)
    if tags != ["", "/"] * (len(tags) // 2):
        hint = "Print the text as it is, or shorten it as in {{ review[:2000] }}"
        raise InputError("A filter of the template cuts the fence around a review open", where=part, hint=hint)
