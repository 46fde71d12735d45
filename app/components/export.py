"""Tables and figures with their way out: CSV and Parquet; HTML and, by the camera button, PNG or SVG."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.charts.figure import chart_config, standalone_html

_IMAGE_FORMAT = "image_format"


def table(frame: pd.DataFrame, name: str, title: str = "", *, exported: pd.DataFrame | None = None, **options: Any) -> Any:
    """A table under its title, with a menu to download it.

    Args:
        name: of the files; also the key of the table.
        title: Markdown above it.
        exported: what is downloaded, where that is more than what is shown.
        options: passed on to `st.dataframe`, e.g. ``on_select``.
    """
    whole = frame if exported is None else exported
    with _heading(title), _menu(name):
        st.caption(f"{len(whole):,} rows, {len(whole.columns)} columns")
        st.download_button("CSV", _csv(whole), f"{name}.csv", "text/csv", key=f"{name}-csv", on_click="ignore", width="stretch")
        st.download_button(
            "Parquet",
            _parquet(whole),
            f"{name}.parquet",
            "application/vnd.apache.parquet",
            key=f"{name}-parquet",
            on_click="ignore",
            width="stretch",
        )
    return st.dataframe(frame, hide_index=True, key=name, **options)


def without_empty(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The table without those of the ``columns`` that hold nothing at all."""
    return frame.drop(columns=[column for column in columns if (frame[column].isna() | (frame[column] == "")).all()])


def chart(figure: go.Figure, name: str, alt: str, title: str = "", **options: Any) -> Any:
    """A figure under its title, with a menu to download it.

    Args:
        name: of the files; also the key of the chart.
        alt: what the figure shows, for those who do not see it.
        title: Markdown above it.
        options: passed on to `st.plotly_chart`, e.g. ``on_select``.
    """
    image_format = st.session_state.get(_IMAGE_FORMAT, "png")
    with _heading(title), _menu(name):
        st.download_button(
            "HTML, opens offline", _html(figure, name), f"{name}.html", "text/html", key=f"{name}-html", on_click="ignore", width="stretch"
        )
        st.segmented_control(
            "The camera on a figure writes",
            ["png", "svg"],
            default=image_format,
            required=True,
            format_func=str.upper,
            key=f"{name}-format",
            on_change=_keep_format,
            args=(f"{name}-format",),
        )
    return st.plotly_chart(figure, key=name, config=chart_config(name, image_format), alt=alt, **options)


def export_document(text: str, name: str, *, label: str = "JSON", mime: str = "application/json") -> None:
    """A button to download a text."""
    st.download_button(label, text, name, mime, key=f"document-{name}", on_click="ignore", icon=":material/download:", type="tertiary")


def _heading(title: str) -> Any:
    # On the left: on the right the table's own toolbar would lie over the menu.
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    if title:
        row.markdown(title, width="content")
    return row


def _menu(name: str) -> Any:
    return st.popover("Export", icon=":material/download:", type="tertiary", key=f"export-{name}")


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
