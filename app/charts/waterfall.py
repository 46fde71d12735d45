"""The waterfall of one recommendation: each motivation's term, one after the other, ends exactly at the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.charts.figure import layout
from app.charts.palette import FAINT, NEUTRAL

# Rounding noise of float32 sums; anything larger is shown as a bar of its own.
_NOTHING = 1e-5


@dataclass(frozen=True)
class Term:
    """One bar: its name, what it adds to the score, its colour, and a line for the hover."""

    name: str
    value: float
    colour: str
    note: str = ""


def with_remainder(terms: Sequence[Term], remainder: float, score: float) -> list[Term]:
    """The terms, largest first, and the remainder only where it is not zero (relative to the score)."""
    ordered = sorted(terms, key=lambda term: -abs(term.value))
    if abs(remainder) > _NOTHING * max(1.0, abs(score)):
        ordered.append(Term("Behaviour alone", remainder, NEUTRAL, "People with a like history chose it; no review says why"))
    return ordered


def waterfall(terms: Sequence[Term], score: float, remainder: float = 0.0, *, height: int | None = None) -> go.Figure:
    """Horizontal waterfall from zero to ``score`` (no unit: an inner product).

    Each bar starts where the one above it ended; the last bar is the score itself.
    """
    shown = with_remainder(terms, remainder, score)
    starts, position = [], 0.0
    for term in shown:
        starts.append(position)
        position += term.value
    figure = go.Figure()
    figure.add_bar(
        orientation="h",
        y=[term.name for term in shown],
        x=[term.value for term in shown],
        base=starts,
        marker={"color": [term.colour for term in shown]},
        text=[f"{term.value:+.3f}" for term in shown],
        textposition="outside",
        cliponaxis=False,
        customdata=[[term.note] for term in shown],
        hovertemplate="<b>%{y}</b><br>adds %{x:+.4f}<br>%{customdata[0]}<extra></extra>",
        name="motivations",
    )
    figure.add_bar(
        orientation="h",
        y=["Score"],
        x=[score],
        marker={"color": "rgba(0,0,0,0)", "line": {"color": NEUTRAL, "width": 2}},
        text=[f"{score:.3f}"],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="<b>Score</b><br>%{x:.4f}, the sum of the bars above<extra></extra>",
        name="score",
    )
    _connect(figure, shown, starts)
    layout(figure, height=height or 70 + 34 * (len(shown) + 1), x_title="score (inner product, no unit)")
    ends = [0.0, score, *starts, *(start + term.value for start, term in zip(starts, shown, strict=True))]
    margin = 0.14 * ((max(ends) - min(ends)) or 1.0)
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(range=[min(ends) - margin * (min(ends) < 0), max(ends) + margin], zeroline=True)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def _connect(figure: go.Figure, shown: Sequence[Term], starts: Sequence[float]) -> None:
    """Thin lines from each bar's end down to the next bar's start."""
    for position, (term, start) in enumerate(zip(shown, starts, strict=True)):
        end = start + term.value
        figure.add_shape(
            type="line",
            x0=end,
            x1=end,
            y0=position - 0.36,
            y1=position + 1.36,
            line={"color": FAINT, "width": 1, "dash": "dot"},
            layer="below",
        )
