"""What a change of the taxonomy does to coverage: the share of the statements each motivation holds, before and after."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from app.charts.figure import layout
from app.charts.palette import NEUTRAL, motivation_colours


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
    figure = go.Figure(_after(after, names, colours))  # the first lies lowest: before stands above after
    figure.add_bar(
        orientation="h",
        y=list(names),
        x=[100 * before[key] if key in before else None for key in names],
        name="before",
        marker={"color": "rgba(0,0,0,0)", "line": {"color": [colours[key] for key in names], "width": 1.5}},
        customdata=list(names.values()),
        hovertemplate="<b>%{customdata}</b> before: %{x:.1f} % of the statements<extra></extra>",
    )
    layout(figure, height=height or 90 + 36 * len(names), x_title="share of the statements, %", legend=True)
    figure.update_yaxes(
        categoryorder="array", categoryarray=list(names)[::-1], showgrid=False, tickvals=list(names), ticktext=list(names.values())
    )
    most = max([*before.values(), *after.values()], default=0.0)
    figure.update_xaxes(range=[0, 114 * most or 1], tickformat=".0f")  # room for the numbers
    figure.update_layout(legend={"traceorder": "reversed"}, bargap=0.3, bargroupgap=0.05)
    return figure


def merged_order(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """All motivations of two taxonomies: in the order of the new one, those that are gone after the one they stood behind."""
    order = list(after)
    for position, key in enumerate(before):
        if key not in after:
            above = [one for one in list(before)[:position] if one in order]
            order.insert(order.index(above[-1]) + 1 if above else 0, key)
    return {key: after[key] if key in after else f"{before[key]} (gone)" for key in order}


def _after(shares: Mapping[str, float], names: Mapping[str, str], colours: Mapping[str, str]) -> go.Bar:
    return go.Bar(
        orientation="h",
        y=list(names),
        x=[100 * shares[key] if key in shares else None for key in names],
        name="after",
        marker={"color": [colours[key] for key in names]},
        text=[f"{100 * shares[key]:.1f}" if key in shares else "" for key in names],
        textposition="outside",
        constraintext="none",
        cliponaxis=False,
        customdata=list(names.values()),
        hovertemplate="<b>%{customdata}</b> after: %{x:.1f} % of the statements<extra></extra>",
    )
