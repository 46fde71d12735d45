"""Colours of motivations and marks: told apart by all eyes, and seen on the pages of both themes."""

from __future__ import annotations

import re
import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from app.charts.palette import (
    ACCENT,
    ITEM_COLOUR,
    MOTIVATION_COLOURS,
    NEUTRAL,
    OTHER_COLOUR,
    SCALE,
    USER_COLOUR,
    motivation_colour,
    motivation_colours,
)

ROOT = Path(__file__).resolve().parents[3]

# Machado, Oliveira & Fernandes 2009, severity 1.0, on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]),
}
TO_LMS = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]]
)
TO_LAB = np.array(
    [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766]]
)


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def oklab(rgb: np.ndarray) -> np.ndarray:
    return np.cbrt(TO_LMS @ rgb.clip(0, 1)) @ TO_LAB.T


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize(("sight", "least"), [("normal", 0.12), ("protanopia", 0.08), ("deuteranopia", 0.08), ("tritanopia", 0.08)])
def test_colours_are_told_apart_by_all_eyes(sight: str, least: float) -> None:
    seen = {colour: oklab(SIGHT[sight] @ linear(colour)) for colour in (*MOTIVATION_COLOURS, OTHER_COLOUR)}
    for one, other in combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= least, (one, other)


def pages() -> dict[str, str]:
    """Backgrounds that charts and legends stand on: the app's page and sidebar and the report's page, light and dark."""
    themes = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]
    found = {}
    for theme in ("light", "dark"):
        found[f"{theme} page"] = themes[theme]["backgroundColor"]
        found[f"{theme} sidebar"] = themes[theme]["sidebar"]["backgroundColor"]
    style = (ROOT / "core/reports/templates/style.css").read_text(encoding="utf-8")
    return found | {f"report {place}": colour for place, colour in enumerate(re.findall(r"--page: (#[0-9a-f]{6})", style))}


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


STRONG = {*MOTIVATION_COLOURS, OTHER_COLOUR, NEUTRAL, ACCENT, USER_COLOUR, ITEM_COLOUR, *(colour for _, colour in SCALE)}


@pytest.mark.parametrize("colour", sorted(STRONG))
def test_colours_stand_out_from_the_pages_of_both_themes(colour: str) -> None:
    """WCAG 2.1, 1.4.11: graphics need 3:1."""
    found = pages()
    assert len(found) == 6
    assert {place: round(contrast(colour, page), 2) for place, page in found.items() if contrast(colour, page) < 3.0} == {}


def test_a_colour_follows_the_place_in_the_taxonomy_and_other_is_grey() -> None:
    names = ["price", "sound", "ease", "other"]
    assert motivation_colours(names) == {
        "price": MOTIVATION_COLOURS[0],
        "sound": MOTIVATION_COLOURS[1],
        "ease": MOTIVATION_COLOURS[2],
        "other": OTHER_COLOUR,
    }
    assert motivation_colour(8, 12) == MOTIVATION_COLOURS[0]
    assert motivation_colour(12, 12) == OTHER_COLOUR
