"""One gold set, one backend: predictions, their scores, and the controls beside them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import StoppedError
from core.extraction.config import OllamaSettings
from core.extraction.quality.gold import GoldName, GoldSentences, GoldSplit, GoldTable, read_gold
from core.extraction.quality.measures import AnswerMeasures, measure
from core.extraction.quality.scores import Labels, Scores, score
from core.progress import Progress, ProgressEvent, never_stop, silent
from core.workspace import Workspace


class QualityRequest(BaseModel):
    """What is to be scored.

    Args:
        limit: score only so many sentences, drawn at random with ``seed``; None: all.
        controls: score the controls too.
        ollama: the model, for that backend.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    gold: GoldName
    backend: Literal["zero-shot", "ollama"] = "zero-shot"
    split: GoldSplit = "test"
    limit: int | None = Field(None, ge=1)
    seed: int = Field(0, ge=0)
    controls: bool = False
    ollama: OllamaSettings | None = None

    @model_validator(mode="after")
    def _of_one_backend(self) -> QualityRequest:
        if (self.backend == "ollama") != (self.ollama is not None):
            raise ValueError("a model belongs to the ollama backend, and that needs one: --backend ollama --model NAME")
        return self


class QualityReport(BaseModel):
    """What came of it.

    Args:
        model: the language model, or the sentence encoder with its precision.
        prompt: label of the prompt's version; None without a language model.
        sentences_in_part: of which ``scores.sentences`` were scored.
        scores, controls: see `core.extraction.quality.scores.Scores`.
        answers: of a language model, as answers go; None of the embedded extractor, whose quotes are the sentences themselves.
        asked: sentences put to the language model now; the rest was known.
        seconds: of the predictions, without the controls.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    gold: GoldName
    title: str
    task: str
    split: GoldSplit
    backend: str
    model: str
    prompt: str | None
    sentences_in_part: int
    scores: Scores
    controls: dict[str, Scores]
    answers: AnswerMeasures | None
    asked: int | None
    seconds: float


def evaluate(
    request: QualityRequest,
    folder: Path,
    workspace: Callable[[], Workspace],
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
) -> QualityReport:
    """Score a backend on a gold set.

    Args:
        folder: the one that holds ``gold/``.
        workspace: gives the one prompts and answers are kept in; only called for a language model.

    Raises:
        InputError: a file is missing or damaged, or the sentence encoder is not installed. StoppedError: ``stop`` said so.
        And as `core.extraction.quality.ollama_gold.ask`.
    """
    table = GoldTable.open(request.gold)
    part = read_gold(table, folder, request.split)
    sentences = part if request.limit is None else part.sample(request.limit, request.seed)
    train = read_gold(table, folder, "train") if request.controls else None
    started = time.perf_counter()
    if request.ollama is None:
        model, predicted = _zero_shot(table, sentences, progress)
        prompt, answers, asked = None, None, None
    else:
        from core.extraction.quality.ollama_gold import ask, named

        found = ask(table, sentences, request.ollama, workspace(), progress, stop)
        model, prompt, asked = request.ollama.model, found.prompt, found.asked
        predicted, answers = named(found.answers, table.keys), measure(found.answers, table.keys)
    seconds = time.perf_counter() - started
    return QualityReport(
        gold=request.gold,
        title=table.title,
        task=table.task,
        split=request.split,
        backend=request.backend,
        model=model,
        prompt=prompt,
        sentences_in_part=len(part),
        scores=score(sentences.labels, predicted, table.keys),
        controls=_controls(train, sentences, progress, stop) if train else {},
        answers=answers,
        asked=asked,
        seconds=seconds,
    )


def _zero_shot(table: GoldTable, sentences: GoldSentences, progress: Progress) -> tuple[str, Labels]:
    from core.encoding.encoder import default_encoder
    from core.extraction.quality.zero_shot_gold import decide, presence

    encoder = default_encoder("minilm").encoder  # the tables' thresholds are for this one
    progress(ProgressEvent("Reading the sentences", 0, len(sentences)))
    predicted = decide(table, presence(table, sentences.texts, encoder))
    progress(ProgressEvent("Reading the sentences", len(sentences), len(sentences)))
    return f"{encoder.name} ({encoder.precision})", predicted


def _controls(train: GoldSentences, asked: GoldSentences, progress: Progress, stop: Callable[[], bool]) -> dict[str, Scores]:
    from core.extraction.quality.controls import CONTROLS, control_score

    found = {}
    for number, name in enumerate(CONTROLS):
        if stop():
            raise StoppedError("Stopped before all controls were scored")
        progress(ProgressEvent("Scoring the controls", number, len(CONTROLS)))
        found[name] = control_score(name, train, asked)
    progress(ProgressEvent("Scoring the controls", len(CONTROLS), len(CONTROLS)))
    return found
