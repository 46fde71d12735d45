"""The change of each figure from one prompt to another, with its interval and the change of every seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.charts.figure import layout
from app.charts.palette import ACCENT, NEUTRAL

_ROW_PX, _FRAME_PX = 64, 96


@dataclass(frozen=True)
class ChangeBar:
    """One row of the chart: a change, the ends of its interval of ``level``, and the change of each seed."""

    change: float
    low: float
    high: float
    level: float
    by_seed: Sequence[float]


def comparison_chart(changes: Mapping[str, ChangeBar], a: str, b: str) -> go.Figure:
    """One row a figure: a line over the interval, a dot at the change, a faint mark a seed; no change is a line from top to bottom.

    Args:
        changes: name of the figure -> its change from ``a`` to ``b``.
        a, b: what the two are called.

    A row whose interval lies on one side of zero is in the accent colour, one that holds zero in grey; the hover says which.
    """
    figure = go.Figure()
    figure.add_vline(x=0, line={"width": 1.5, "color": NEUTRAL, "dash": "dot"})
    for name, one in changes.items():
        _add_row(figure, name, one)
    height = _FRAME_PX + _ROW_PX * len(changes)
    layout(figure, height=height, x_title=f"change from {_short(a)} to {_short(b)}  (right: more with {_short(b)})")
    reach = 1.15 * max((max(map(abs, (one.low, one.high, *one.by_seed))) for one in changes.values()), default=0.0)
    figure.update_xaxes(range=[-reach, reach] if reach else [-0.01, 0.01], tickformat="+.4~f", zeroline=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, categoryorder="array", categoryarray=list(changes), range=None)
    return figure


def _add_row(figure: go.Figure, name: str, one: ChangeBar) -> None:
    excludes = one.low > 0 or one.high < 0
    colour = ACCENT if excludes else NEUTRAL
    verdict = "excludes zero" if excludes else "includes zero"
    figure.add_scatter(
        x=list(one.by_seed),
        y=[name] * len(one.by_seed),
        mode="markers",
        name=f"{name}, seeds",
        marker={"symbol": "line-ns-open", "size": 16, "color": colour, "opacity": 0.6, "line": {"width": 1.5}},
        customdata=list(range(len(one.by_seed))),
        hovertemplate=f"{name}, seed %{{customdata}}: %{{x:+.4f}}<extra></extra>",
    )
    figure.add_scatter(
        x=[one.low, one.high],
        y=[name, name],
        mode="lines",
        name=f"{name}, interval",
        line={"color": colour, "width": 5},
        hovertemplate=f"{name}: {100 * one.level:.0f} % interval {one.low:+.4f} to {one.high:+.4f}, {verdict}<extra></extra>",
    )
    figure.add_scatter(
        x=[one.change],
        y=[name],
        mode="markers",
        name=name,
        marker={"size": 13, "color": colour, "line": {"width": 2, "color": "white"}},
        hovertemplate=f"{name}: {one.change:+.4f}<br>{100 * one.level:.0f} % interval {one.low:+.4f} to {one.high:+.4f}<extra></extra>",
    )


def _short(label: str) -> str:
    plain = label if len(label) <= 40 else label[:39] + "…"
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
