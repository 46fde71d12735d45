"""A benchmark's report in words and Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence

from core.cli.console import duration
from core.evaluation.significance import p_clause, p_words
from core.jobs.benchmark_report import BEYOND, HEADLINE, BackboneMargin, BenchmarkReport, Contrast, Figure, Variation

_TITLES = {
    "noise": "Noise: random training interactions",
    "text-noise": "Noise: swapped reviews",
    "control": "Controls",
    "ablation": "Ablations",
}
_DELETION = ("deletion_rank_share", "deletion_top_rank", "deletion_other_rank", "deletion_area", "random_deletion_area")


def report_text(report: BenchmarkReport) -> str:
    """Accuracy with the change from the best peer and from the own backbone, and all else that was measured, in one text."""
    parts = [_head(report), _accuracy(report), _contrasts(report), _over_backbones(report)]
    parts += [_beyond(report), _faithfulness(report), _activity(report)]
    parts += [_variations(title, [one for one in report.variations if one.kind == kind]) for kind, title in _TITLES.items()]
    return "\n\n".join(part for part in [*parts, _published(report), _failures(report)] if part)


def markdown(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [headers, ["---"] * len(headers), *rows])


def _head(report: BenchmarkReport) -> str:
    config = report.config
    of = f"{config.seeds} random re-splits" if config.splits == "random" else f"the dataset's own split, {config.seeds} seeds"
    done = f"{report.done:,} of {report.total:,} cells, {report.workers} at once, {duration(report.seconds)}"
    return f"{report.name}, test, {of} (from {config.first_seed}), settings: {config.preset}; mean ± sd\n{done}"


def _accuracy(report: BenchmarkReport) -> str:
    rows = []
    for one in report.outcomes:
        if one.variant == "plain":
            figures = [_spread(one.figures[metric]) for metric in HEADLINE]
            rows.append([one.model, *figures, f"{one.seconds.mean:.0f}", f"{one.epochs.mean:.0f}"])
    return markdown(["model", *HEADLINE, "seconds", "epochs"], rows)


def _contrasts(report: BenchmarkReport) -> str:
    headline = [one for one in report.contrasts if one.metric in HEADLINE]
    if not headline:
        return ""
    lines = []
    for one in headline:
        if one.best_peer:
            users = "changes for nobody" if one.p_users is None else f"{p_clause(one.p_users_holm)} over {one.n_users:,} users (Holm)"
            splits = "" if one.p_splits is None else f", {p_clause(one.p_splits_holm)} over splits (Holm)"
            lines.append(f"{one.metric}: {one.model} against its best peer {one.peer}: {_change(one)}, {users}{splits}.")
    rows = [
        [
            one.metric,
            one.peer + (" (best)" if one.best_peer else ""),
            f"{one.peer_mean:.4f}",
            _change(one),
            _p(one.p_users_holm),
            _p(one.p_splits_holm),
        ]
        for one in headline
    ]
    table = markdown(["figure", "peer", "its mean", f"change with {headline[0].model}", "p, users (Holm)", "p, splits (Holm)"], rows)
    return "\n".join([*lines, "", table])


def _over_backbones(report: BenchmarkReport) -> str:
    found = [one for one in report.over_backbones if one.metric in HEADLINE]
    if not found:
        return ""
    headers = ["figure", "model", "its mean", "backbone alone", "change", "p, users (Holm)", "p, splits (Holm)"]
    rows = [
        [one.metric, one.model, f"{one.mean:.4f}", f"{one.peer_mean:.4f}", _change(one), _p(one.p_users_holm), _p(one.p_splits_holm)]
        for one in found
    ]
    return "Around a backbone, against the backbone by itself\n\n" + markdown(headers, rows)


def _beyond(report: BenchmarkReport) -> str:
    rows = [
        [one.model, *(_spread(one.figures[name], 3) if name in one.figures else "-" for name in BEYOND)]
        for one in report.outcomes
        if one.variant == "plain"
    ]
    return "Beyond accuracy\n\n" + markdown(["model", *BEYOND], rows)


def _faithfulness(report: BenchmarkReport) -> str:
    named = [one for one in report.outcomes if one.variant == "plain" and all(name in one.figures for name in _DELETION)]
    if not named:
        return ""
    headers = ["model", "top hurts more", "rank without top", "rank without another", "deletion area", "at random"]
    rows = [[one.model, *(_spread(one.figures[name], 3) for name in _DELETION)] for one in named]
    return "Explanations: deleting the top motivation\n\n" + markdown(headers, rows)


def _activity(report: BenchmarkReport) -> str:
    if report.activity is None:
        return ""
    groups = report.activity
    headers = [f"{label} ({size:,} users)" for label, size in zip(groups.labels, groups.sizes, strict=True)]
    rows = [[row.model, *(f"{one.mean:.4f}" for one in row.groups)] for row in groups.rows if row.metric == HEADLINE[0]]
    return f"{HEADLINE[0]} by training interactions of users\n\n" + markdown(["model", *headers], rows)


def _variations(title: str, found: list[Variation]) -> str:
    if not found:
        return ""
    headers, rows = ["model", "variant", "figure", "mean", "plain", "change", "kept", "p, users"], []
    beside_backbone = any(one.over_backbone is not None for one in found)
    if beside_backbone:
        headers += ["backbone alone", "gain over it left", "p against it, users"]
    for one in found:
        relative = "-" if one.kept is None else f"{100 * (one.kept - 1):+.1f} %"
        kept = "-" if one.kept is None else f"{100 * one.kept:.1f} %"
        row = [one.model, one.variant, one.metric, f"{one.mean:.4f}", f"{one.plain_mean:.4f}", relative, kept, _p(one.p_users)]
        rows.append(row + (_margin(one.over_backbone) if beside_backbone else []))
    return f"{title}\n\n" + markdown(headers, rows)


def _margin(one: BackboneMargin | None) -> list[str]:
    if one is None:
        return ["-"] * 3
    return [f"{one.mean:.4f}", "-" if one.left is None else f"{100 * one.left:.0f} %", _p(one.p_users)]


def _published(report: BenchmarkReport) -> str:
    if not report.published:
        return ""
    rows = [[one.model, one.backbone or "-", f"{one.recall:.4f}", f"{one.ndcg:.4f}"] for one in report.published]
    return f"Published: {report.published[0].source}\n\n" + markdown(["model", "backbone", *HEADLINE], rows)


def _failures(report: BenchmarkReport) -> str:
    if not report.failures:
        return ""
    return "Failed; the same command tries them again:\n" + "\n".join(f"  {one.cell.label}: {one.reason}" for one in report.failures)


def _spread(figure: Figure, digits: int = 4) -> str:
    return f"{figure.mean:.{digits}f}" + ("" if figure.sd is None else f" ± {figure.sd:.{digits}f}")


def _change(one: Contrast) -> str:
    relative = "" if one.relative is None else f" ({100 * one.relative:+.1f} %)"
    return f"{one.change:+.4f}{relative}"


def _p(value: float | None) -> str:
    return p_words(value) or "-"
