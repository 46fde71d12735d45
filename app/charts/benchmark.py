"""Charts of a benchmark: models side by side in one figure, by users' activity, under noise, and what each change of a model does.

Models are no motivations, so they have colours of their own: the first model of a benchmark in the accent, its peers in four quiet
colours that colour-blind readers tell apart too, each with a symbol and a dash of its own. Names stand in the legend or on the axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.charts.figure import layout
from app.charts.palette import ACCENT, DIVERGING, NEUTRAL

PEER_COLOURS = ("#808080", "#855831", "#516191", "#b29d63")
"""Found, as the motivations' colours were, by the largest smallest distance of any two and the accent under all kinds of sight."""
_SYMBOLS = ("square", "diamond", "triangle-up", "x", "pentagon", "triangle-down", "star", "cross", "hexagon", "bowtie", "hourglass")
_DASHES = ("dash", "dot", "dashdot", "longdash", "longdashdot")
_ROW_PX, _FRAME_PX = 34, 84
_STRONG = 0.75  # an AUC whose square is dark enough for white letters
_DODGE = 0.5  # the part of a group's width its models are spread over


@dataclass(frozen=True)
class Mark:
    """How a model is drawn."""

    colour: str
    symbol: str
    dash: str
    width: float


@dataclass(frozen=True)
class Spread:
    """A figure over seeds: mean, standard deviation (None of one seed) and the value of each."""

    mean: float
    sd: float | None
    values: Sequence[float]


@dataclass(frozen=True)
class NoisePoint:
    """What is left of a figure at a level of noise (a share of 0..1): mean and standard deviation over seeds, 1 = as without noise."""

    level: float
    kept: Spread


def marks(models: Sequence[str]) -> dict[str, Mark]:
    """How each model is drawn, in every chart alike; the first one stands out."""
    found = {}
    for number, model in enumerate(models):
        peer = number - 1
        found[model] = (
            Mark(PEER_COLOURS[peer % len(PEER_COLOURS)], _SYMBOLS[peer % len(_SYMBOLS)], _DASHES[peer % len(_DASHES)], 1.8)
            if number
            else Mark(ACCENT, "circle", "solid", 3.0)
        )
    return found


def model_dots(rows: Mapping[str, Spread], drawn: Mapping[str, Mark], title: str) -> go.Figure:
    """One row a model, the highest mean on top: a dot at the mean, a line over mean ± sd, a faint mark a seed.

    Args:
        rows: model -> its figure. drawn: see `marks`. title: of the axis, with the unit.
    """
    figure = go.Figure()
    ordered = sorted(rows, key=lambda model: -rows[model].mean)
    for model in ordered:
        _add_row(figure, model, rows[model], drawn[model].colour, drawn[model].symbol, "%{x:.4f}")
    layout(figure, height=_FRAME_PX + _ROW_PX * len(rows), x_title=title)
    figure.update_xaxes(tickformat=".4~f", zeroline=False)
    return _rows_downward(figure, ordered)


def activity_chart(
    labels: Sequence[str], sizes: Sequence[int], rows: Mapping[str, Sequence[Spread]], drawn: Mapping[str, Mark], title: str
) -> go.Figure:
    """A figure in each group of users, cold to warm: a line a model, models beside each other within a group.

    Args:
        labels: training interactions of each group, "2-5". sizes: users in each. rows: model -> its figure in each group.
    """
    figure = go.Figure()
    for number, (model, groups) in enumerate(rows.items()):
        shift = _DODGE * ((number + 0.5) / len(rows) - 0.5)
        figure.add_scatter(
            x=[place + shift for place in range(len(groups))],
            y=[one.mean for one in groups],
            name=model,
            customdata=[[label, size, _sd_words(one)] for label, size, one in zip(labels, sizes, groups, strict=True)],
            hovertemplate=f"{model}<br>%{{customdata[0]}} training interactions (%{{customdata[1]:,}} users)"
            "<br>%{y:.4f}%{customdata[2]}<extra></extra>",
            **_line(drawn[model], groups),
        )
    layout(figure, height=400, x_title="training interactions of the user", y_title=title, legend=True)
    ticks = [f"{label}<br>{size:,} users" for label, size in zip(labels, sizes, strict=True)]
    figure.update_xaxes(
        tickmode="array", tickvals=list(range(len(labels))), ticktext=ticks, range=[-0.6, len(labels) - 0.4], zeroline=False
    )
    return figure.update_yaxes(rangemode="tozero")


def noise_chart(rows: Mapping[str, Sequence[NoisePoint]], drawn: Mapping[str, Mark], x_title: str, y_title: str) -> go.Figure:
    """What is left of a figure against the level of noise, in percent of the figure without; a line a model, all from 100 %."""
    figure = go.Figure()
    figure.add_hline(y=100, line={"width": 1.2, "color": NEUTRAL, "dash": "dot"})
    for model, points in rows.items():
        spreads = [Spread(100 * one.kept.mean, None if one.kept.sd is None else 100 * one.kept.sd, ()) for one in points]
        figure.add_scatter(
            x=[0.0, *(100 * one.level for one in points)],
            y=[100.0, *(one.mean for one in spreads)],
            name=model,
            customdata=["", *(_sd_words(one, 1) for one in spreads)],
            hovertemplate=f"{model}<br>noise %{{x:g}} %: %{{y:.1f}}%{{customdata}} % kept<extra></extra>",
            **_line(drawn[model], [Spread(100.0, None, ()), *spreads]),
        )
    layout(figure, height=400, x_title=x_title, y_title=y_title, legend=True)
    levels = sorted({100 * one.level for points in rows.values() for one in points})
    figure.update_xaxes(tickvals=[0.0, *levels], ticktext=[f"{level:g} %" for level in (0.0, *levels)], zeroline=False)
    return figure.update_yaxes(ticksuffix=" %")


def change_chart(rows: Mapping[str, Spread], title: str) -> go.Figure:
    """One bar a change of a model, from no change: its mean, a line over mean ± sd, a mark a seed; all in percent of the plain figure.

    Bars whose line stays on one side of zero are in the accent, others in grey; the hover says which.
    """
    figure = go.Figure()
    figure.add_vline(x=0, line={"width": 1.5, "color": NEUTRAL})
    for name, one in rows.items():
        sure = one.sd is not None and abs(one.mean) > one.sd
        verdict = "" if one.sd is None else f"<br>mean ± sd {'excludes' if sure else 'includes'} zero"
        figure.add_bar(
            x=[one.mean],
            y=[name],
            orientation="h",
            name=name,
            marker={"color": ACCENT if sure else NEUTRAL, "opacity": 0.75},
            error_x=_error([one], "rgba(128, 132, 142, 0.95)"),
            hovertemplate=f"{name}: %{{x:+.2f}}{_sd_words(one, 2)} %{verdict}<extra></extra>",
            width=0.5,
        )
        figure.add_scatter(
            x=list(one.values),
            y=[name] * len(one.values),
            mode="markers",
            name=f"{name}, seeds",
            marker={"symbol": "line-ns-open", "size": 13, "color": NEUTRAL, "line": {"width": 2}},
            hovertemplate=f"{name}, one seed: %{{x:+.2f}} %<extra></extra>",
        )
    layout(figure, height=_FRAME_PX + _ROW_PX * len(rows), x_title=title)
    figure.update_xaxes(ticksuffix=" %", tickformat="+~g", zeroline=False)
    return _rows_downward(figure, list(rows))


def slot_chart(aucs: Sequence[Sequence[float]], slots: Sequence[str], planted: Sequence[str]) -> go.Figure:
    """How well each slot's term alone finds each planted motivation: a square with its AUC for every pair; 0.5 is chance.

    Args:
        aucs: [len(slots), len(planted)].
    """
    figure = go.Figure(
        go.Heatmap(
            z=[list(row) for row in aucs],
            x=list(planted),
            y=list(slots),
            zmin=0.0,
            zmid=0.5,
            zmax=1.0,
            colorscale=DIVERGING,
            xgap=2,
            ygap=2,
            colorbar={"title": "AUC", "thickness": 12},
            hovertemplate="slot %{y}<br>planted %{x}<br>AUC %{z:.3f}<extra></extra>",
        )
    )
    cells = [(x, y, value) for y, row in zip(slots, aucs, strict=True) for x, value in zip(planted, row, strict=True)]
    for strong in (False, True):  # white on the strong colour, the theme's own colour on the faint ones
        shown = [cell for cell in cells if (cell[2] >= _STRONG) == strong]
        figure.add_scatter(
            x=[x for x, _, _ in shown],
            y=[y for _, y, _ in shown],
            text=[f"{value:.2f}" for _, _, value in shown],
            mode="text",
            name="strong" if strong else "faint",
            textfont={"color": "#ffffff"} if strong else {},
            hoverinfo="skip",
        )
    layout(figure, height=_FRAME_PX + 60 + _ROW_PX * len(slots), x_title="planted motivation", y_title="slot")
    figure.update_xaxes(showgrid=False, tickangle=-25)
    return figure.update_yaxes(showgrid=False, autorange="reversed")


def _add_row(figure: go.Figure, name: str, one: Spread, colour: str, symbol: str, form: str) -> None:
    figure.add_scatter(
        x=list(one.values),
        y=[name] * len(one.values),
        mode="markers",
        name=f"{name}, seeds",
        marker={"symbol": "line-ns-open", "size": 13, "color": colour, "opacity": 0.55, "line": {"width": 1.5}},
        hovertemplate=f"{name}, one seed: {form}<extra></extra>",
    )
    if one.sd is not None:
        figure.add_scatter(
            x=[one.mean - one.sd, one.mean + one.sd],
            y=[name, name],
            mode="lines",
            name=f"{name}, mean ± sd",
            line={"color": colour, "width": 4},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=[one.mean],
        y=[name],
        mode="markers",
        name=name,
        marker={"size": 12, "color": colour, "symbol": symbol},
        hovertemplate=f"{name}: {form}{_sd_words(one)}<extra></extra>",
    )


def _line(mark: Mark, points: Sequence[Spread]) -> dict[str, object]:
    """What lines of models have in common."""
    return {
        "mode": "lines+markers",
        "line": {"color": mark.colour, "width": mark.width, "dash": mark.dash},
        "marker": {"symbol": mark.symbol, "size": 9},
        "error_y": _error(points, mark.colour),
    }


def _error(points: Sequence[Spread], colour: str) -> dict[str, object]:
    return {"type": "data", "array": [one.sd or 0.0 for one in points], "color": colour, "thickness": 1.4, "width": 4}


def _rows_downward(figure: go.Figure, names: Sequence[str]) -> go.Figure:
    return figure.update_yaxes(showgrid=False, categoryorder="array", categoryarray=list(reversed(names)))


def _sd_words(one: Spread, digits: int = 4) -> str:
    return "" if one.sd is None else f" ± {one.sd:.{digits}f}"
