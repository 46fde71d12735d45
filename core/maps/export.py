"""A map as a file for others: its points as CSV or Parquet, or the map as one HTML page that needs no network."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import InputError
from core.maps.build import MotivationMap
from core.motivations.colours import OTHER_COLOUR
from core.storage import write_atomic, write_parquet

FORMATS = (".csv", ".parquet", ".html")
_SYMBOLS = {"user": "circle", "item": "diamond", "statement": "x-thin-open"}
_LONGEST_LABEL = 90


def checked_format(path: Path, *, page: bool = True) -> str:
    """The ending of a file that a map can be written to.

    Args:
        page: whether an HTML page can be made of it.

    Raises:
        InputError: it is another one.
    """
    ending, allowed = path.suffix.lower(), FORMATS if page else FORMATS[:2]
    if ending not in allowed:
        raise InputError("A map is not written to such a file", where=path.name, hint=f"Let it end in {', '.join(allowed)}")
    return ending


def points_table(points: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    """The points with the names of their clusters beside the numbers."""
    names = dict(zip(clusters["cluster"], clusters["name"], strict=True))
    table = points.copy()
    table.insert(list(table.columns).index("cluster") + 1, "cluster_name", [names.get(number, "") for number in table["cluster"]])
    return table


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV or Parquet, atomically.

    Raises:
        InputError: the file ends in something else. StorageError: the disk refused.
    """
    if checked_format(path, page=False) == ".csv":
        write_atomic(path, lambda target: table.to_csv(target, index=False))
    else:
        write_parquet(path, table)


def write_page(drawn: MotivationMap, path: Path, title: str, motivations: Mapping[str, tuple[str, str]]) -> None:
    """Write the map as one HTML page with everything in it.

    Args:
        title: heading of the page. motivations: key -> (name, colour), in the order of the taxonomy.

    Raises:
        StorageError: the disk refused.
    """
    text = page_of(drawn, title, motivations)
    write_atomic(path, lambda target: _write(target, text))


def page_of(drawn: MotivationMap, title: str, motivations: Mapping[str, tuple[str, str]]) -> str:
    """The page: users, items and statements (no single views), coloured by the motivation they lean to, clusters by name."""
    from plotly.io import to_html

    points = drawn.points[drawn.points["view"] == "joint"]
    figure = _figure(points, drawn.clusters, motivations)
    n = points["side"].value_counts()
    counts = ", ".join(f"{n[side]:,} {side}s" for side in _SYMBOLS if side in n)
    note = (
        f"{counts}. Near points are alike in the run's vectors; axes have no unit. Trustworthiness {drawn.trustworthiness:.3f} (1 = best)."
    )
    plot = to_html(figure, include_plotlyjs=True, full_html=False, div_id="map", config={"displaylogo": False, "scrollZoom": True})
    heading = html.escape(title)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{heading}</title>'
        "<style>body{font:16px/1.5 system-ui,sans-serif;margin:1.5rem;background:#fff;color:#1c2330}h1{font-size:1.3rem;margin:0}</style>"
        f"</head><body><h1>{heading}</h1><p>{html.escape(note)}</p>{plot}</body></html>\n"
    )


def _figure(points: pd.DataFrame, clusters: pd.DataFrame, motivations: Mapping[str, tuple[str, str]]) -> Any:
    import plotly.graph_objects as go

    flat = "z" not in points
    names = {number: _short(name) for number, name in zip(clusters["cluster"], clusters["name"], strict=True)}
    figure = go.Figure()
    known = [*motivations, *sorted(set(points["distinctive"]) - set(motivations))]
    for key in known:
        name, colour = motivations.get(key, ("No statement", OTHER_COLOUR))
        own = points[points["distinctive"] == key]
        if own.empty:
            continue
        hover = [
            f"{_short(label)}<br>{side}, {_short(str(name))}<br>{names.get(cluster, '')}"
            for label, side, cluster in zip(own["label"], own["side"], own["cluster"], strict=True)
        ]
        marker = {"color": colour, "size": 6 if flat else 3, "opacity": 0.75, "symbol": [_SYMBOLS[side] for side in own["side"]]}
        if not flat:
            marker["symbol"] = ["diamond" if side == "item" else "x" if side == "statement" else "circle" for side in own["side"]]
        places = {axis: own[axis] for axis in ("xy" if flat else "xyz")}
        kind = go.Scattergl if flat else go.Scatter3d
        figure.add_trace(kind(**places, mode="markers", name=_short(name), marker=marker, text=hover, hoverinfo="text"))
    figure.update_layout(
        template="plotly_white", height=760, margin={"l": 10, "r": 10, "t": 10, "b": 10}, legend={"itemsizing": "constant"}
    )
    figure.update_xaxes(showticklabels=False, title=None)
    figure.update_yaxes(showticklabels=False, title=None, scaleanchor="x" if flat else None)
    return figure


def _short(text: str) -> str:
    """One line of bounded length that plotly shows as it is written (its hovers understand some HTML)."""
    one_line = " ".join(str(text).split())
    return html.escape(one_line if len(one_line) <= _LONGEST_LABEL else one_line[: _LONGEST_LABEL - 1] + "…", quote=False)


def _write(target: Path, text: str) -> None:
    target.write_text(text, encoding="utf-8")
