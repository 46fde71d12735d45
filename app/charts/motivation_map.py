"""The motivation map: users and items of a run in one plane, coloured by what one wants to know of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.charts.palette import FAINT, ITEM_COLOUR, USER_COLOUR, motivation_colours, series_colour

COLOURINGS = {
    "distinctive": "Distinctive motivation",
    "motivation": "Main motivation",
    "cluster": "Cluster",
    "side": "User or item",
    "activity": "Activity",
    "trust": "Trust",
}
SYMBOLS = {"user": "circle", "item": "diamond"}
_SCALES = {"activity": ("Cividis", "training interactions"), "trust": ("Cividis", "share of neighbours kept")}
# More points than this make the page slow to load and a lasso heavy; the rest is found on the server.
MOST_SHOWN = 20_000


def shown_sample(points: pd.DataFrame, kept: np.ndarray, limit: int = MOST_SHOWN, seed: int = 0) -> pd.DataFrame:
    """At most ``limit`` points, drawn at random with a fixed seed; those marked in ``kept`` always stay.

    Args:
        kept: bool [n].
    """
    if len(points) <= limit:
        return points
    order = np.random.default_rng(seed).permutation(len(points))
    first = np.concatenate([order[kept[order]], order[~kept[order]]])[:limit]
    return points.iloc[np.sort(first)]


def motivation_map(
    points: pd.DataFrame,
    names: Mapping[str, str],
    clusters: pd.DataFrame,
    *,
    colour_by: str = "distinctive",
    highlighted: np.ndarray | None = None,
    label_clusters: bool = True,
    revision: str = "map",
    height: int = 620,
) -> go.Figure:
    """Scatter of a map; circles are users, diamonds are items.

    Args:
        points: of `core.maps.build.MotivationMap`. names: key of a motivation -> its name, in the order of the taxonomy,
            "other" last. clusters: of the same map.
        colour_by: a key of `COLOURINGS`.
        highlighted: bool [n]; where any is True the others step back.
        revision: zoom and selection stay while it is the same.

    Every point's customdata is [side, node_idx, id].
    """
    figure = go.Figure()
    marked = np.zeros(len(points), dtype=bool) if highlighted is None else np.asarray(highlighted)
    opacity = 0.22 if marked.any() else 0.85
    cluster_names = dict(zip(clusters["cluster"], clusters["name"], strict=True))
    texts = _hover(points, names, cluster_names)
    if colour_by in _SCALES:
        _add_scale(figure, points, texts, colour_by, opacity)
    else:
        for label, colour, part in _groups(points, names, cluster_names, colour_by):
            _add_group(figure, points[part], [text for text, inside in zip(texts, part, strict=True) if inside], label, colour, opacity)
    if marked.any():
        _add_rings(figure, points[marked], [text for text, inside in zip(texts, marked, strict=True) if inside])
    if label_clusters:
        _name_clusters(figure, points, cluster_names)
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        dragmode="lasso",
        uirevision=revision,
        selectionrevision=revision,
        legend={"orientation": "h", "yanchor": "top", "y": -0.01, "x": 0, "itemsizing": "constant", "title": None},
        hoverlabel={"align": "left"},
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure


def _groups(
    points: pd.DataFrame, names: Mapping[str, str], clusters: Mapping[int, str], colour_by: str
) -> list[tuple[str, str, np.ndarray]]:
    """(label, colour, bool [n]) of every group that has points."""
    if colour_by == "side":
        candidates = [("Users", USER_COLOUR, points["side"] == "user"), ("Items", ITEM_COLOUR, points["side"] == "item")]
    elif colour_by == "cluster":
        candidates = [
            (str(name), series_colour(number), points["cluster"] == cluster) for number, (cluster, name) in enumerate(clusters.items())
        ]
    else:
        colours = motivation_colours(list(names))
        candidates = [(name, colours[key], points[colour_by] == key) for key, name in names.items()]
        candidates.append(("No statement", FAINT, ~points[colour_by].isin(list(names))))
    return [(label, colour, mask.to_numpy()) for label, colour, mask in candidates if mask.any()]


def _customdata(points: pd.DataFrame) -> list[list[object]]:
    return [[side, int(node), identifier] for side, node, identifier in zip(points["side"], points["node_idx"], points["id"], strict=True)]


def _add_group(figure: go.Figure, points: pd.DataFrame, texts: Sequence[str], label: str, colour: str, opacity: float) -> None:
    figure.add_scattergl(
        x=points["x"],
        y=points["y"],
        mode="markers",
        name=label,
        marker={
            "color": colour,
            "size": _sizes(len(points)),
            "symbol": [SYMBOLS[side] for side in points["side"]],
            "opacity": opacity,
            "line": {"width": 0},
        },
        text=list(texts),
        customdata=_customdata(points),
        hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 1.0}},
        unselected={"marker": {"opacity": 0.15}},
    )


def _add_scale(figure: go.Figure, points: pd.DataFrame, texts: Sequence[str], colour_by: str, opacity: float) -> None:
    scale, title = _SCALES[colour_by]
    values = points[colour_by].astype(float)
    shown = np.log10(values.clip(lower=1)) if colour_by == "activity" else values
    bar: dict[str, object] = {"title": {"text": title, "side": "right"}, "thickness": 10, "len": 0.6}
    if colour_by == "activity":
        ticks = [value for value in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000) if value <= max(1.0, float(values.max()))]
        bar |= {"tickvals": np.log10(ticks).tolist(), "ticktext": [f"{value:,}" for value in ticks]}
    figure.add_scattergl(
        x=points["x"],
        y=points["y"],
        mode="markers",
        name=COLOURINGS[colour_by],
        marker={
            "color": shown,
            "colorscale": scale,
            "colorbar": bar,
            "size": _sizes(len(points)),
            "symbol": [SYMBOLS[side] for side in points["side"]],
            "opacity": opacity,
            "line": {"width": 0},
        },
        text=list(texts),
        customdata=_customdata(points),
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
        unselected={"marker": {"opacity": 0.15}},
    )


def _add_rings(figure: go.Figure, points: pd.DataFrame, texts: Sequence[str]) -> None:
    figure.add_scattergl(
        x=points["x"],
        y=points["y"],
        mode="markers",
        name=f"Found ({len(points):,})",
        marker={
            "color": "rgba(0,0,0,0)",
            "size": 15,
            "symbol": [SYMBOLS[side] for side in points["side"]],
            "line": {"color": "#e5484d", "width": 2.5},
        },
        text=list(texts),
        customdata=_customdata(points),
        hovertemplate="%{text}<extra></extra>",
    )


def _sizes(n: int) -> float:
    return 8.0 if n < 600 else 6.5 if n < 4000 else 4.5


def _hover(points: pd.DataFrame, names: Mapping[str, str], clusters: Mapping[int, str]) -> list[str]:
    texts = []
    for row in points.itertuples(index=False):
        label = str(row.label) if len(str(row.label)) <= 70 else str(row.label)[:69] + "…"
        texts.append(
            f"<b>{_plain(label)}</b><br>{row.side} {_plain(str(row.id))}"
            f"<br>says most of: {names.get(row.motivation, 'nothing')} (confidence {row.confidence:.2f})"
            f"<br>leans more than others to: {names.get(row.distinctive, 'nothing')}"
            f"<br>cluster: {_plain(str(clusters.get(row.cluster, row.cluster)))}"
            f"<br>{row.activity:,} training interactions, trust {row.trust:.2f}"
        )
    return texts


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _name_clusters(figure: go.Figure, points: pd.DataFrame, clusters: Mapping[int, str]) -> None:
    """Each cluster's name at the median of its points."""
    middles = points.groupby("cluster")[["x", "y"]].median()
    for cluster, middle in middles.iterrows():
        figure.add_annotation(
            x=float(middle["x"]),
            y=float(middle["y"]),
            text=_plain(str(clusters.get(int(str(cluster)), cluster))),
            showarrow=False,
            font={"size": 12, "color": "#ffffff"},
            bgcolor="rgba(40, 46, 58, 0.72)",
            borderpad=3,
            captureevents=False,
        )
