"""Bars of motivation profiles: how much each motivation weighs, and how the text compares with behaviour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from app.charts.figure import layout
from app.charts.palette import NEUTRAL, motivation_colours


def motivation_bars(table: pd.DataFrame, names: Sequence[str], *, height: int | None = None) -> go.Figure:
    """Share of each motivation in one profile, praise to the right, complaint to the left, in per cent.

    Args:
        table: one row per (motivation, polarity) with at least one statement: motivation (index in ``names``), polarity,
            share (0..1), n_statements, confidence (0..1); a bar is the fainter the lower its confidence.
        names: names of all motivations in the order of the taxonomy, "other" last.
    """
    colours = motivation_colours(names)
    order = table.groupby("motivation")["share"].sum().sort_values(ascending=False).index
    figure = go.Figure()
    for polarity, sign in (("positive", 1.0), ("negative", -1.0)):
        part = table[table["polarity"] == polarity].set_index("motivation")
        present = [index for index in order if index in part.index]
        if not present:
            continue
        rows = part.loc[present]
        confidence = rows["confidence"].astype(float)
        figure.add_bar(
            orientation="h",
            y=[names[int(index)] for index in present],
            x=sign * 100 * rows["share"].astype(float),
            name="praised" if sign > 0 else "criticised",
            marker={
                "color": [colours[names[int(index)]] for index in present],
                "opacity": (0.35 + 0.65 * confidence.clip(0, 1)).tolist(),
                "pattern": {"shape": "" if sign > 0 else "/", "fillmode": "overlay", "fgcolor": "rgba(255,255,255,0.55)"},
            },
            text=[f"{count}" for count in rows["n_statements"]],
            textposition="outside",
            cliponaxis=False,
            customdata=list(zip(rows["n_statements"], 100 * rows["share"].astype(float), confidence, strict=True)),
            hovertemplate="<b>%{y}</b> ("
            + ("praised" if sign > 0 else "criticised")
            + ")<br>%{customdata[1]:.1f} % of the profile<br>%{customdata[0]} statements, confidence %{customdata[2]:.2f}<extra></extra>",
        )
    layout(figure, height=height or 80 + 32 * max(1, len(order)), x_title="share of the profile, % (number = statements)")
    figure.update_layout(barmode="relative")
    figure.update_yaxes(categoryorder="array", categoryarray=[names[int(index)] for index in reversed(order)], showgrid=False)
    figure.update_xaxes(zeroline=True, tickformat=".0f", range=_signed_range(table))
    return figure


def _signed_range(table: pd.DataFrame) -> list[float]:
    """Room for the numbers beside the bars on both sides."""
    largest = {polarity: 100 * table.loc[table["polarity"] == polarity, "share"].max() for polarity in ("positive", "negative")}
    right = 0.0 if pd.isna(largest["positive"]) else float(largest["positive"])
    left = 0.0 if pd.isna(largest["negative"]) else float(largest["negative"])
    room = 0.12 * max(right + left, 1.0)
    return [-(left + room) if left else 0.0, right + room]


def view_comparison(
    said: Mapping[str, float],
    done: Mapping[str, float],
    names: Sequence[str],
    *,
    labels: tuple[str, str] = ("what the text says", "what behaviour says"),
    height: int | None = None,
) -> go.Figure:
    """Two views of the same motivations: two marks per motivation, joined by a line as long as they disagree.

    Args:
        said, done: share (0..1) of each motivation in the first and in the second view. labels: what the two views are.
    """
    colours = motivation_colours(names)
    order = [name for name in names if said.get(name) or done.get(name)]
    order.sort(key=lambda name: said.get(name, 0.0) + done.get(name, 0.0))
    figure = go.Figure()
    for name in order if said and done else ():
        figure.add_shape(
            type="line",
            y0=name,
            y1=name,
            x0=100 * said.get(name, 0.0),
            x1=100 * done.get(name, 0.0),
            line={"color": colours[name], "width": 4},
            opacity=0.35,
            layer="below",
        )
    marks = {labels[0]: (said, "circle"), labels[1]: (done, "diamond-open")}
    for label, (shares, symbol) in marks.items():
        if not shares:
            continue
        figure.add_scatter(
            x=[100 * shares.get(name, 0.0) for name in order],
            y=order,
            mode="markers",
            name=label,
            showlegend=False,
            cliponaxis=False,  # a share of 0 lies on the edge
            marker={"color": [colours[name] for name in order], "symbol": symbol, "size": 12, "line": {"width": 2}},
            hovertemplate=f"<b>%{{y}}</b><br>{label}: %{{x:.1f}} %<extra></extra>",
        )
        # The marks have many colours, so what stands for them in the legend has none.
        grey = {"color": NEUTRAL, "symbol": symbol, "size": 12, "line": {"width": 2}}
        figure.add_scatter(x=[None], y=[None], mode="markers", name=label, marker=grey, hoverinfo="skip")
    layout(figure, height=height or 90 + 32 * max(1, len(order)), x_title="share of the motivation, %", legend=True)
    figure.update_xaxes(rangemode="tozero", tickformat=".0f")
    figure.update_layout(legend={"itemclick": False, "itemdoubleclick": False})
    return figure


def counterfactual_bars(drops: pd.DataFrame, colours: Mapping[str, str], rank: int, *, height: int | None = None) -> go.Figure:
    """How many places an item loses without each motivation, from top to bottom in the order given.

    Args:
        drops: columns name, rank (1-based place without that motivation).
        rank: its place with all of them.
    """
    ordered = drops
    lost = ordered["rank"] - rank
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=ordered["name"],
            x=lost,
            marker={"color": [colours.get(name, NEUTRAL) for name in ordered["name"]]},
            text=[f"{place}" for place in ordered["rank"]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="without <b>%{y}</b>: place %{text}<extra></extra>",
        )
    )
    layout(figure, height=height or 70 + 34 * max(1, len(ordered)), x_title="places lost (number = its place then)")
    figure.update_yaxes(showgrid=False, autorange="reversed")
    reach = max(1.0, float(lost.abs().max()))
    figure.update_xaxes(range=[min(0.0, 1.2 * float(lost.min())), 1.15 * max(reach * (lost.max() > 0), 1.0)])
    return figure
