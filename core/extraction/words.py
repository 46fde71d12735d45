"""The word lists of the zero-shot backend, read from words.toml once."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("words.toml")


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def words(name: str) -> frozenset[str]:
    """The words of one list."""
    return frozenset(_document()["lists"][name].split())


def opinion_weights() -> dict[str, float]:
    """Weight of every opinion word: above 0 speaks for, below 0 against."""
    return {word: float(group["weight"]) for group in _document()["opinion"] for word in group["words"].split()}
