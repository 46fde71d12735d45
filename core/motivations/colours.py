"""One colour per motivation, the same on every page, chart and report, told apart by colour-blind readers on light and on dark.

The eight colours were searched for the largest smallest distance (OKLab) between any two of them, and grey, under normal
sight and simulated protanopia, deuteranopia and tritanopia (Machado et al. 2009), among those that stand out from the light
and from the dark page by 3:1 (WCAG 2.1, 1.4.11), so that a motivation keeps one colour in both themes. A test holds them to
it. Colour is never the only sign: every mark also has a name.
"""

from __future__ import annotations

from collections.abc import Sequence

MOTIVATION_COLOURS = ("#1c91fe", "#f7520d", "#009e32", "#c52e82", "#05715a", "#8f45b5", "#9d501d", "#0962e5")
OTHER_COLOUR = "#8a909c"


def motivation_colour(position: int, n_motivations: int) -> str:
    """Colour of the motivation at ``position`` in the taxonomy; the position after the last one is "other", in grey."""
    if position < 0 or position >= n_motivations:
        return OTHER_COLOUR
    return MOTIVATION_COLOURS[position % len(MOTIVATION_COLOURS)]


def motivation_colours(names: Sequence[str]) -> dict[str, str]:
    """Colour of every name, by its place in the order of the taxonomy; the last name is "other".

    Args:
        names: names or keys of all slots as `Taxonomy.names` and `Taxonomy.keys` give them, "other" last.
    """
    return {name: motivation_colour(position, len(names) - 1) for position, name in enumerate(names)}
