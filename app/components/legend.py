"""Which colour stands for which motivation."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

import streamlit as st

from app.charts.palette import motivation_colours
from app.components.page import literal


def swatch(colour: str, size_px: int = 12) -> str:
    """A coloured square as an inline image of Markdown."""
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size_px}" height="{size_px}"><rect width="{size_px}" height="{size_px}" rx="3" fill="{colour}"/></svg>'
    return f"![ ](data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()})"


def motivation_legend(names: Sequence[str], descriptions: Sequence[str] = ()) -> None:
    """All motivations with their colours in one line; what each means as a tooltip.

    Args:
        names: in the order of the taxonomy, "other" last.
        descriptions: of the motivations, without "other".
    """
    colours = motivation_colours(names)
    meanings = "\n\n".join(
        f"{swatch(colours[name])} **{literal(name)}** {literal(text)}" for name, text in zip(names, descriptions, strict=False)
    )
    st.markdown(
        "&emsp; ".join(f"{swatch(colours[name])}&nbsp;{literal(name).replace(' ', '&nbsp;')}" for name in names), help=meanings or None
    )
