"""Deletion curves: what is left of a place while motivations are taken away, in the explanation's order and in any other."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from app.charts.figure import layout
from app.charts.palette import ACCENT, NEUTRAL


def deletion_chart(
    own: Sequence[float],
    random: Sequence[float],
    steps: Sequence[str],
    *,
    title_y: str,
    random_label: str,
    reversed_y: bool = False,
    height: int = 300,
) -> go.Figure:
    """Two lines over 0 .. K deleted (or inserted) motivations.

    Args:
        own: in the explanation's order. random: the mean over all orders. Each has K + 1 values.
        steps: what each step did, for the hover (K + 1 texts). title_y: the axis, with its unit.
        reversed_y: small values stand at the top, as places do.
    """
    figure = go.Figure()
    steps_taken = list(range(len(own)))
    lines = (("in the explanation's order", own, ACCENT, "solid", "circle"), (random_label, random, NEUTRAL, "dash", "diamond-open"))
    for name, values, colour, dash, symbol in lines:
        figure.add_scatter(
            x=steps_taken,
            y=list(values),
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2, "dash": dash},
            marker={"symbol": symbol, "size": 8},
            customdata=[[step] for step in steps] if name == lines[0][0] else [[""] for _ in steps],
            hovertemplate=f"<b>{name}</b><br>after %{{x}}: %{{y:,.3~f}}<br>%{{customdata[0]}}<extra></extra>",
        )
    layout(figure, height=height, x_title="motivations taken one after the other", y_title=title_y, legend=True)
    figure.update_xaxes(dtick=1)
    if reversed_y:
        figure.update_yaxes(autorange="reversed")
    return figure
