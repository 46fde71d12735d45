"""What stands behind a benchmark's figures as tables: runs, splits, settings, failures, and what others published."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from app.components.benchmark_tables import spoken, spread_words
from core.jobs.benchmark_config import ModelSpec
from core.jobs.benchmark_report import ACCURACY, BEYOND, BenchmarkReport, Failure, Outcome, Published
from core.training.used_settings import used_settings

_RLMREC = ("rlmrec-con", "rlmrec-gen")


def published_rows(report: BenchmarkReport, metric: str) -> pd.DataFrame:
    """Published figures (recall@20 or ndcg@20) beside ours, with the relative difference; empty where the benchmark lacks the model."""
    rows = []
    for one in report.published:
        ours, known = _ours(report, one), one.recall if metric == "recall@20" else one.ndcg
        mine = None if ours is None else ours.figures[metric]
        rows.append(
            {
                "model, as published": f"{one.model}{f' on {one.backbone}' if one.backbone else ''}",
                "published": f"{known:.4f}",
                "model here": "" if ours is None else spoken(ours.model),
                "here": spread_words(mine),
                "difference": "" if mine is None else f"{100 * (mine.mean / known - 1):+.1f} %",
            }
        )
    return pd.DataFrame(rows)


def run_rows(outcome: Outcome, report: BenchmarkReport) -> pd.DataFrame:
    """The runs behind an outcome, one a seed, with their own figures."""
    splits = {one.seed: one for one in report.splits}
    given = report.splits[0] if report.splits else None
    names = [name for name in (*ACCURACY, *BEYOND) if name in outcome.figures]
    rows = []
    for place, (seed, run) in enumerate(zip(outcome.seeds, outcome.runs, strict=True)):
        used = splits.get(seed, given)
        figures = {name: outcome.figures[name].values[place] for name in names}
        cost = {"seconds": outcome.seconds.values[place], "epochs": int(outcome.epochs.values[place])}
        rows.append({"seed": seed, **figures, **cost, "dataset": used.dataset if used else "", "run": run})
    return pd.DataFrame(rows)


def failure_rows(failures: Sequence[Failure]) -> pd.DataFrame:
    """What failed, and why."""
    return pd.DataFrame(
        [{"model": spoken(one.cell.model), "variant": one.cell.variant, "seed": one.cell.seed, "reason": one.reason} for one in failures]
    )


def setting_rows(report: BenchmarkReport) -> pd.DataFrame:
    """The plain settings of every model: one row a setting, one column a model; empty where the model does not use it."""
    columns = {spoken(model): _used(model, settings) for model, settings in report.settings.items()}
    names = list(dict.fromkeys(name for settings in columns.values() for name in settings))
    return pd.DataFrame(
        {
            "setting": [name.replace("_", " ") for name in names],
            **{model: [settings.get(name, "") for name in names] for model, settings in columns.items()},
        }
    )


def split_rows(report: BenchmarkReport) -> pd.DataFrame:
    """The data of every seed, or the one split of all."""
    rows = [one.model_dump() for one in report.splits]
    return pd.DataFrame(rows).rename(columns=lambda name: name.replace("n_", "", 1) if name.startswith("n_") else name)


def _ours(report: BenchmarkReport, published: Published) -> Outcome | None:
    """Our outcome of a published row: the same model, or the better variant of RLMRec on the same backbone."""
    plain = {(spec.model, spec.backbone or "lightgcn"): report.outcome(spec.label) for spec in report.config.specs}
    wanted = (published.backbone or published.model).lower()
    if published.backbone is None:
        return next((one for (model, _), one in plain.items() if model == wanted and one is not None), None)
    both = [one for (model, on), one in plain.items() if model in _RLMREC and on == wanted and one is not None]
    return max(both, key=lambda one: one.figures["recall@20"].mean, default=None)


def _used(model: str, settings: dict[str, object]) -> dict[str, str]:
    spec = ModelSpec.parse(model)
    used = used_settings(spec.model, spec.backbone or "lightgcn", str(settings.get("form", "")))
    return {name: str(value) for name, value in settings.items() if name in used}
