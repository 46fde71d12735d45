"""Curves of training: each loss and each validation metric by epoch, for one run or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app.charts.figure import layout
from app.charts.palette import NEUTRAL, series_colour


def history_frame(history: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Lines of a run's history as a long table: epoch, group ("losses" or "validation"), name, value."""
    rows = []
    for line in history:
        for group in ("losses", "validation"):
            for name, value in (line.get(group) or {}).items():
                rows.append((int(line["epoch"]), group, str(name), float(value)))
    return pd.DataFrame(rows, columns=["epoch", "group", "name", "value"])


def without_zeros(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The series that are not zero throughout, and the names of those that are: parts of a loss whose weight is 0."""
    largest = frame.groupby("name", sort=False)["value"].apply(lambda values: float(values.abs().max()))
    idle = [str(name) for name in largest.index[largest == 0]]
    return frame[~frame["name"].isin(idle)], idle


def smoothed(values: pd.Series, weight: float) -> pd.Series:
    """Exponential moving average with ``weight`` in [0, 1) on the past, free of the start's bias."""
    if weight <= 0:
        return values
    return values.ewm(alpha=1 - weight, adjust=True).mean()


def curves(
    frame: pd.DataFrame, *, series: str, smoothing: float = 0.0, log_scale: bool = False, y_title: str = "", height: int = 300
) -> go.Figure:
    """One line per value of the column ``series`` over the epochs.

    Args:
        frame: columns epoch, value and ``series``.
        smoothing: weight of the past in [0, 1); the raw values stay visible as a faint line.
    """
    figure = go.Figure()
    for position, (name, part) in enumerate(frame.groupby(series, sort=False)):
        part = part.sort_values("epoch")
        colour = series_colour(position)
        mode = "lines+markers" if len(part) < 40 else "lines"
        if smoothing > 0:
            figure.add_scatter(
                x=part["epoch"],
                y=part["value"],
                mode="lines",
                line={"color": colour, "width": 1},
                opacity=0.25,
                hoverinfo="skip",
                showlegend=False,
                name=f"{name}, raw",
            )
        figure.add_scatter(
            x=part["epoch"],
            y=smoothed(part["value"], smoothing),
            mode=mode,
            name=str(name),
            line={"color": colour, "width": 2},
            marker={"size": 5},
            hovertemplate=f"{name}: %{{y:.5g}}<extra></extra>",
        )
    layout(figure, height=height, x_title="epoch", y_title=y_title, legend=True)
    figure.update_layout(hovermode="x unified")
    figure.update_xaxes(hoverformat="d", unifiedhovertitle={"text": "epoch %{x}"})
    if log_scale:
        figure.update_yaxes(type="log")
    return figure


def mark_epoch(figure: go.Figure, epoch: int, label: str) -> go.Figure:
    """A dotted line at ``epoch``, e.g. the best one."""
    figure.add_vline(x=epoch, line={"dash": "dot", "width": 1, "color": NEUTRAL})
    # At the bottom, where no curve of a figure that rises runs; on the side with more room.
    last = max((max(trace.x) for trace in figure.data if trace.x is not None and len(trace.x)), default=epoch)
    figure.add_annotation(
        x=epoch,
        y=0.02,
        yref="paper",
        text=label,
        showarrow=False,
        xanchor="right" if epoch > last / 2 else "left",
        xshift=-5 if epoch > last / 2 else 5,
        font={"size": 11},
    )
    return figure
