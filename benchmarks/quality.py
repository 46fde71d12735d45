"""How well extraction reads sentences that people labelled: the embedded extractor on four gold sets, beside three controls.

    python benchmarks/quality.py --real-data DIR                the README's table, on the test parts
    python benchmarks/quality.py --real-data DIR --calibrate    the thresholds in assets/gold, from the train and dev parts

Prints a table and writes `benchmarks/results/quality.json`. DIR holds ``gold/``; LMMREC_REAL_DATA does as well.

Calibrating prints what belongs under ``[thresholds]`` of each table, with macro-F1 on these parts as they are and by 5-fold
cross-validation of the thresholds. It reads no test part; the texts in assets/gold (descriptions, example phrases) and the settings
of `core.extraction.quality.multi_label` were chosen by the cross-validated figure too.
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from core.encoding.encoder import TextEncoder, default_encoder
from core.extraction.quality.evaluate import QualityReport, QualityRequest, evaluate
from core.extraction.quality.gold import GOLD_NAMES, GoldSentences, GoldTable, read_gold, real_data_folder
from core.extraction.quality.multi_label import Presence, best_threshold
from core.extraction.quality.scores import Scores, score
from core.extraction.quality.zero_shot_gold import calibrated, decide, presence
from core.storage import write_json
from core.workspace import Workspace

RESULTS = Path(__file__).parent / "results"
FOLDS = 5
NAMES = {"majority": "majority", "always": "everything", "random": "random", "tfidf-logistic": "TF-IDF + logistic regression"}


def no_workspace() -> Workspace:
    """The embedded extractor keeps nothing, so there is none to open."""
    raise AssertionError("the embedded extractor needs no workspace")


def seen_before(name: str, folder: Path) -> int:
    """Test sentences that stand in the train or dev part too, as the sets are published."""
    table = GoldTable.open(name)
    known = set(read_gold(table, folder, "train").texts) | set(read_gold(table, folder, "dev").texts)
    return sum(text in known for text in read_gold(table, folder, "test").texts)


def cross_validated(found: Presence, sentences: GoldSentences, seed: int = 0) -> Scores:
    """Scores where the thresholds of each fifth come from the other four."""
    fold = np.random.default_rng(seed).permutation(len(sentences)) % FOLDS
    predicted = np.zeros_like(sentences.labels)
    for held_out in range(FOLDS):
        inside, outside = fold != held_out, fold == held_out
        for index in range(len(sentences.keys)):
            threshold = best_threshold(found[inside, index], sentences.labels[inside, index])
            predicted[outside, index] = found[outside, index] >= threshold
    return score(sentences.labels, predicted, sentences.keys)


def calibrate(folder: Path, encoder: TextEncoder) -> None:
    """Print the thresholds of every table."""
    for name in GOLD_NAMES:
        table = GoldTable.open(name)
        sentences = read_gold(table, folder, "train") + read_gold(table, folder, "dev")
        found = presence(table, sentences.texts, encoder)
        thresholds = calibrated(table, found, sentences)
        fitted = table.model_copy(update={"thresholds": thresholds})
        reached = score(sentences.labels, decide(fitted, found), table.keys).macro_f1
        unseen = cross_validated(found, sentences).macro_f1
        typer.echo(f"# {name}: {len(sentences):,} sentences, macro-F1 {reached:.3f}, cross-validated {unseen:.3f}\n[thresholds]")
        typer.echo("\n".join(f"{key} = {threshold}" for key, threshold in thresholds.items()) + "\n")


def row(first: str, second: str, reader: str, scores: Scores) -> str:
    """One line of the README's table."""
    macro, micro = (f"{value:.3f} ({low:.3f}-{high:.3f})" for value, (low, high) in _figures(scores))
    return f"| {first} | {second} | {reader} | {macro} | {micro} |"


def _figures(scores: Scores) -> list[tuple[float, Any]]:
    return [(scores.macro_f1, scores.macro_interval), (scores.micro_f1, scores.micro_interval)]


def table_of(reports: list[QualityReport]) -> str:
    """The README's table."""
    lines = ["| gold set | sentences | read by | macro-F1 (95 %) | micro-F1 (95 %) |", "| --- | --- | --- | --- | --- |"]
    for report in reports:
        what = "F1 of “states a reason”" if report.task == "reason" else f"{len(report.scores.motivations)} motivations"
        lines.append(row(f"{report.title}, {what}", f"{report.scores.sentences:,}", "**zero-shot**", report.scores))
        lines += [row("", "", NAMES[name], scores) for name, scores in report.controls.items()]
    return "\n".join(lines)


def main(
    real_data: Annotated[Path | None, typer.Option("--real-data", envvar="LMMREC_REAL_DATA")] = None,
    only_calibrate: Annotated[bool, typer.Option("--calibrate", help="Print the thresholds of the train and dev parts instead.")] = False,
) -> None:
    """Score every gold set, print the table and write the figures down."""
    folder = real_data_folder(real_data)
    if only_calibrate:
        calibrate(folder, default_encoder("minilm").encoder)
        return
    reports = []
    for name in GOLD_NAMES:
        typer.echo(f"{name} ...", err=True)
        reports.append(evaluate(QualityRequest(gold=name, controls=True), folder, no_workspace))
    document = {
        "machine": platform.processor() or platform.machine(),
        "split": "test",
        "sets": [report.model_dump(mode="json") | {"seen_before": seen_before(report.gold, folder)} for report in reports],
    }
    RESULTS.mkdir(exist_ok=True)
    write_json(RESULTS / "quality.json", document)
    typer.echo(table_of(reports))


if __name__ == "__main__":
    typer.run(main)
