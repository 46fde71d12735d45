"""The motivation map in three dimensions: for looking only, nothing can be selected in it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.charts.motivation_map import add_groups, add_scale
from app.charts.motivation_map_colours import Scale, coloured
from app.charts.motivation_map_hover import hover_texts
from app.charts.motivation_map_marks import RING

MOST_SOLID = 6_000
"""More points than this make turning the drawing slow without a graphics card."""


def solid_map(
    shown: pd.DataFrame,
    names: Mapping[str, str],
    clusters: pd.DataFrame,
    *,
    colour_by: str = "distinctive",
    ringed: pd.DataFrame | None = None,
    revision: str = "map",
    height: int = 640,
) -> go.Figure:
    """Scatter of a map with columns x, y, z; the other arguments as in `app.charts.motivation_map.motivation_map`.

    Args:
        ringed: points to mark, e.g. what a search found.
    """
    figure = go.Figure()
    colours = coloured(shown, colour_by, names, clusters)
    if isinstance(colours, Scale):
        add_scale(figure, shown, hover_texts(shown, names), colours, None, solid=True)
    else:
        add_groups(figure, shown, hover_texts(shown, names), colours, None, solid=True)
    if ringed is not None and len(ringed):
        figure.add_scatter3d(
            **{axis: ringed[axis].to_numpy(dtype=np.float32) for axis in "xyz"},
            mode="markers",
            name="Found or selected",
            marker={"size": 7, "symbol": "circle-open", "color": RING, "line": {"color": RING, "width": 2}},
            text=hover_texts(ringed, names).to_numpy(dtype=object),
            hovertemplate="%{text}<extra></extra>",
        )
    hidden = {"visible": False, "showspikes": False}
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        # Nearer than Plotly's own 1.25, which leaves room for the axes that are not shown.
        scene={"xaxis": hidden, "yaxis": hidden, "zaxis": hidden, "aspectmode": "data", "camera": {"eye": dict.fromkeys("xyz", 0.85)}},
        uirevision=revision,
        legend={"orientation": "h", "yanchor": "top", "y": -0.01, "x": 0, "itemsizing": "constant", "title": None, "tracegroupgap": 0},
        hoverlabel={"align": "left"},
        showlegend=True,
    )
    return figure
