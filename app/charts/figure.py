"""What all figures share: a layout that follows the page's theme, and how a figure leaves the page."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from app.charts.palette import GRID

# Buttons that send a figure to somebody else's server, or that nobody needs on these charts.
_REMOVED_BUTTONS = [
    "sendDataToCloud",
    "sendChartToCloud",
    "toggleSpikelines",
    "hoverClosestCartesian",
    "hoverCompareCartesian",
    "autoScale2d",
]


def layout(
    figure: go.Figure, *, height: int = 320, x_title: str | None = None, y_title: str | None = None, legend: bool = False
) -> go.Figure:
    """Give ``figure`` the studio's margins, grid and legend; fonts and backgrounds come from the page's theme."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 12, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "title": None},
        hoverlabel={"align": "left", "namelength": -1},
        bargap=0.28,
    )
    figure.update_xaxes(title=x_title, gridcolor=GRID, zerolinecolor=GRID, automargin=True)
    figure.update_yaxes(title=y_title, gridcolor=GRID, zerolinecolor=GRID, automargin=True)
    return figure


def chart_config(name: str, image_format: str = "png") -> dict[str, Any]:
    """Plotly's configuration: the camera button writes ``name`` as "png" (at twice the size) or "svg"."""
    return {
        "displaylogo": False,
        "responsive": True,
        # Plotly's own 2 makes four times the pixels, of which nothing is seen: without a graphics card a map takes 0.7 s longer to appear.
        "plotGlPixelRatio": 1,
        "modeBarButtonsToRemove": _REMOVED_BUTTONS,
        "toImageButtonOptions": {"format": image_format, "filename": name, "scale": 2 if image_format == "png" else 1},
    }


def standalone_html(figure: go.Figure, title: str) -> str:
    """The figure as one HTML document that opens without a network."""
    shown = go.Figure(figure)
    shown.update_layout(template="plotly_white", title=title, margin={"t": 56, "l": 48, "r": 24, "b": 48}, paper_bgcolor="white")
    document: str = shown.to_html(include_plotlyjs=True, full_html=True, config=chart_config(title) | {"plotGlPixelRatio": 2})
    return document
