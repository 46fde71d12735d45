"""The kinds of places in the invented city: what they are called, serve and tend to be good at."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple


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


def _cuisine(table: dict[str, Any]) -> Cuisine:
    lists = {field: tuple(table[field]) for field in ("titles", "dishes", "ingredients", "drinks", "leans")}
    return Cuisine(category=table["category"], price=table["price"], **lists)


_FILE = Path(__file__).with_name("cuisines.toml")
CUISINES = tuple(_cuisine(table) for table in tomllib.loads(_FILE.read_text(encoding="utf-8"))["cuisine"])
