"""Which colour stands for which motivation."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

import streamlit as st

from app.charts.palette import motivation_colours
from app.components.page import literal
from core.extraction.taxonomy import Taxonomy


def names_of(taxonomy: Taxonomy) -> dict[str, str]:
    """Key of every motivation -> its name, in the order of the taxonomy, "other" last."""
    return dict(zip(taxonomy.keys, taxonomy.names, strict=True))


def swatch(colour: str, size_px: int = 12) -> str:
    """A coloured square as an inline image of Markdown."""
    square = f'<rect width="{size_px}" height="{size_px}" rx="3" fill="{colour}"/>'
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size_px}" height="{size_px}">{square}</svg>'
    return f"![ ](data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()})"


def motivation_legend(names: Mapping[str, str], taxonomy: Taxonomy) -> None:
    """All motivations with their colours in the sidebar; what each means as a tooltip."""
    colours = motivation_colours(list(names))
    meanings = {entry.key: entry.description for entry in taxonomy.motivations}
    with st.sidebar.container(gap="xsmall"):
        st.caption("Motivations")
        for key, name in names.items():
            st.markdown(f"{swatch(colours[key])}&ensp;{literal(name)}", help=meanings.get(key))
