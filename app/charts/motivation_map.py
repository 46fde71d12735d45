"""The motivation map: users, items and statements of a run in one plane, coloured by what one wants to know of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.charts.motivation_map_colours import Group, Scale, coloured
from app.charts.motivation_map_hover import hover_texts
from app.charts.motivation_map_marks import add_chosen, add_density, add_joins, add_rings, add_trust, name_clusters
from app.charts.palette import SCALE
from core.maps.density_grid import DensityGrid
from core.maps.trust_grid import TrustGrid

SYMBOLS = {"user": "circle", "item": "diamond", "statement": "circle"}
VIEW_SYMBOLS = {"text": "triangle-up", "interaction": "square"}
_STEP_BACK, _FULL = 0.25, 0.88
_MOST_RINGED = 120
Frame = tuple[tuple[float, float], tuple[float, float]]
"""Ranges of the x and the y axis."""
_ORDER = ("statement", "user", "item")  # what is drawn later lies above


@dataclass(frozen=True)
class Marks:
    """What stands out on a map; rows are index labels of its table of points.

    Args:
        found: what a search or a chosen cluster means: all others step back.
        ringed: points with a ring, e.g. the user and the item selected on other pages.
        chosen: the point whose neighbours are shown. neighbours: those, nearest first.
        joins: pairs of rows joined by a line, int [m, 2].
    """

    found: np.ndarray | None = None
    ringed: Sequence[int] = ()
    chosen: int | None = None
    neighbours: Sequence[int] = ()
    joins: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))


def motivation_map(
    shown: pd.DataFrame,
    names: Mapping[str, str],
    clusters: pd.DataFrame,
    *,
    colour_by: str = "distinctive",
    every: pd.DataFrame | None = None,
    marks: Marks | None = None,
    label_clusters: bool = True,
    trust: TrustGrid | None = None,
    density: DensityGrid | None = None,
    drag: str = "lasso",
    revision: str = "map",
    selection: str = "",
    frame: Frame | None = None,
    height: int = 640,
) -> go.Figure:
    """Scatter of a map: circles are users, diamonds items, small dots statements; triangles and squares a node by text and by behaviour.

    Args:
        shown: the points that are drawn, with the index they have in the table of all points; columns as in
            `core.maps.build.MotivationMap`, and what `app.charts.motivation_map_hover.hover_texts` needs.
        names: key of a motivation -> its name, in the order of the taxonomy, "other" last. clusters: columns cluster and name.
        colour_by: a key of `app.charts.motivation_map_colours.colourings`.
        every: the table of all points, where marks may lie on points that are not shown.
        trust: shades the regions whose neighbourhoods the drawing does not keep. density: shades where points are many.
        drag: what dragging the mouse does: "lasso", "select" (a box) or "pan" (move; a click then picks a point).
        revision: the zoom stays while it is the same. selection: an outline stays while both are.
        frame: the ranges of both axes, for drawings that are compared with each other.

    Every point's customdata is its row in the table of all points.
    """
    marks = marks or Marks()
    everything = shown if every is None else every
    figure = go.Figure()
    if density is not None:
        add_density(figure, density)
    if trust is not None:
        add_trust(figure, trust)
    texts = hover_texts(shown, names)
    if len(marks.joins):
        add_joins(figure, everything, marks.joins)
    colours = coloured(shown, colour_by, names, clusters)
    if isinstance(colours, Scale):
        add_scale(figure, shown, texts, colours, _opacities(shown, marks))
    else:
        add_groups(figure, shown, texts, colours, _opacities(shown, marks))
    if marks.found is not None and 0 < len(marks.found) <= _MOST_RINGED:
        add_rings(figure, everything.loc[list(marks.found)], names, name="Found", size=12)
    if len(marks.ringed):
        add_rings(figure, everything.loc[list(marks.ringed)], names)
    if marks.chosen is not None:
        add_chosen(figure, everything, names, marks.chosen, marks.neighbours)
    if label_clusters:
        name_clusters(figure, shown, clusters, height)
    return _laid_out(figure, drag=drag, revision=revision, selection=selection, frame=frame, height=height)


def add_groups(
    figure: go.Figure, shown: pd.DataFrame, texts: pd.Series, groups: Sequence[Group], opacities: np.ndarray | None, *, solid: bool = False
) -> None:
    """One trace per group and kind of point; the legend names each group once.

    Args:
        texts: of the points, under the mouse. opacities: float [n], or None where all are alike. solid: in three dimensions.
    """
    for kind, own in _kinds(shown):
        for group in groups:
            rows = np.flatnonzero(group.rows & own)
            if not len(rows):
                continue
            looks = {"color": group.colour} | _marker(kind, len(shown), solid) | {"opacity": _part(opacities, rows, kind)}
            _add(figure, shown.iloc[rows], texts.iloc[rows], looks, solid, name=group.label, legendgroup=group.label, showlegend=False)
    for group in groups:  # an entry of the legend that is neither small nor faded, whatever its points are
        entry = {"mode": "markers", "name": group.label, "legendgroup": group.label, "marker": {"color": group.colour, "size": 9}}
        empty = {"x": [None], "y": [None]} | ({"z": [None]} if solid else {})
        figure.add_trace((go.Scatter3d if solid else go.Scatter)(**empty, **entry, hoverinfo="skip"))


def add_scale(
    figure: go.Figure, shown: pd.DataFrame, texts: pd.Series, scale: Scale, opacities: np.ndarray | None, *, solid: bool = False
) -> None:
    """One trace per kind of point, coloured by a value; the other arguments as in `add_groups`."""
    bar: dict[str, Any] = {"title": {"text": scale.title, "side": "right"}, "thickness": 10, "len": 0.6}
    if scale.ticks:
        bar |= {"tickvals": [place for place, _ in scale.ticks], "ticktext": [words for _, words in scale.ticks]}
    known = scale.values[~np.isnan(scale.values)]
    ends = {"cmin": float(known.min()), "cmax": float(known.max())} if len(known) else {}
    first = True
    for kind, own in _kinds(shown):
        rows = np.flatnonzero(own)
        looks = {"color": scale.values[rows].astype(np.float32), "colorscale": SCALE, "showscale": first, "colorbar": bar} | ends
        looks |= _marker(kind, len(shown), solid) | {"opacity": _part(opacities, rows, kind)}
        _add(figure, shown.iloc[rows], texts.iloc[rows], looks, solid, name=scale.title, showlegend=False)
        first = False


def _add(figure: go.Figure, points: pd.DataFrame, texts: pd.Series, marker: dict[str, Any], solid: bool, **options: Any) -> None:
    shared = {
        "x": points["x"].to_numpy(dtype=np.float32),
        "y": points["y"].to_numpy(dtype=np.float32),
        "mode": "markers",
        "marker": marker | ({} if solid else {"line": {"width": 0}}),
        "text": texts.to_numpy(dtype=object),
        "customdata": points.index.to_numpy(dtype=np.int32),
        "hovertemplate": "%{text}<extra></extra>",
    }
    if solid:
        figure.add_scatter3d(z=points["z"].to_numpy(dtype=np.float32), **shared, **options)
    else:
        shared |= {"selected": {"marker": {"opacity": 1.0}}, "unselected": {"marker": {"opacity": _STEP_BACK}}}
        figure.add_scattergl(**shared, **options)


def _kinds(shown: pd.DataFrame) -> list[tuple[str, np.ndarray]]:
    """(symbol's key, bool [n]) of the kinds of points there are, in the order they are drawn."""
    sides, views = shown["side"].to_numpy(), shown["view"].to_numpy() if "view" in shown else np.full(len(shown), "joint")
    found = [(side, (sides == side) & ~np.isin(views, list(VIEW_SYMBOLS))) for side in _ORDER]
    found += [(view, views == view) for view in VIEW_SYMBOLS]
    return [(kind, own) for kind, own in found if own.any()]


def _marker(kind: str, n: int, solid: bool) -> dict[str, Any]:
    size = 8.0 if n < 600 else 6.5 if n < 4000 else 5.0 if n < 10_000 else 4.0
    size = size * 0.6 if kind == "statement" else size
    return {"size": size * (0.6 if solid else 1.0), "symbol": SYMBOLS.get(kind) or ("square" if solid else VIEW_SYMBOLS[kind])}


def _opacities(shown: pd.DataFrame, marks: Marks) -> np.ndarray | None:
    """float32 [n], or None where all points are alike."""
    if marks.found is None or not len(marks.found):
        return None
    return np.where(np.isin(shown.index.to_numpy(), marks.found), 1.0, _STEP_BACK).astype(np.float32)


def _part(opacities: np.ndarray | None, rows: np.ndarray, kind: str) -> Any:
    """The opacity of a trace: one number where it is one, which is drawn faster."""
    if opacities is None:
        return 0.6 if kind == "statement" else _FULL
    own = opacities[rows]
    return own if (own != own[0]).any() else float(own[0])


def _laid_out(
    figure: go.Figure,
    *,
    drag: str,
    revision: str,
    selection: str,
    frame: Frame | None,
    height: int,
) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        dragmode=drag,
        # Said here, or Streamlit adds them when the figure is there and draws it once more.
        clickmode="event+select" if drag == "pan" else "event",
        hovermode="closest",
        uirevision=revision,
        selectionrevision=f"{revision} {selection}",
        modebar={"uirevision": drag},
        legend={"orientation": "h", "yanchor": "top", "y": -0.01, "x": 0, "itemsizing": "constant", "title": None, "tracegroupgap": 0},
        hoverlabel={"align": "left"},
        showlegend=True,
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    if frame is not None:
        figure.update_xaxes(range=list(frame[0]))
        figure.update_yaxes(range=list(frame[1]))
    return figure
