"""The report of a benchmark as tables: what is shown, in words people use, and what is exported, in full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean, stdev

import pandas as pd

from app.charts.benchmark import NoisePoint, Spread
from app.components.pickers import noise_words, spoken_model
from core.evaluation.significance import p_clause, p_words
from core.jobs.benchmark_config import PLAIN, ModelSpec
from core.jobs.benchmark_report import ACCURACY, BackboneMargin, BenchmarkReport, Contrast, Figure, Outcome, Variation

BEYOND_WORDS = {
    "coverage@20": ("coverage", "Share of all items that appear in somebody's first 20 (0 to 1)."),
    "novelty@20": ("novelty (bits)", "How surprising a recommended item is: mean of -log2 of the share of users who have it."),
    "popularity_bias@20": ("popularity bias", "Popularity of the lists over that of what their users chose themselves (1 = as popular)."),
    "gini@20": ("Gini", "How unequally recommendations fall on items (0 = all equally often, towards 1 = always the same few)."),
}
FAITHFULNESS_WORDS = {
    "One motivation left out": {
        "deletion_rank_share": (
            "top hurts more",
            "Probability that the item falls further without the top motivation than without another.",
        ),
        "deletion_rank_tied": ("falls equally", "Probability that both deletions move the item equally far, often not at all."),
        "deletion_top_rank": ("rank without top", "Mean rank of the recommendation once its top motivation does not count (it was 1)."),
        "deletion_other_rank": ("rank without another", "The same with one of the other motivations left out, mean over all of them."),
    },
    "All left out, one after another": {
        "deletion_area": (
            "deletion area",
            "Area below the reciprocal rank as motivations are deleted, top first (smaller = more faithful).",
        ),
        "random_deletion_area": ("deletion at random", "The same area when motivations are deleted in random order."),
        "insertion_area": (
            "insertion area",
            "Area below the reciprocal rank as motivations are added, top first (larger = more faithful).",
        ),
        "random_insertion_area": ("insertion at random", "The same area when motivations are added in random order."),
    },
}
"""Title of a table -> its figures, each with its name and what it says."""
_CONTROLS = {"shuffled": "text of other nodes", "random-text": "random text", "no-text": "no text"}
_ABLATIONS = {
    "no-mcs": "without MCS",
    "no-itcm": "without ITCM",
    "no-mcs-no-itcm": "without MCS and ITCM",
    "no-slots": "one vector, no slots",
    "no-independence": "without independence of slots",
    "no-gate": "without the motivation gate",
    "no-history": "without the words of the history",
    "no-words": "without the TF-IDF of the history",
}


def spoken(label: str) -> str:
    """A model of a benchmark as people write it: "lmmrec:simgcl" is "LMMRec on SimGCL"."""
    spec = ModelSpec.parse(label)
    return spoken_model(spec.model, spec.backbone)


def variant_words(report: BenchmarkReport, one: Outcome | Variation) -> str:
    """A variant in words: "20 % random interactions", "without MCS"."""
    if one.level is not None:
        return noise_words(one.level, "interaction_noise" if one.kind == "noise" else "text_noise")
    if one.variant == "prototypes":
        return "without prototypes" if report.settings.get(one.model, {}).get("prototypes") else "with prototypes"
    words = _CONTROLS | _ABLATIONS | {PLAIN: "plain"}
    return words.get(one.variant, one.variant.replace("-", " "))


def spread(one: Figure) -> Spread:
    """A figure as charts take it."""
    return Spread(one.mean, one.sd, one.values)


def spread_words(one: Figure | Spread | None, digits: int = 4) -> str:
    """Mean ± sd; "" where there is nothing."""
    if one is None:
        return ""
    return f"{one.mean:.{digits}f}" + ("" if one.sd is None else f" ± {one.sd:.{digits}f}")


def change_words(one: Contrast) -> str:
    """A relative change in percent, with its spread over seeds; the plain change where there is no ratio."""
    if one.relative is None:
        return f"{one.change:+.4f}"
    return percent_words(100 * one.relative, None if one.relative_sd is None else 100 * one.relative_sd)


def percent_words(change: float, sd: float | None) -> str:
    """A change in percent, with its spread over seeds."""
    return f"{change:+.1f}" + ("" if sd is None else f" ± {sd:.1f}") + " %"


def plain_outcomes(report: BenchmarkReport) -> list[Outcome]:
    """The models as they are, without noise, controls or ablations."""
    return [one for one in report.outcomes if one.kind == "plain"]


def contrast_of(report: BenchmarkReport, peer: str, metric: str) -> Contrast | None:
    """The first model against a peer; None for the first itself and while the benchmark runs."""
    return next((one for one in report.contrasts if (one.peer, one.metric) == (peer, metric)), None)


def accuracy_rows(report: BenchmarkReport, metrics: Sequence[str], by: str) -> pd.DataFrame:
    """Plain models by falling mean of ``by``, each figure as "mean ± sd". The column "key" holds the model's label."""
    ordered = sorted(plain_outcomes(report), key=lambda one: -one.figures[by].mean)
    return pd.DataFrame(
        [
            {"key": one.model, "model": spoken(one.model), **{metric: spread_words(one.figures[metric]) for metric in metrics}}
            for one in ordered
        ]
    )


def contrast_rows(report: BenchmarkReport, metric: str) -> pd.DataFrame:
    """The first model against each peer in one figure, by falling mean of the peer; no rows while the benchmark runs."""
    found = [one for one in report.contrasts if one.metric == metric]
    return _tested(report, found, [{"peer": spoken(one.peer) + (" (best)" if one.best_peer else "")} for one in found])


def over_backbone_rows(report: BenchmarkReport, metric: str) -> pd.DataFrame:
    """Every model around a backbone against the backbone by itself in one figure; no rows where there is no such pair."""
    found = [one for one in report.over_backbones if one.metric == metric]
    named = [
        {"model": spoken(one.model), metric: f"{one.mean:.4f}", "backbone alone": f"{spoken(one.peer)}, {one.peer_mean:.4f}"}
        for one in found
    ]
    return _tested(report, found, named).drop(columns=f"change of {metric}", errors="ignore")  # both means stand there


def best_cells(report: BenchmarkReport, metrics: Sequence[str]) -> dict[str, str]:
    """Metric -> the model with the highest mean of it."""
    return {metric: max(plain_outcomes(report), key=lambda one: one.figures[metric].mean).model for metric in metrics}


def verdict(report: BenchmarkReport, metric: str) -> str:
    """The first model against its best peer in one sentence; "" without peers or while the benchmark runs."""
    one = report.best_peer(metric)
    if one is None:
        return ""
    interval = f"95 % interval of the change over users {one.low:+.4f} to {one.high:+.4f}"
    users = "no user's figure changes" if one.p_users is None else f"{p_clause(one.p_users_holm)} over {one.n_users:,} users (Wilcoxon)"
    splits = "" if one.p_splits is None else f", {p_clause(one.p_splits_holm)} over {len(one.by_seed)} {repeats(report)} (paired t)"
    return (
        f"{spoken(one.model)} reaches {metric} {one.mean:.4f}, its best peer {spoken(one.peer)} {one.peer_mean:.4f}: "
        f"{change_words(one)} ({one.change:+.4f}; {interval}); {users}{splits}. P-values after Holm's correction over {_n_peers(report)}."
    )


def exported_accuracy(report: BenchmarkReport) -> pd.DataFrame:
    """Every figure of every outcome, one row each, with its test where there is one."""
    rows = []
    for one in report.outcomes:
        for metric, found in one.figures.items():
            row = {
                "model": one.model,
                "variant": one.variant,
                "metric": metric,
                "mean": found.mean,
                "sd": found.sd,
                "seeds": len(one.seeds),
            }
            test = contrast_of(report, one.model, metric) if one.kind == "plain" and metric in ACCURACY else None
            kept = ("change", "relative", "relative_sd", "low", "high", "better", "worse", "n_users", "p_users", "p_users_holm", "p_splits")
            rows.append(row | {f"first_{name}": getattr(test, name, None) for name in (*kept, "p_splits_holm")})
    return pd.DataFrame(rows)


def figure_rows(outcomes: Iterable[Outcome], words: dict[str, tuple[str, str]], digits: int = 3) -> pd.DataFrame:
    """One row an outcome, one column a figure, "mean ± sd"; figures that nobody has are left out."""
    found = list(outcomes)
    names = [name for name in words if any(name in one.figures for one in found)]
    return pd.DataFrame(
        [{"model": spoken(one.model), **{words[name][0]: spread_words(one.figures.get(name), digits) for name in names}} for one in found]
    )


def activity_rows(report: BenchmarkReport, metric: str) -> pd.DataFrame:
    """One row a model, one column a group of users."""
    assert report.activity is not None
    groups = [f"{label} ({size:,} users)" for label, size in zip(report.activity.labels, report.activity.sizes, strict=True)]
    return pd.DataFrame(
        [
            {"model": spoken(row.model)} | {name: spread_words(one) for name, one in zip(groups, row.groups, strict=True)}
            for row in report.activity.rows
            if row.metric == metric
        ]
    )


def shared_seeds(report: BenchmarkReport, one: Variation) -> tuple[list[float], list[float]]:
    """The figures of a variant, and of the same model plain, seed by seed where both are done."""
    varied, plain = report.outcome(one.model, one.variant), report.outcome(one.model)
    if varied is None or plain is None:
        return [], []
    known = dict(zip(plain.seeds, plain.figures[one.metric].values, strict=True))
    pairs = [(value, known[seed]) for seed, value in zip(varied.seeds, varied.figures[one.metric].values, strict=True) if seed in known]
    return [value for value, _ in pairs], [value for _, value in pairs]


def kept_share(report: BenchmarkReport, one: Variation) -> Spread | None:
    """What is left of the plain figure, 1 = all of it: mean, sd and value over seeds; None of a figure of 0."""
    varied, plain = shared_seeds(report, one)
    return None if not varied or not all(plain) else _spread_of([a / b for a, b in zip(varied, plain, strict=True)])


def relative_change(report: BenchmarkReport, one: Variation) -> Spread | None:
    """The change from plain in percent."""
    kept = kept_share(report, one)
    return None if kept is None else _spread_of([100 * (value - 1) for value in kept.values])


def noise_points(report: BenchmarkReport, kind: str, metric: str) -> dict[str, list[NoisePoint]]:
    """Model -> what is left of a figure at each level of one kind of noise."""
    found: dict[str, list[NoisePoint]] = {}
    for one in report.variations:
        if (one.kind, one.metric) == (kind, metric) and one.level is not None and (kept := kept_share(report, one)) is not None:
            found.setdefault(spoken(one.model), []).append(NoisePoint(one.level, kept))
    return found


def variation_rows(report: BenchmarkReport, kinds: Sequence[str], metric: str) -> pd.DataFrame:
    """Noise, controls or ablations: the figure beside the plain one, the change and its test over users.

    Beside a backbone that was measured by itself too, how much of the gain over it is left, and the test against it.
    """
    found = [one for one in report.variations if one.kind in kinds and one.metric == metric]
    beside_backbone = any(one.over_backbone is not None for one in found)
    rows = []
    for one in found:
        change, varied = relative_change(report, one), report.outcome(one.model, one.variant)
        plain = report.outcome(one.model)
        row = {
            "model": spoken(one.model),
            "changed": variant_words(report, one),
            metric: spread_words(varied.figures[metric] if varied else None),
            "plain": spread_words(plain.figures[metric] if plain else None),
            "change": "" if change is None else percent_words(change.mean, change.sd),
        }
        if report.complete:
            row["p over users"] = p_words(one.p_users)
        rows.append(row | (_margin_cells(one.over_backbone, report.complete) if beside_backbone else {}))
    return pd.DataFrame(rows)


def _margin_cells(one: BackboneMargin | None, tested: bool) -> dict[str, str]:
    cells = {
        "backbone alone": "" if one is None else f"{one.mean:.4f}",
        "gain left": "" if one is None or one.left is None else f"{100 * one.left:.0f} %",
    }
    return cells | ({"p against backbone": "" if one is None else p_words(one.p_users)} if tested else {})


def repeats(report: BenchmarkReport) -> str:
    """What the repeated measurements differ in."""
    return "splits" if report.config.splits == "random" else "seeds"


def _tested(report: BenchmarkReport, found: Sequence[Contrast], named: Sequence[dict[str, str]]) -> pd.DataFrame:
    """One row a comparison: what names it, then the change with its interval and p-values."""
    over_splits = any(one.p_splits is not None for one in found)
    rows = []
    for one, names in zip(found, named, strict=True):
        row = {
            **names,
            "change": change_words(one),
            f"change of {one.metric}": f"{one.change:+.4f}",
            "95 % interval": f"{one.low:+.4f} to {one.high:+.4f}",
            "p over users": p_words(one.p_users_holm),
        }
        rows.append(row | ({f"p over {repeats(report)}": p_words(one.p_splits_holm)} if over_splits else {}))
    return pd.DataFrame(rows)


def _n_peers(report: BenchmarkReport) -> str:
    n = len({one.peer for one in report.contrasts})
    return f"{n} peers" if n > 1 else "one peer"


def _spread_of(values: Sequence[float]) -> Spread:
    return Spread(fmean(values), stdev(values) if len(values) > 1 else None, list(values))
