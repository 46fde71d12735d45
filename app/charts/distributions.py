"""Histograms of a dataset: how active users and items are, how long reviews are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from app.charts.figure import layout
from app.charts.palette import ACCENT, NEUTRAL


def log_edges(values: np.ndarray, n_bins: int = 24) -> np.ndarray:
    """Bin edges that grow geometrically and fall on whole numbers: counts spread over orders of magnitude."""
    low, high = max(1, int(values.min())), max(2, int(values.max()) + 1)
    edges = np.unique(np.round(np.geomspace(low, high, n_bins + 1)).astype(int))
    return edges if len(edges) > 1 else np.array([low, low + 1])


def histogram(values: np.ndarray, *, x_title: str, y_title: str, colour: str = ACCENT, height: int = 210) -> go.Figure:
    """Histogram of positive whole numbers on a logarithmic axis, the median marked.

    Args:
        values: int [n]; values below 1 are left out.
    """
    positive = np.asarray(values)[np.asarray(values) >= 1]
    figure = go.Figure()
    if len(positive):
        edges = log_edges(positive)
        counts, _ = np.histogram(positive, edges)
        labels = [f"{low}" if high - low <= 1 else f"{low} to {high - 1}" for low, high in pairwise(edges)]
        figure.add_bar(
            x=np.sqrt(edges[:-1] * edges[1:]),
            y=counts,
            width=np.diff(edges) * 0.94,
            marker={"color": colour},
            customdata=[[label] for label in labels],
            hovertemplate=f"%{{customdata[0]}} {x_title}<br>%{{y:,}} {y_title}<extra></extra>",
        )
        median = float(np.median(positive))
        figure.add_vline(x=median, line={"dash": "dot", "width": 1.5, "color": NEUTRAL})
        figure.add_annotation(
            x=np.log10(median),
            y=1.0,
            xref="x",
            yref="paper",
            text=f"median {median:,.0f}",
            showarrow=False,
            xanchor="center",
            yanchor="bottom",
        )
    layout(figure, height=height, x_title=x_title, y_title=y_title)
    figure.update_layout(margin={"t": 26})
    figure.update_xaxes(type="log", showgrid=False)
    if len(positive):
        ticks = round_ticks(float(edges[0]), float(edges[-1]))
        figure.update_xaxes(tickvals=ticks, ticktext=[f"{tick:,}" for tick in ticks])
    return figure


def round_ticks(low: float, high: float, most: int = 6) -> list[int]:
    """Round numbers from ``low`` to ``high``, evenly spread on a logarithmic axis."""
    candidates = [step * 10**power for power in range(8) for step in (1, 2, 5)]
    inside = [tick for tick in candidates if low <= tick <= high]
    if len(inside) > most:
        inside = [tick for tick in inside if str(tick)[0] == "1"] if high / low >= 1000 else inside[:: -(-len(inside) // most)]
    if len(inside) < 3 and high > low + 2:
        spread = np.geomspace(max(1.0, low), high, 4)
        inside = sorted({int(float(f"{value:.2g}")) for value in spread} & set(range(int(low), int(high) + 1)))
    return inside or [round(low)]
