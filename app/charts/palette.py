"""Colours of the pages: those of motivations (`core.motivations.colours`, which reports use too) and neutral marks for both themes."""

from __future__ import annotations

from core.motivations.colours import MOTIVATION_COLOURS as MOTIVATION_COLOURS
from core.motivations.colours import OTHER_COLOUR as OTHER_COLOUR
from core.motivations.colours import motivation_colour as motivation_colour
from core.motivations.colours import motivation_colours as motivation_colours

# Neutral marks that read on both themes.
NEUTRAL = "#8a909c"
FAINT = "rgba(138, 144, 156, 0.35)"
GRID = "rgba(138, 144, 156, 0.22)"
ACCENT = "#4785f8"
USER_COLOUR = "#4785f8"
ITEM_COLOUR = "#d9730d"
OCHRE = "#b07f0b"
SCALE = [[0.0, "#5b6fe0"], [0.5, "#2c9393"], [1.0, OCHRE]]
"""Colour scale of a value: blue over teal to ochre, no part of it lost on the page of either theme."""
DIVERGING = [[0.0, OCHRE], [0.5, "rgba(128, 128, 128, 0.08)"], [1.0, ACCENT]]
"""Colour scale of a value with a middle that says nothing."""


def series_colour(position: int) -> str:
    """Colour of the n-th line or group of a chart that is not about motivations."""
    return MOTIVATION_COLOURS[position % len(MOTIVATION_COLOURS)]
