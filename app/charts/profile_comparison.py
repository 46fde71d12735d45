"""Two of a kind side by side: their motivations back to back, and a segment against everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.charts.figure import layout
from app.charts.palette import NEUTRAL, motivation_colours


@dataclass(frozen=True)
class Both:
    """One motivation of the two: shares 0..1."""

    name: str
    left: float
    right: float


def back_to_back(rows: Sequence[Both], left: str, right: str, names: Sequence[str], *, height: int | None = None) -> go.Figure:
    """Shares of the left one as bars to the left, of the right one to the right, in per cent; the number is right minus left.

    Args:
        rows: in any order; drawn by the size of both together. names: of all motivations in the order of the taxonomy, "other" last.
    """
    colours = motivation_colours(names)
    shown = sorted((row for row in rows if row.left or row.right), key=lambda row: row.left + row.right)
    marks = [colours.get(row.name, NEUTRAL) for row in shown]
    figure = go.Figure()
    for label, sign, shares in ((left, -1.0, [row.left for row in shown]), (right, 1.0, [row.right for row in shown])):
        differences = [f"{100 * (row.right - row.left):+.0f}" for row in shown]
        figure.add_bar(
            orientation="h",
            y=[row.name for row in shown],
            x=[sign * 100 * share for share in shares],
            name=label,
            marker={"color": marks, "opacity": 0.65 if sign < 0 else 1.0},
            text=[f"{100 * share:.0f} %" for share in shares],
            textposition="outside",
            cliponaxis=False,
            customdata=list(zip([100 * share for share in shares], differences, strict=True)),
            hovertemplate=f"<b>%{{y}}</b><br>{_plain(label)}: "
            "%{customdata[0]:.1f} %<br>right minus left: %{customdata[1]} percentage points<extra></extra>",
        )
    reach = 100 * max([0.05, *(max(row.left, row.right) for row in shown)]) * 1.22
    ticks = [tick for tick in range(-100, 101, 10 if reach < 45 else 20) if abs(tick) <= reach]
    layout(figure, height=height or 110 + 32 * max(1, len(shown)), x_title="share of the motivation, %")
    figure.update_layout(barmode="overlay", bargap=0.3)
    figure.update_xaxes(range=[-reach, reach], tickvals=ticks, ticktext=[str(abs(tick)) for tick in ticks], zeroline=True)
    figure.update_yaxes(showgrid=False)
    for label, place, anchor in ((left, 0.0, "left"), (right, 1.0, "right")):
        figure.add_annotation(
            x=place, y=1.0, xref="paper", yref="paper", text=f"<b>{_plain(label)}</b>", showarrow=False, xanchor=anchor, yanchor="bottom"
        )
    figure.update_layout(margin={"t": 34})
    return figure


@dataclass(frozen=True)
class AgainstAll:
    """One motivation of a segment: mean and standard deviation over its members, and everybody's mean; shares 0..1."""

    name: str
    mean: float
    spread: float
    everybody: float


def against_everybody(rows: Sequence[AgainstAll], names: Sequence[str], *, height: int | None = None) -> go.Figure:
    """Mean share of every motivation in a segment, with the standard deviation over its members, and everybody's mean as a line."""
    colours = motivation_colours(names)
    shown = sorted((row for row in rows if row.mean or row.everybody), key=lambda row: row.mean)
    figure = go.Figure()
    figure.add_bar(
        orientation="h",
        y=[row.name for row in shown],
        x=[100 * row.mean for row in shown],
        name="this segment",
        showlegend=False,
        marker={"color": [colours.get(row.name, NEUTRAL) for row in shown]},
        error_x={
            "type": "data",
            "array": [100 * row.spread for row in shown],
            "arrayminus": [100 * min(row.spread, row.mean) for row in shown],
            "color": NEUTRAL,
            "thickness": 1,
            "width": 3,
        },
        customdata=[[100 * row.everybody, 100 * row.spread, 100 * (row.mean - row.everybody)] for row in shown],
        hovertemplate="<b>%{y}</b><br>this segment: %{x:.1f} % (standard deviation over members %{customdata[1]:.1f})"
        "<br>everybody: %{customdata[0]:.1f} %<br>difference: %{customdata[2]:+.1f} percentage points<extra></extra>",
    )
    figure.add_scatter(
        y=[row.name for row in shown],
        x=[100 * row.everybody for row in shown],
        mode="markers",
        name="everybody",
        marker={"symbol": "line-ns-open", "size": 20, "color": NEUTRAL, "line": {"width": 3}},
        hovertemplate="<b>%{y}</b><br>everybody: %{x:.1f} %<extra></extra>",
    )
    grey = {"symbol": "square", "size": 12, "color": NEUTRAL}  # bars have many colours, so what stands for them in the legend has none
    figure.add_scatter(x=[None], y=[None], mode="markers", name="this segment", marker=grey, hoverinfo="skip")
    layout(figure, height=height or 100 + 32 * max(1, len(shown)), x_title="mean share of what a user says, %", legend=True)
    figure.update_xaxes(rangemode="tozero", tickformat=".0f")
    figure.update_yaxes(showgrid=False)
    return figure


def _plain(label: str) -> str:
    """A label without what plotly would read as markup."""
    return label.replace("&", "&amp;").replace("<", "&lt;").replace("%{", "% {")
