"""Sweeps: a training under several seeds and with parts left out, as one table with means and spreads, and the runs behind it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.charts.benchmark import Spread, change_chart
from app.components.benchmark_tables import percent_words, spoken, spread_words
from app.components.export import chart, table
from app.components.page import duration, literal, moment
from app.components.training_launch import variant_words
from app.components.training_runs import COMPARED
from core.jobs.benchmark_config import PLAIN
from core.jobs.benchmark_report import HEADLINE
from core.jobs.sweep_report import SweepReport, read_sweep
from core.workspace import Artefact, Workspace

_MAIN = "recall@20"


def sweeps_view(space: Workspace, dataset: Artefact) -> None:
    """The finished sweeps of a dataset: one is chosen, and shown; nothing where there are none."""
    known = {one.id: one for one in space.made_from("sweep", dataset)}
    if not known:
        return
    st.subheader("Seeds and ablations", anchor=False)
    if st.session_state.get("sweep", next(iter(known))) not in known:
        del st.session_state["sweep"]
    if len(known) > 1:
        chosen = st.selectbox("Launch", list(known), format_func=lambda key: sweep_label(known[key]), key="sweep", bind="query-params")
    else:
        chosen = next(iter(known))
        st.caption(sweep_label(known[chosen]))
    report = read_sweep(known[str(chosen)])
    sweep_table(report, f"sweep-{chosen}")
    changed = {variant_words(row.variant): _percent(row.relative[_MAIN].values) for row in report.rows if _MAIN in row.relative}
    if changed:
        title = (
            f"**Change of {_MAIN} from the training as set** (mean ± sd over {report.config.seeds} seed{'s' * (report.config.seeds > 1)})"
        )
        chart(change_chart(changed, f"change of {_MAIN}"), f"changes-{chosen}", f"Change of {_MAIN} by what is left out", title)
    _runs_behind(report)


def sweep_table(report: SweepReport, key: str) -> None:
    """One row a variant; what failed below it."""
    left = "" if report.complete else f"; {report.done} of {report.total} trainings are done"
    table(sweep_frame(report), key, f"**{literal(spoken(report.label))}**, figures on test, mean ± sd over seeds{left}")
    for failure in report.failures:
        st.caption(f":material/error: {variant_words(failure.cell.variant)}, seed {failure.cell.seed} failed: {literal(failure.reason)}")


def sweep_frame(report: SweepReport) -> pd.DataFrame:
    """The report as a table of words."""
    rows = []
    for row in report.rows:
        figures = {name: _words(row.figures.get(name)) for name in HEADLINE}
        relative = row.relative.get(_MAIN)
        change = "" if relative is None else percent_words(100 * relative.mean, None if relative.sd is None else 100 * relative.sd)
        rows.append(
            {
                "training": variant_words(row.variant),
                "seeds": len(row.seeds),
                **figures,
                f"change of {_MAIN}": "as set" if row.variant == PLAIN else change,
                "epochs": f"{row.epochs.mean:.0f}",
                "took (s)": f"{row.seconds.mean:.1f}",
            }
        )
    return pd.DataFrame(rows)


def _words(one: object) -> str:
    return "" if one is None else spread_words(one)  # type: ignore[arg-type]


def _percent(values: Sequence[float]) -> Spread:
    percent = pd.Series([100 * value for value in values])
    return Spread(float(percent.mean()), float(percent.std()) if len(percent) > 1 else None, percent.tolist())


def _runs_behind(report: SweepReport) -> None:
    """The way to the curves: the runs of one row, or one seed of every row, go to the comparison above."""
    runs = [row.runs[0] for row in report.rows]
    plain = report.row()
    with st.container(horizontal=True):
        if len(runs) > 1:
            st.button(
                f"Compare the curves of seed {report.config.training.seed}", key="sweep-compare", on_click=_compare, args=(tuple(runs),)
            )
        if plain is not None and len(plain.runs) > 1:
            st.button("Compare the seeds as set", key="sweep-seeds", on_click=_compare, args=(tuple(plain.runs),))


def _compare(runs: tuple[str, ...]) -> None:
    st.session_state[COMPARED] = list(dict.fromkeys(runs))


def sweep_label(sweep: Artefact) -> str:
    """A sweep in one line: its model, how much of it, and when."""
    summary = sweep.manifest.summary
    variants = ", ".join(map(variant_words, summary.get("variants", []))) or "no part left out"
    took = f"took {duration(float(summary['seconds']))}" if summary.get("seconds") is not None else ""
    words = [
        spoken(str(summary.get("model", "lmmrec"))),
        f"{summary.get('seeds')} seeds",
        variants,
        took,
        moment(sweep.manifest.created_at),
    ]
    return " · ".join(word for word in words if word)
