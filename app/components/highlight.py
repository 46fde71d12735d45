"""A review with the quotes of its motivations marked in their colours, and the list the marks' numbers lead to."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from app.charts.palette import NEUTRAL
from app.components.legend import swatch
from app.components.page import literal
from core.extraction.ollama.outcome import Answer
from core.extraction.schema import Motivation

_OPACITY = 0.3  # of the mark behind the words, which keep the page's own colour in light and dark
_NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_JOINED = "\u2060"  # no line ends between the last word and its number
_LINE_START = re.compile(r"^(\s*\d{0,9})([-+=.)])", re.MULTILINE)  # what begins a list, a rule or a heading


@dataclass(frozen=True)
class Mark:
    """A stretch of a text, ``text[begin:end]``, in a colour (#rrggbb), with the number of what it is the quote of."""

    begin: int
    end: int
    colour: str
    number: int


def number_sign(number: int) -> str:
    """A number, from 1, as one sign."""
    return _NUMBERS[number - 1] if 0 < number <= len(_NUMBERS) else f"({number})"


def marks_of(answer: Answer, colours: Mapping[str, str]) -> list[Mark]:
    """One mark for each motivation whose quote stands in the text."""
    motivations = answer.result.motivations if answer.result else []
    pairs = enumerate(zip(motivations, answer.groundings, strict=True), 1)
    return [
        Mark(grounding.begin, grounding.end, colours.get(motivation.name, NEUTRAL), number)
        for number, (motivation, grounding) in pairs
        if grounding.grounded
    ]


def highlighted(text: str, marks: Sequence[Mark]) -> str:
    """``text`` as Markdown with its marks; where several lie over each other, the words have the colour of the shortest.

    Args:
        marks: each ends in the signs of the numbers that end there.
    """
    edges = sorted({0, len(text), *(edge for mark in marks for edge in (mark.begin, mark.end) if 0 <= edge <= len(text))})
    parts = []
    for begin, end in itertools.pairwise(edges):
        over = [mark for mark in marks if mark.begin <= begin and end <= mark.end]
        numbers = "".join(number_sign(mark.number) for mark in marks if mark.end == end)
        parts.append(_piece(text[begin:end], over, numbers))
    return "".join(parts)


def _piece(words: str, over: Sequence[Mark], numbers: str) -> str:
    shown = _plain(words)
    if not over:
        return shown
    mark = min(over, key=lambda one: one.end - one.begin)
    inner = shown.replace("\\\n", " ").strip()
    if not inner:
        return shown + numbers
    before = " " if words[:1].isspace() else ""
    after = " " if words[-1:].isspace() else ""
    return f'{before}:color[{inner}{f"{_JOINED}{numbers}" if numbers else ""}]{{background="{_faint(mark.colour)}"}}{after}'


def _plain(words: str) -> str:
    """Words for Markdown, taken literally; lines stay lines."""
    lines = [literal(line).replace("&", "\\&") for line in words.split("\n")]
    return _LINE_START.sub(r"\1\\\2", "\n".join(lines)).replace("\n", "\\\n")


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {_OPACITY})"


def motivation_lines(answer: Answer, names: Mapping[str, str], colours: Mapping[str, str]) -> None:
    """The motivations of an answer, numbered as they are marked in the review; what is not in the review is marked as that."""
    motivations = answer.result.motivations if answer.result else []
    if not motivations:
        st.caption("No motivation: the answer says that the review gives no reason.")
    for number, (motivation, grounding) in enumerate(zip(motivations, answer.groundings, strict=True), 1):
        name = names.get(motivation.name, motivation.name)
        head = f"{swatch(colours.get(motivation.name, NEUTRAL))} {number_sign(number)} **{literal(name)}** {_tone(motivation)}"
        lines = [f"{head} {motivation.strength:.1f}", literal(motivation.statement)]
        if not grounding.grounded:
            lines.append(f":red-badge[not in the review] “{literal(motivation.quote)}”")
        elif not grounding.exact:
            lines.append(f":gray[:small[quoted as “{literal(motivation.quote)}”, {100 * grounding.score:.0f} % alike]]")
        st.markdown("  \n".join(lines))


def _tone(motivation: Motivation) -> str:
    return ":green-badge[praise]" if motivation.polarity == "positive" else ":orange-badge[complaint]"
