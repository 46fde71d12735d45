"""A small text grammar: ``[a|b|]`` chooses, ``<name>`` is filled in by whoever speaks; brackets nest."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple


class Slot(NamedTuple):
    """A named hole in a template."""

    name: str


class Choice(NamedTuple):
    """Alternatives of which one is spoken."""

    alternatives: tuple[tuple[Part, ...], ...]


Part = str | Slot | Choice

_TOKENS = re.compile(r"[\[\]|]|<[a-z_0-9]+>|[^\[\]|<]+")
_ARTICLE = re.compile(r"\b([Aa]) (?=(?!one|uni|use|eu|ue)[aeiouAEIOU])")
_SPACES = re.compile(r"\s+")
_SPACE_BEFORE = re.compile(r"\s+([,.;:!?])")


@cache
def parse(template: str) -> tuple[Part, ...]:
    """The parts of a template.

    Raises:
        ValueError: brackets do not match.
    """
    tokens = _TOKENS.findall(template)
    parts, end = _sequence(tokens, 0)
    if end != len(tokens) or "".join(tokens) != template:
        raise ValueError(f"unbalanced template: {template!r}")
    return parts


def _sequence(tokens: Sequence[str], position: int) -> tuple[tuple[Part, ...], int]:
    parts: list[Part] = []
    while position < len(tokens) and tokens[position] not in "|]":
        token = tokens[position]
        if token == "[":
            choice, position = _choice(tokens, position + 1)
            parts.append(choice)
            continue
        parts.append(Slot(token[1:-1]) if token.startswith("<") else token)
        position += 1
    return tuple(parts), position


def _choice(tokens: Sequence[str], position: int) -> tuple[Choice, int]:
    alternatives = []
    while True:
        parts, position = _sequence(tokens, position)
        alternatives.append(parts)
        if position >= len(tokens):
            raise ValueError("unbalanced template: '[' is never closed")
        position += 1
        if tokens[position - 1] == "]":
            return Choice(tuple(alternatives)), position


@cache
def variants(template: str) -> int:
    """How many sentences the template can make, a slot counted as three."""
    return _count(parse(template))


def _count(parts: tuple[Part, ...]) -> int:
    product = 1
    for part in parts:
        if isinstance(part, Slot):
            product *= 3
        elif isinstance(part, Choice):
            product *= sum(_count(alternative) for alternative in part.alternatives)
    return product


def expand(template: str, fill: Callable[[str], str], rng: random.Random) -> str:
    """One sentence of the template: choices drawn from ``rng``, slots answered by ``fill(name)`` from left to right."""
    pieces: list[str] = []
    _speak(parse(template), fill, rng, pieces)
    return tidy("".join(pieces))


def _speak(parts: tuple[Part, ...], fill: Callable[[str], str], rng: random.Random, pieces: list[str]) -> None:
    for part in parts:
        if isinstance(part, str):
            pieces.append(part)
        elif isinstance(part, Slot):
            pieces.append(fill(part.name))
        else:
            _speak(part.alternatives[int(rng.random() * len(part.alternatives))], fill, rng, pieces)


def tidy(text: str) -> str:
    """Single spaces, none before punctuation, and "an" where a vowel follows."""
    return _ARTICLE.sub(r"\1n ", _SPACE_BEFORE.sub(r"\1", _SPACES.sub(" ", text))).strip()
