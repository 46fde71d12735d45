"""What leaves the page: tables as CSV and Parquet, figures as HTML and, by the camera button, as PNG or SVG."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.charts.figure import chart_config, standalone_html


def export_table(frame: pd.DataFrame, name: str) -> None:
    """A small menu to download ``frame`` as CSV or Parquet, made only when asked for."""
    with st.popover("Export", icon=":material/download:", type="tertiary", key=f"export-table-{name}"):
        st.caption(f"{len(frame):,} rows, {len(frame.columns)} columns")
        st.download_button("CSV", _csv(frame), f"{name}.csv", "text/csv", key=f"table-{name}-csv", on_click="ignore", width="stretch")
        st.download_button(
            "Parquet",
            _parquet(frame),
            f"{name}.parquet",
            "application/vnd.apache.parquet",
            key=f"table-{name}-parquet",
            on_click="ignore",
            width="stretch",
        )


def export_document(text: str, name: str, *, label: str = "JSON", mime: str = "application/json") -> None:
    """A button to download a text."""
    st.download_button(label, text, name, mime, key=f"document-{name}", on_click="ignore", icon=":material/download:", type="tertiary")


def chart(figure: go.Figure, name: str, alt: str, **options: Any) -> Any:
    """A figure with its way out beside it: HTML by the button, PNG or SVG by the camera on the figure.

    Args:
        name: of the files; also the key of the chart.
        alt: what the figure shows, for those who do not see it.
        options: passed on to `st.plotly_chart`, e.g. ``on_select``.
    """
    image_format = st.session_state.get(_IMAGE_FORMAT, "png")
    shown = st.plotly_chart(figure, key=name, config=chart_config(name, image_format), alt=alt, **options)
    with st.popover("Export figure", icon=":material/download:", type="tertiary", key=f"export-{name}"):
        st.download_button(
            "HTML, opens offline", _html(figure, name), f"{name}.html", "text/html", key=f"{name}-html", on_click="ignore", width="stretch"
        )
        st.segmented_control(
            "The camera button on a figure writes",
            ["png", "svg"],
            default=image_format,
            format_func=str.upper,
            key=f"{name}-format",
            on_change=_keep_format,
            args=(f"{name}-format",),
        )
    return shown


_IMAGE_FORMAT = "image_format"


def _keep_format(key: str) -> None:
    st.session_state[_IMAGE_FORMAT] = st.session_state[key] or "png"


def _csv(frame: pd.DataFrame) -> Callable[[], bytes]:
    return lambda: frame.to_csv(index=False).encode("utf-8")


def _parquet(frame: pd.DataFrame) -> Callable[[], bytes]:
    def write() -> bytes:
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        return buffer.getvalue()

    return write


def _html(figure: go.Figure, title: str) -> Callable[[], bytes]:
    return lambda: standalone_html(figure, title).encode("utf-8")
