"""The kinds of places in the invented city: what they are called, serve and tend to be good at."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple


class Cuisine(NamedTuple):
    """One kind of place.

    Args:
        category: what stands above the door. titles: name templates (`core.data.demo.grammar`).
        dishes, ingredients, drinks: what reviewers talk about; a trailing "*" marks a plural.
        price: typical price level, 1 (cheap) to 3 (dear).
        leans: motivations such places tend to be strong in.
    """

    category: str
    titles: tuple[str, ...]
    dishes: tuple[str, ...]
    ingredients: tuple[str, ...]
    drinks: tuple[str, ...]
    price: int
    leans: tuple[str, ...]


def _read(path: Path) -> tuple[Cuisine, ...]:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["cuisine"]
    return tuple(
        Cuisine(**{field: tuple(value) if isinstance(value, list) else value for field, value in table.items()}) for table in tables
    )


CUISINES = _read(Path(__file__).with_name("cuisines.toml"))
