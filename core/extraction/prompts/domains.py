"""How people speak of what is reviewed: the words of each domain, for default prompts and as variables of any prompt."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from core.errors import InputError

ASSETS = Path(__file__).resolve().parents[3] / "assets" / "prompts"


@cache
def shipped(name: str) -> dict[str, Any]:
    """A TOML file of assets/prompts."""
    return tomllib.loads((ASSETS / f"{name}.toml").read_text(encoding="utf-8"))


def domains() -> tuple[str, ...]:
    """The domains prompts are for."""
    return tuple(shipped("domains"))


def domain_words(domain: str) -> dict[str, str]:
    """The words of a domain by the name of their placeholder: "noun" ("place"), "people" ("guests") and so on.

    Raises:
        InputError: there is no such domain.
    """
    if domain not in domains():
        raise InputError(f"No such domain: {domain}", hint=f"There are: {', '.join(domains())}")
    return dict(shipped("domains")[domain])
