"""Curves of one training, live or finished, and of several beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from app.charts.curves import curves, history_frame, mark_epoch, without_zeros
from app.components.export import chart

_FIRST = ("recall@20", "ndcg@20")
_FIGURES = ("recall@5", "recall@10", "recall@20", "ndcg@5", "ndcg@10", "ndcg@20")


@dataclass(frozen=True)
class CurveSettings:
    """How curves are drawn: weight of the past in the smoothing, whether losses are on a logarithmic axis, and which validation figures."""

    smoothing: float
    log_scale: bool
    figures: tuple[str, ...] = _FIRST


def curve_settings() -> CurveSettings:
    """The controls of all curves on the page."""
    left, middle, right = st.columns([1.2, 1, 2.6], vertical_alignment="bottom")
    smoothing = left.slider(
        "Smoothing",
        0.0,
        0.95,
        0.0,
        0.05,
        key="smoothing",
        bind="query-params",
        help="Weight of the past in an exponential moving average; the raw values stay visible as faint lines",
    )
    log_scale = middle.toggle("Log axis for losses", key="log", bind="query-params")
    figures = right.pills(
        "Validation figures", _FIGURES, selection_mode="multi", default=list(_FIRST), key="figures", bind="query-params", wrap=True
    )
    return CurveSettings(float(smoothing), bool(log_scale), tuple(figures) or _FIRST)


def show_curves(history: Sequence[Mapping[str, Any]], settings: CurveSettings, key: str, *, best_epoch: int | None = None) -> None:
    """Losses on the left, validation figures on the right."""
    frame = history_frame(history)
    left, right = st.columns(2)
    with left:
        _losses(frame[frame["group"] == "losses"], settings, key)
    with right:
        _validation(frame[frame["group"] == "validation"], settings, key, best_epoch)


def _losses(losses: pd.DataFrame, settings: CurveSettings, key: str) -> None:
    if losses.empty:
        st.caption("This model is solved at once: it has no losses.")
        return
    drawn, idle = without_zeros(losses)
    figure = curves(
        drawn.assign(name=drawn["name"].map(loss_words)),
        series="name",
        smoothing=settings.smoothing,
        log_scale=settings.log_scale,
        y_title="weighted loss",
    )
    chart(figure, f"losses-{key}", "Losses by epoch", "**Losses** (mean over the epoch)")
    if idle:
        st.caption(f"Switched off (weight 0): {', '.join(loss_words(name) for name in idle)}.")


def _validation(validation: pd.DataFrame, settings: CurveSettings, key: str, best_epoch: int | None) -> None:
    if validation.empty:
        st.caption("The first validation has not been reached yet.")
        return
    wanted = validation[validation["name"].isin(settings.figures)]
    figure = curves(wanted if len(wanted) else validation, series="name", smoothing=settings.smoothing, y_title="recall, NDCG (0 to 1)")
    if best_epoch:
        mark_epoch(figure, best_epoch, f"best: epoch {best_epoch}")
    chart(figure, f"validation-{key}", "Validation figures by epoch", "**Validation** (mean over users)")


def overlaid_curves(frames: Sequence[tuple[str, Sequence[Mapping[str, Any]]]], settings: CurveSettings) -> None:
    """One validation figure and one loss of several runs, laid over each other.

    Args:
        frames: label and history of each run.
    """
    frame = pd.concat([history_frame(history).assign(run=label) for label, history in frames], ignore_index=True)
    left, right = st.columns(2)
    for column, group, first in ((left, "validation", "recall@20"), (right, "losses", "recommendation")):
        names = list(dict.fromkeys(frame.loc[frame["group"] == group, "name"]))
        if not names:
            column.caption(f"None of these runs has {group}.")
            continue
        with column:
            validating = group == "validation"
            name = st.selectbox(
                "Validation figure" if validating else "Loss",
                names,
                index=names.index(first) if first in names else 0,
                format_func=str if validating else loss_words,
                key=f"compare-{group}",
            )
            figure = curves(
                frame[(frame["group"] == group) & (frame["name"] == name)],
                series="run",
                smoothing=settings.smoothing,
                log_scale=settings.log_scale and not validating,
                y_title=f"{name} (0 to 1)" if validating else f"{loss_words(str(name))} (weighted)",
                height=340,
            )
            chart(figure, f"compare-{group}-chart", f"{name} by epoch of {len(frames)} runs")


def loss_words(name: str) -> str:
    """A loss as people read it: "slot_mcs" is "slot MCS"."""
    return " ".join(word.upper() if word in ("mcs", "itcm", "bpr", "ssl") else word for word in name.split("_"))
