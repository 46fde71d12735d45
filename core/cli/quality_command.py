"""`lmmrec quality`: what an extraction backend makes of sentences that people labelled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from core.cli.console import answer, duration, table, working
from core.cli.options import DEFAULT_WORKSPACE, JsonOption, SetOption, WorkspaceOption
from core.errors import InputError
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.extraction.quality.evaluate import QualityReport
    from core.extraction.quality.scores import Interval, Scores


def quality(
    gold: Annotated[Literal["acos-restaurant", "acos-laptop", "mams", "justification"], typer.Option(help="The labelled sentences.")],
    backend: Annotated[Literal["zero-shot", "ollama"], typer.Option(help="What reads them.")] = "zero-shot",
    model: Annotated[str | None, typer.Option(help="The model on the Ollama server, for that backend.")] = None,
    prompt: Annotated[
        str | None, typer.Option(metavar="NAME@V", help="The prompt that reads a review.  [default: the one that ships for the domain]")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address of the Ollama server.  [default: OLLAMA_HOST, else this machine]")] = None,
    split: Annotated[
        Literal["train", "dev", "test"], typer.Option(help="Which part; the embedded backend was tuned on train and dev.")
    ] = "test",
    controls: Annotated[
        bool, typer.Option("--controls", help="Score guessing, and a classifier trained on the train part, beside it.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many sentences, drawn at random.")] = None,
    real_data: Annotated[
        Path | None, typer.Option("--real-data", envvar="LMMREC_REAL_DATA", help="The folder that holds gold/.", show_default=False)
    ] = None,
    settings: SetOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Score motivation extraction on labelled sentences.

    Precision, recall and F1 of each motivation, macro- and micro-F1 with their 95 % bootstrap intervals. --set takes settings of the
    ollama backend (concurrency, retries, read_timeout_s, options.num_ctx ...).
    """
    from core.extraction.quality.evaluate import QualityRequest, evaluate
    from core.extraction.quality.gold import real_data_folder
    from core.jobs.settings import assignments, validated

    plain: dict[str, Any] = {"gold": gold, "backend": backend, "split": split, "controls": controls, "limit": limit}
    of_model = {name: value for name, value in (("model", model), ("prompt", prompt), ("host", host)) if value is not None}
    of_model |= _nested(assignments(settings or [], "--set"))
    if backend == "ollama" and "model" not in of_model:
        raise InputError("The ollama backend needs a model", hint="Name one with --model; `ollama list` shows those there are")
    if of_model:
        plain["ollama"] = of_model
    request = validated(QualityRequest, plain, "quality")
    folder = real_data_folder(real_data)
    with working() as (progress, stop):
        report = evaluate(request, folder, lambda: Workspace(workspace), progress, stop)
    answer(report.model_dump(mode="json"), json, lambda: _plain(report))


def _nested(settings: dict[str, Any]) -> dict[str, Any]:
    """``options.seed`` -> options: {seed: ...}, as the settings of a model are written."""
    plain: dict[str, Any] = {}
    for name, value in settings.items():
        group, dot, rest = name.partition(".")
        if not dot:
            plain[name] = value
        elif isinstance(plain.setdefault(group, {}), dict):
            plain[group][rest] = value
        else:
            raise InputError(f"{group} is given as a whole and in part", where=f"--set {name}")
    return plain


def _plain(report: QualityReport) -> str:
    scores = report.scores
    part = (
        f"{scores.sentences:,} of {report.sentences_in_part:,}" if scores.sentences < report.sentences_in_part else f"{scores.sentences:,}"
    )
    head = [f"{report.title}, {report.split}: {part} sentences read by {_reader(report)} in {duration(report.seconds)}"]
    if report.backend == "zero-shot" and report.split != "test":
        head.append("The thresholds were chosen on the train and dev parts: these figures flatter.")
    if report.controls and report.split == "train":
        head.append("The trained control has seen these very sentences.")
    rows = [[one.key, one.precision, one.recall, one.f1, one.support, one.predicted] for one in scores.motivations]
    blocks = ["\n".join(head), _summary(report), table(["motivation", "precision", "recall", "F1", "labelled", "named"], rows)]
    if report.answers is not None:
        blocks.insert(1, _of_answers(report))
    return "\n\n".join(blocks)


def _summary(report: QualityReport) -> str:
    headline = "F1 of 'states a reason'" if report.task == "reason" else "macro-F1"
    rows = [_row(name, one) for name, one in [(report.backend, report.scores), *report.controls.items()]]
    return table(["read by", headline, "95 %", "micro-F1", "95 %"], rows)


def _row(name: str, scores: Scores) -> list[Any]:
    return [name, scores.macro_f1, _bounds(scores.macro_interval), scores.micro_f1, _bounds(scores.micro_interval)]


def _bounds(interval: Interval) -> str:
    return f"{interval.low:.3f}-{interval.high:.3f}"


def _reader(report: QualityReport) -> str:
    return f"{report.model} with {report.prompt}" if report.prompt else report.model


def _of_answers(report: QualityReport) -> str:
    found = report.answers
    assert found is not None, "called for a language model only"
    shares = {
        "valid answers": found.valid,
        "grounded quotes": found.grounded,
        "motivations ever named": found.covered,
        "other": found.other,
    }
    rows = [[name, share.value, f"{share.count:,} of {share.total:,}"] for name, share in shares.items()]
    return table(["answers", "share", ""], [*rows, ["motivations per sentence", found.per_review, f"± {found.per_review_sd:.2f}"]])
