"""What lies over and under the points of a motivation map: rings, lines, names of clusters, and how far each region can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.charts.motivation_map_hover import hover_texts
from app.charts.palette import NEUTRAL
from core.maps.density_grid import DensityGrid
from core.maps.trust_grid import TrustGrid

RING = "#e5484d"
_JOIN = "rgba(138, 144, 156, 0.45)"
_SHORE, _HEIGHTS = 0.04, 7  # the lowest line of equal density, as a share of the densest place, and how many there are
_LONGEST_NAME = 34
_LABEL_HEIGHT_PX, _LETTER_PX, _PADDING_PX = 24, 6.2, 8
_DRAWN, _LEAST_WIDTH_PX = 0.85, 800


def add_rings(
    figure: go.Figure, points: pd.DataFrame, names: Mapping[str, str], *, name: str = "Selected on other pages", size: float = 16
) -> None:
    """A ring around each point; it says what the point under it says."""
    figure.add_scattergl(
        x=points["x"],
        y=points["y"],
        mode="markers",
        name=name,
        marker={"color": "rgba(0,0,0,0)", "size": size, "symbol": "circle", "line": {"color": RING, "width": 2.5}},
        text=hover_texts(points, names).to_numpy(dtype=object),
        customdata=points.index.to_numpy(dtype=np.int32),
        hovertemplate="%{text}<extra></extra>",
    )


def add_chosen(figure: go.Figure, points: pd.DataFrame, names: Mapping[str, str], chosen: int, neighbours: Sequence[int]) -> None:
    """A point, joined with its nearest in the original space, wherever the drawing has put them."""
    if len(neighbours):
        pairs = np.array([[chosen, other] for other in neighbours])
        _lines(figure, points, pairs, "Nearest in the original space", {"color": RING, "width": 1.3})
        add_rings(figure, points.loc[list(neighbours)], names, name="Its neighbours")
        figure.data[-1].update(marker={"size": 11, "line": {"width": 1.5}}, showlegend=False)
    add_rings(figure, points.loc[[chosen]], names, name="Chosen point")
    figure.data[-1].update(marker={"size": 20, "line": {"width": 3}})


def add_joins(figure: go.Figure, points: pd.DataFrame, pairs: np.ndarray) -> None:
    """A thin line for each pair of rows: the same node by its text and by its behaviour."""
    _lines(figure, points, pairs, "The same node", {"color": _JOIN, "width": 0.8})


def _lines(figure: go.Figure, points: pd.DataFrame, pairs: np.ndarray, name: str, line: dict[str, object]) -> None:
    coordinates = {}
    for axis in ("x", "y"):
        ends = points[axis].loc[pairs.ravel()].to_numpy(dtype=np.float32).reshape(-1, 2)
        coordinates[axis] = np.column_stack([ends, np.full(len(ends), np.nan, dtype=np.float32)]).ravel()
    figure.add_scattergl(**coordinates, mode="lines", name=name, line=line, hoverinfo="skip", showlegend=True)


def add_trust(figure: go.Figure, grid: TrustGrid) -> None:
    """Shade the regions by what of the neighbourhoods there is lost: the stronger the shade, the less the drawing can be trusted."""
    figure.add_heatmap(
        x=grid.x,
        y=grid.y,
        z=1 - grid.trust,
        zmin=0,
        zmax=1,
        colorscale=[[0, "rgba(232, 89, 12, 0)"], [0.4, "rgba(232, 89, 12, 0.08)"], [1, "rgba(232, 89, 12, 0.6)"]],
        colorbar={
            "title": {"text": "neighbours lost", "side": "right"},
            "thickness": 10,
            "len": 0.35,
            "y": 0,
            "yanchor": "bottom",
            "tickformat": ".0%",
            "outlinecolor": NEUTRAL,
        },
        hoverinfo="skip",
        name="Trust",
    )


def add_density(figure: go.Figure, grid: DensityGrid) -> None:
    """Lines of equal density under the points, as on a map of heights: the fuller, the more points lie there."""
    figure.add_contour(
        x=grid.x,
        y=grid.y,
        z=np.sqrt(grid.share),  # or all but the densest place would lie below the first line
        contours={"start": _SHORE**0.5, "end": 1.0, "size": (1 - _SHORE**0.5) / _HEIGHTS, "coloring": "fill", "showlabels": False},
        colorscale=[[0, "rgba(100, 116, 150, 0)"], [_SHORE**0.5, "rgba(100, 116, 150, 0.05)"], [1, "rgba(100, 116, 150, 0.6)"]],
        zmin=0,
        zmax=1,
        line={"width": 0.7, "color": "rgba(120, 134, 166, 0.55)", "smoothing": 1},
        showscale=False,
        hoverinfo="skip",
        name="Density",
        showlegend=False,
    )


def name_clusters(figure: go.Figure, points: pd.DataFrame, clusters: pd.DataFrame, height: int) -> None:
    """Each cluster's name at the median of its points, moved up or down where it would lie on another's."""
    middles = points[points["cluster"] >= 0].groupby("cluster")[["x", "y"]].median()
    if middles.empty:
        return
    known = dict(zip(clusters["cluster"], clusters["name"], strict=True))
    names = [_short(str(known.get(int(cluster), cluster))) for cluster in middles.index]
    # Both axes have one scale, and the legend and the margins take a part of the height.
    pixel = max(float(np.ptp(points["y"])) / (_DRAWN * height), float(np.ptp(points["x"])) / _LEAST_WIDTH_PX)
    widths = np.array([len(name) * _LETTER_PX + _PADDING_PX for name in names]) * pixel
    places = _apart(middles.to_numpy(dtype=np.float64), _LABEL_HEIGHT_PX * pixel, widths)
    for name, (x, y) in zip(names, places, strict=True):
        figure.add_annotation(
            x=x,
            y=y,
            text=name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
            showarrow=False,
            font={"size": 12, "color": "#ffffff"},
            bgcolor="rgba(40, 46, 58, 0.78)",
            borderpad=3,
            captureevents=False,
        )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip(" ,") + "…"


def _apart(places: np.ndarray, gap: float, widths: np.ndarray) -> np.ndarray:
    """Places [n, 2] of labels, the lower of two that would touch moved down until it is free; ``gap`` high and ``widths`` [n] wide."""
    moved = places.copy()
    order = np.argsort(-moved[:, 1], kind="stable")
    for position, own in enumerate(order):
        above = order[:position]
        for other in above[np.argsort(-moved[above, 1], kind="stable")]:
            beside = abs(moved[other, 0] - moved[own, 0]) >= (widths[other] + widths[own]) / 2
            if not beside and abs(moved[other, 1] - moved[own, 1]) < gap:
                moved[own, 1] = moved[other, 1] - gap
    return moved
