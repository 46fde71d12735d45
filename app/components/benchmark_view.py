"""What a benchmark found of the models as they are: accuracy with its tests, by users' activity, and beyond accuracy."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from app.charts.benchmark import Mark, activity_chart, marks, model_dots
from app.components.benchmark_runs import BEHIND, runs_behind
from app.components.benchmark_tables import (
    BEYOND_WORDS,
    accuracy_rows,
    activity_rows,
    best_cells,
    contrast_rows,
    exported_accuracy,
    figure_rows,
    over_backbone_rows,
    plain_outcomes,
    repeats,
    spoken,
    spread,
    verdict,
)
from app.components.export import chart, table
from app.components.page import literal
from core.jobs.benchmark_report import HEADLINE, BenchmarkReport

CUTS = (5, 10, 20)
SETS = {"recall": "Recall", "ndcg": "NDCG"}
MEANINGS = (
    "Recall@K: the share of a user's held-out items among the first K of all items. NDCG@K: the same, but an item counts the more the "
    "higher it stands. Both from 0 to 1, means over users."
)
_BEST = "font-weight: bold; background-color: rgba(71, 133, 248, 0.22)"


def accuracy_view(report: BenchmarkReport, name: str) -> None:
    """The table of models and figures, the sentence on the best peer, and one figure drawn."""
    cuts, sets, by = _chosen_figures()
    if said := verdict(report, by):
        st.markdown(literal(said))
    metrics = [f"{one}@{cut}" for one in sets for cut in cuts]
    _accuracy_table(report, metrics, by, name)
    st.caption(MEANINGS)
    rows = {spoken(one.model): spread(one.figures[by]) for one in plain_outcomes(report)}
    figure = model_dots(rows, drawn_models(report), f"{by} on test")
    chart(figure, f"dots-{name}-{by}", f"{by} of every model with its spread over {repeats(report)}", f"**{by} by model**")
    st.caption(f"Dot: mean. Line: mean ± sd over {repeats(report)}. Marks: single {repeats(report)}.")
    _contrast_tables(report, by, name)
    runs_behind(report, plain_outcomes(report))


def activity_view(report: BenchmarkReport, name: str) -> None:
    """A headline figure in each group of users, cold to warm."""
    if report.activity is None:
        st.caption("No model is done yet.")
        return
    metric = headline_metric("Figure")
    groups = report.activity
    rows = {spoken(row.model): [spread(one) for one in row.groups] for row in groups.rows if row.metric == metric}
    figure = activity_chart(groups.labels, groups.sizes, rows, drawn_models(report), f"{metric} on test")
    chart(figure, f"activity-{name}-{metric}", f"{metric} of every model in groups of users", f"**{metric} by activity of users**")
    st.caption(
        f"Test users in groups by how many training interactions they have, from cold (left) to warm. Bars: mean ± sd over "
        f"{repeats(report)}; models stand beside each other within a group."
    )
    table(activity_rows(report, metric), f"activity-rows-{name}-{metric}", "**The same as a table**")
    runs_behind(report, plain_outcomes(report))


def beyond_view(report: BenchmarkReport, name: str) -> None:
    """What the lists are like besides being right."""
    found = plain_outcomes(report)
    table(
        figure_rows(found, BEYOND_WORDS),
        f"beyond-{name}",
        f"**The first 20 recommendations of every user**, mean ± sd over {repeats(report)}",
        column_config={label: st.column_config.TextColumn(help=meaning) for label, meaning in BEYOND_WORDS.values()},
    )
    st.markdown("\n".join(f"- **{label}**: {literal(meaning)}" for label, meaning in BEYOND_WORDS.values()))
    known = [metric for metric in BEYOND_WORDS if any(metric in one.figures for one in found)]
    if known:
        metric = st.segmented_control(
            "Drawn", known, default=known[0], required=True, format_func=lambda one: BEYOND_WORDS[one][0], key="beyond", bind="query-params"
        )
        rows = {spoken(one.model): spread(one.figures[str(metric)]) for one in found if metric in one.figures}
        figure = model_dots(rows, drawn_models(report), f"{BEYOND_WORDS[str(metric)][0]} of the first 20")
        chart(figure, f"beyond-chart-{name}-{metric}", f"{BEYOND_WORDS[str(metric)][0]} of every model")
    runs_behind(report, found)


def headline_metric(label: str) -> str:
    """Recall@20 or NDCG@20; the choice is in the URL and holds for every part that asks."""
    return str(st.segmented_control(label, HEADLINE, default=HEADLINE[0], required=True, key="metric", bind="query-params") or HEADLINE[0])


def drawn_models(report: BenchmarkReport) -> dict[str, Mark]:
    """How each model of a benchmark is drawn, by its name."""
    return marks([spoken(model) for model in report.config.models])


def table_height(rows: pd.DataFrame, most: int = 16) -> int:
    """Pixels in which a table shows all its rows, or the first ones of a long one."""
    return 38 + 35 * min(max(len(rows), 1), most)


def _chosen_figures() -> tuple[list[int], list[str], str]:
    """K, the metrics, and the figure that models are sorted and compared by."""
    columns = st.columns([1, 1.1, 1.6], vertical_alignment="bottom")
    cuts = columns[0].pills("K", CUTS, selection_mode="multi", default=[20], key="at", bind="query-params")
    sets = columns[1].pills(
        "Figures", list(SETS), selection_mode="multi", default=list(SETS), format_func=SETS.__getitem__, key="figures", bind="query-params"
    )
    cuts, sets = sorted(cuts) or [20], [one for one in SETS if one in sets] or ["recall"]
    metrics = [f"{one}@{cut}" for one in sets for cut in cuts]
    if st.session_state.get("by", metrics[0]) not in metrics:
        del st.session_state["by"]
    by = columns[2].selectbox("Sorted and compared by", metrics, key="by", bind="query-params", width=220)
    return list(cuts), sets, str(by or metrics[0])


def _accuracy_table(report: BenchmarkReport, metrics: list[str], by: str, name: str) -> None:
    rows = accuracy_rows(report, metrics, by)
    keys = rows["key"].tolist()
    best = best_cells(report, metrics)
    key = f"accuracy-{name}"
    table(
        _styled(rows, best),  # type: ignore[arg-type]  # drawn like the frame it styles; what is exported is a frame
        key,
        f"**Models on test**, mean ± sd over {repeats(report)}",
        exported=exported_accuracy(report),
        on_select=lambda: _show_runs(key, keys),
        selection_mode="single-row",
        height=table_height(rows),
    )
    st.caption("Best mean of a column in bold. Choose a row to see its runs below.")


def _contrast_tables(report: BenchmarkReport, by: str, name: str) -> None:
    """The first model against its peers, and models around a backbone against the backbone by itself; what the columns mean below."""
    peers, backbones = contrast_rows(report, by), over_backbone_rows(report, by)
    titles = (
        (peers, report.contrasts, f"contrasts-{name}-{by}", f"**{spoken(report.config.models[0])} against each peer** in {by}"),
        (backbones, report.over_backbones, f"over-backbones-{name}-{by}", f"**Around a backbone, against the backbone by itself** in {by}"),
    )
    for rows, tested, key, title in titles:
        if not rows.empty:
            every = pd.DataFrame([one.model_dump() for one in tested])
            table(rows, key, title, exported=every, height=table_height(rows))
    if peers.empty:
        return
    notes = [
        f"Change: from the peer, or the backbone, relative, mean ± sd over {repeats(report)}.",
        f"Interval: of the change of {by} itself, bootstrap over users.",
        "P over users: Wilcoxon test of the change of each user's mean over seeds.",
    ]
    if report.config.splits == "random":
        notes.append("P over splits: paired t-test, corrected for the overlap of random splits.")
    elif any(one.p_splits is not None for one in report.contrasts):
        notes.append("P over seeds: paired t-test over trainings on the same split; it says nothing of other splits.")
    st.caption(" ".join([*notes, "All p after Holm's correction for the several comparisons of a table."]))


def _styled(rows: pd.DataFrame, best: dict[str, str]) -> Styler:
    def marked(column: pd.Series) -> list[str]:
        return [_BEST if best.get(str(column.name)) == key else "" for key in rows["key"]]

    shown: Styler = rows.drop(columns="key").style.apply(marked, axis=0)
    return shown


def _show_runs(key: str, keys: list[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and rows[0] < len(keys):
        st.session_state[BEHIND] = f"{keys[rows[0]]}/plain"
