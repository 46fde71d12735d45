"""What a change of the taxonomy does to coverage: the share of the statements each motivation holds, before and after."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from app.charts.figure import layout
from app.charts.palette import NEUTRAL, motivation_colours


def coverage_bars(shares: Mapping[str, float], names: Mapping[str, str], *, height: int | None = None) -> go.Figure:
    """Share of the statements by motivation, in per cent.

    Args:
        shares: key -> share of the statements, 0..1. names: key -> name in the order of the taxonomy, "other" last.
    """
    colours = motivation_colours(list(names))
    figure = go.Figure(_bars(shares, names, colours, "share of the statements"))
    return _finished(figure, list(names.values()), height or 70 + 26 * len(names), legend=False)


def coverage_change(
    before: Mapping[str, float],
    after: Mapping[str, float],
    names_before: Mapping[str, str],
    names_after: Mapping[str, str],
    *,
    height: int | None = None,
) -> go.Figure:
    """Share of the statements by motivation before (hollow) and after (filled) a change; those that come or go have one bar.

    Args:
        before, after: key -> share of the statements, 0..1. names_before, names_after: key -> name, in order, "other" last.
    """
    names = merged_order(names_before, names_after)
    colours = motivation_colours(list(names_after)) | {key: NEUTRAL for key in names_before if key not in names_after}
    figure = go.Figure()
    figure.add_bar(
        orientation="h",
        y=list(names),
        x=[100 * before[key] if key in before else None for key in names],
        name="before",
        marker={"color": "rgba(0,0,0,0)", "line": {"color": [colours[key] for key in names], "width": 1.5}},
        customdata=list(names.values()),
        hovertemplate="<b>%{customdata}</b> before: %{x:.1f} % of the statements<extra></extra>",
    )
    figure.add_trace(_bars(after, names, colours, "after", by_key=True))
    figure = _finished(figure, list(names), height or 90 + 36 * len(names), legend=True)
    figure.update_yaxes(tickvals=list(names), ticktext=list(names.values()))
    figure.update_layout(legend={"traceorder": "normal"})
    return figure


def merged_order(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """All motivations of two taxonomies: in the order of the new one, those that are gone after the one they stood behind."""
    order = list(after)
    for position, key in enumerate(before):
        if key not in after:
            above = [one for one in list(before)[:position] if one in order]
            order.insert(order.index(above[-1]) + 1 if above else 0, key)
    return {key: after[key] if key in after else f"{before[key]} (gone)" for key in order}


def _bars(shares: Mapping[str, float], names: Mapping[str, str], colours: Mapping[str, str], label: str, *, by_key: bool = False) -> go.Bar:
    return go.Bar(
        orientation="h",
        y=list(names) if by_key else list(names.values()),
        x=[100 * shares[key] if key in shares else None for key in names],
        name=label,
        marker={"color": [colours[key] for key in names]},
        text=[f"{100 * shares[key]:.1f}" if key in shares else "" for key in names],
        textposition="outside",
        cliponaxis=False,
        customdata=list(names.values()),
        hovertemplate=f"<b>%{{customdata}}</b> {label}: %{{x:.1f}} %<extra></extra>",
    )


def _finished(figure: go.Figure, order: list[str], height: int, *, legend: bool) -> go.Figure:
    layout(figure, height=height, x_title="share of the statements, %", legend=legend)
    figure.update_yaxes(categoryorder="array", categoryarray=order[::-1], showgrid=False)
    figure.update_xaxes(rangemode="tozero", tickformat=".0f")
    figure.update_layout(bargap=0.3, bargroupgap=0.05)
    return figure
