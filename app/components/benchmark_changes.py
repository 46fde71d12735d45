"""What a benchmark found when something was changed: noise, the text, parts of the model; and whether explanations are faithful."""

from __future__ import annotations

import streamlit as st

from app.charts.benchmark import change_chart, noise_chart
from app.components.benchmark_runs import outcome_label, runs_behind
from app.components.benchmark_sources import published_rows
from app.components.benchmark_tables import (
    FAITHFULNESS_WORDS,
    figure_rows,
    noise_points,
    relative_change,
    repeats,
    spoken,
    variant_words,
    variation_rows,
)
from app.components.benchmark_view import drawn_models, headline_metric, table_height
from app.components.export import chart, table
from app.components.page import literal
from core.jobs.benchmark_report import BenchmarkReport

_NOISE = {
    "noise": ("random interactions added, share of the training split", "Random interactions added to the training split"),
    "text-noise": ("reviews swapped between users, share of the training reviews", "Training reviews swapped between users"),
}
_KINDS = {
    "control": ("Controls", "What a text model reaches when its text says nothing true: how much of it comes from the text."),
    "ablation": ("Ablations", "LMMRec without each of its parts: a bar to the left means the part helps."),
}


def noise_view(report: BenchmarkReport, name: str) -> None:
    """The share of the clean figure that is kept under noise."""
    if not any(one.kind in _NOISE for one in report.variations):
        st.caption(
            "No training with noise is done yet." if _asked_noise(report) else "This benchmark has no noise. Add levels in a new one."
        )
        return
    metric = headline_metric("Figure")
    for kind, (x_title, title) in _NOISE.items():
        points = noise_points(report, kind, metric)
        if not points:
            continue
        figure = noise_chart(points, drawn_models(report), x_title, f"{metric} kept")
        chart(figure, f"{kind}-{name}-{metric}", f"Share of {metric} kept under noise, by model", f"**{title}**")
        _same_as_table(report, kind, metric, name)
    st.caption(
        f"100 % is the same model without noise, measured on the same clean test split. Bars: ± sd over {repeats(report)}. "
        "P-values: Wilcoxon over users, each model against itself without noise, not corrected."
    )
    runs_behind(report, [one for one in report.outcomes if one.kind in ("plain", *_NOISE)])


def changes_view(report: BenchmarkReport, name: str) -> None:
    """Controls and ablations as bars of change."""
    models = list(dict.fromkeys(one.model for one in report.variations if one.kind in _KINDS))
    if not models:
        asked = report.config.controls or report.config.ablations
        st.caption(
            "No control or ablation is done yet." if asked else "This benchmark has no controls or ablations. Add them in a new one."
        )
        return
    metric = headline_metric("Figure")
    for kind, (title, meaning) in _KINDS.items():
        bars = {}
        for one in report.variations:
            if (one.kind, one.metric) == (kind, metric) and (change := relative_change(report, one)) is not None:
                label = f"{spoken(one.model)}, " if len(models) > 1 else ""
                bars[f"{label}{variant_words(report, one)}"] = change
        if not bars:
            continue
        st.subheader(title, anchor=False)
        st.markdown(meaning)
        figure = change_chart(bars, f"change of {metric} from the plain model")
        chart(figure, f"{kind}-{name}-{metric}", f"Change of {metric} by {title.lower()}", f"**Change of {metric}**")
        _same_as_table(report, kind, metric, name)
    st.caption(
        f"Bar: mean over {repeats(report)}; line: ± sd; marks: single {repeats(report)}. In colour where mean ± sd excludes zero, "
        "which is a hint and no test; the p-value is the test: Wilcoxon over users, not corrected."
    )
    if any(one.over_backbone is not None for one in report.variations):
        st.caption(
            "Gain left: of what the plain model gains over its backbone by itself, the share that is still there; the last p-value is of "
            "the changed model against that backbone."
        )
    runs_behind(report, [one for one in report.outcomes if one.kind in ("plain", *_KINDS)])


def _same_as_table(report: BenchmarkReport, kind: str, metric: str, name: str) -> None:
    """Noise, controls or ablations in figures.

    What is the same in all rows stands above the table: of a single model, all other columns are then in view in a narrow window too.
    """
    rows = variation_rows(report, (kind,), metric)
    same = {column: str(rows[column].iloc[0]) for column in ("model", "plain", "backbone alone") if column in rows}
    same = {column: cell for column, cell in same.items() if cell and (rows[column] == cell).all()}
    title = f"**The same as a table**, mean ± sd over {repeats(report)}"
    if same:
        title += ": " + literal(", ".join(cell if column == "model" else f"{column} {cell}" for column, cell in same.items()))
    shown = rows.drop(columns=list(same))
    table(shown, f"{kind}-rows-{name}-{metric}", title, exported=rows, height=table_height(shown))


def faithfulness_view(report: BenchmarkReport, name: str) -> None:
    """Whether what explanations name first is what the ranking rests on."""
    named = [one for one in report.outcomes if any(metric in one.figures for words in FAITHFULNESS_WORDS.values() for metric in words)]
    if not named:
        st.caption("No run of this benchmark has named motivations; only LMMRec in its slot form explains itself by them.")
        return
    st.markdown(
        "A motivation is deleted by leaving its slot out of the user's vector. If explanations are faithful, the recommended item falls "
        "further without the motivation they name first than without another one."
    )
    for title, words in FAITHFULNESS_WORDS.items():
        rows = figure_rows(named, words).drop(columns="model")
        rows.insert(0, "model", [outcome_label(report, one) for one in named])
        key = f"faithfulness-{name}-{next(iter(words))}"
        table(
            rows, key, f"**{title}**, first recommendation of up to 500 users, mean ± sd over {repeats(report)}", height=table_height(rows)
        )
        st.markdown("\n".join(f"- **{label}**: {literal(meaning)}" for label, meaning in words.values()))
    runs_behind(report, named)


def published_view(report: BenchmarkReport, name: str) -> None:
    """Published figures of this dataset beside ours."""
    metric = headline_metric("Figure")
    rows = published_rows(report, metric)
    table(rows, f"published-{name}-{metric}", f"**Published {metric} beside ours**, test split", height=table_height(rows))
    st.caption(
        literal(f"Published: {report.published[0].source}.")
        + f" Here: mean ± sd over {repeats(report)} of this benchmark; difference: ours from the published one, relative. Where both "
        "variants of RLMRec were run, ours is the better one. Empty: not in this benchmark."
    )


def _asked_noise(report: BenchmarkReport) -> bool:
    return bool(report.config.noise or report.config.text_noise)
