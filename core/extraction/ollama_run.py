"""Extraction over a whole dataset by a language model on an Ollama server.

Every question is asked once ever (`core.extraction.batch`); the artefact is made of the answers in the store, so a batch that was
stopped, killed or ran into a dead server goes on where it was. Reviews are asked first, then users and items where they have a
prompt, then the merges of what was extracted. The artefact is that of the zero-shot backend and, besides,

    answers.parquet   one row a question: raw answer, failure, tokens, seconds (`core.extraction.answer_tables`)
    prompts.json      the prompts as they were, by level

Its id holds the answers too: when failed questions are asked again and answered, another artefact is made and so are its profiles.
Profile texts that came with the dataset are not read: a model writes its own from the reviews.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data.dataset import ReviewDataset
from core.encoding import EmbeddingCache, EncoderChoice
from core.encoding.encoder import Vectors
from core.encoding.tfidf import TfidfEncoder
from core.errors import InputError, StoppedError
from core.extraction.answer_store import AnswerStore
from core.extraction.answer_tables import AnswerTables, Tally
from core.extraction.batch import BatchReport, run_batch
from core.extraction.config import ExtractionConfig
from core.extraction.ollama.extractor import OllamaExtractor
from core.extraction.ollama_plan import SIDES, Plan, answered, answers_digest, server_of
from core.extraction.prompts.store import PromptVersion
from core.extraction.questions import Level, Side
from core.extraction.run import fitting_encoder
from core.extraction.taxonomy import Taxonomy, taxonomy_reference
from core.progress import Progress, ProgressEvent, never_stop, silent
from core.storage import content_hash, read_json, write_json
from core.workspace import Artefact, Workspace, artefact_id

VERSION = 1  # raise when tables change, so that artefacts made before are not taken for current ones
_REPORT_EVERY = 500  # questions between two reports and looks at the stop request while tables are written


def extract_with_ollama(
    workspace: Workspace,
    dataset: ReviewDataset,
    config: ExtractionConfig,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
    *,
    paused: Callable[[], bool] = never_stop,
    retry_failed: bool = False,
) -> Artefact:
    """Ask everything that has no answer yet and publish the extraction.

    Args:
        config: with the backend "ollama".
        progress: "Asking MODEL", "Asking MODEL about users" and the like (see `run_batch`), then "Writing statements".
        paused, retry_failed: see `run_batch`.

    Raises:
        InputError: no text, no such prompt or taxonomy, or not one answer could be used.
        OllamaError, BatchError: the server failed. StoppedError: ``stop`` said so. Answers so far are kept.
    """
    started = time.monotonic()
    plan = Plan.open(workspace, dataset, config)
    watched = _Watched(progress, stop, paused, retry_failed)
    with closing(AnswerStore(workspace)) as store:
        reports = [_ask(plan, level, store, watched) for level in plan.levels]
        merges = plan.merges(store)
        reports += [_ask(plan, level, store, watched, side) for side, level in merges]
        choice = fitting_encoder(plan.config, plan.taxonomy, plan.source)
        digest = answers_digest([*plan.levels, *(level for _, level in merges)], store)
        key = content_hash("ollama", VERSION, plan.key, choice.encoder.name, choice.encoder.fingerprint, digest)
        identifier = artefact_id(dataset.name, key)
        known = workspace.find("extraction", identifier)
        if known is not None and known.manifest.sources.get("dataset") == dataset.id:
            return known
        figures = {
            "seconds_asking": round(sum(report.seconds for report in reports), 2),
            "n_asked": sum(report.asked for report in reports),
        }
        with workspace.publish(
            "extraction", identifier, name=dataset.name, sources={"dataset": dataset.id}, config=plan.config.model_dump(mode="json")
        ) as draft:
            draft.summary |= _write(draft.path, workspace, plan, choice, merges, store, watched) | figures
            draft.summary["seconds"] = round(time.monotonic() - started, 2)
            draft.generated = dataset.generated
    return workspace.get("extraction", identifier)


@dataclass(frozen=True)
class _Watched:
    """How the person in front of a batch sees it and steers it."""

    progress: Progress
    stop: Callable[[], bool]
    paused: Callable[[], bool]
    retry_failed: bool


def _ask(plan: Plan, level: Level, store: AnswerStore, watched: _Watched, merged: Side | None = None) -> BatchReport:
    about = f" to merge {merged}s" if merged else "" if level.kind == "review" else f" about {level.kind}s"
    return run_batch(
        (question.request for question in level.questions()),
        lambda request: level.asker.extractor.ask(request.variables, watched.stop),
        store,
        concurrency=plan.settings.concurrency,
        stop=watched.stop,
        paused=watched.paused,
        progress=watched.progress,
        stage=f"Asking {plan.settings.model}{about}",
        total=level.n,
        retry_failed=watched.retry_failed,
    )


def _write(
    directory: Path,
    workspace: Workspace,
    plan: Plan,
    choice: EncoderChoice,
    merges: list[tuple[Side, Level]],
    store: AnswerStore,
    watched: _Watched,
) -> dict[str, Any]:
    """Write the artefact's files; the figures of its manifest."""
    encoder = choice.encoder
    cache = EmbeddingCache(workspace.cache / "embeddings", encoder)

    def encode(statements: list[str]) -> Vectors:
        return encoder.encode(statements) if isinstance(encoder, TfidfEncoder) else cache.encode(statements, stop=watched.stop)

    levels = [*plan.levels, *(level for _, level in merges)]
    total = sum(level.n for level in levels)
    with AnswerTables(directory, plan.taxonomy, encode, {side: _merged(merges, side, store) for side in SIDES}) as tables:
        for done, (kind, question, answer) in enumerate((level.kind, *pair) for level in levels for pair in answered(level, store)):
            if done % _REPORT_EVERY == 0:
                watched.progress(ProgressEvent("Writing statements", done, total))
                if watched.stop():
                    raise StoppedError(
                        "Stopped while writing", where=f"dataset {plan.dataset.id}", hint="Every answer is kept; start again"
                    )
            tables.add(kind, question, answer)
        tables.finish()
    watched.progress(ProgressEvent("Writing statements", total, total))
    if not tables.tally.n_statements:
        raise _nothing(plan, tables.tally)
    write_json(directory / "taxonomy.json", plan.taxonomy)
    write_json(directory / "prompts.json", {kind: version.model_dump(mode="json") for kind, version in plan.prompts.items()})
    if isinstance(encoder, TfidfEncoder):
        encoder.save(directory)
    figures = {
        "model": plan.settings.model,
        "model_digest": plan.card.digest,
        "prompts": {kind: one.label for kind, one in plan.prompts.items()},
        "taxonomy": taxonomy_reference(plan.taxonomy, plan.config.taxonomy),
    }
    figures |= tables.tally.summary(plan.taxonomy) | {"n_distinct": tables.n_distinct}
    return figures | {
        "encoder": encoder.name,
        "encoder_reason": choice.reason,
        "precision": encoder.precision,
        "n_embedded": cache.n_embedded,
    }


def _merged(merges: list[tuple[Side, Level]], side: Side, store: AnswerStore) -> frozenset[int]:
    """The nodes of a side whose merge can take the place of their statements: it holds at least one that is grounded."""
    return frozenset(
        question.user_idx if side == "user" else question.item_idx
        for own, level in merges
        if own == side
        for question, answer in answered(level, store)
        if any(grounding.grounded for grounding in answer.groundings)
    )


def _nothing(plan: Plan, tally: Tally) -> InputError:
    """The error of an extraction without a statement."""
    often = ", ".join(f"{count:,} {kind}" for kind, count in tally.failures.most_common())
    what = f"No motivation in {tally.n_questions:,} answers of {plan.settings.model}" + (f" (failed: {often})" if often else "")
    hint = "Look at the answers in the prompt studio; --retry-failed asks those again that failed"
    return InputError(what, where=f"dataset {plan.dataset.id}, prompt {plan.prompts['review'].label}", hint=hint)


def ollama_extractor_of(artefact: Artefact, config: ExtractionConfig) -> OllamaExtractor:
    """The extractor of reviews an artefact was made with; its server is asked when the extractor is used."""
    assert config.ollama is not None, "the configuration was checked"
    settings = config.ollama
    prompt = PromptVersion.model_validate(read_json(artefact.path / "prompts.json")["review"])
    taxonomy = Taxonomy.read(artefact.path / "taxonomy.json")
    return OllamaExtractor(server_of(settings), settings.model, prompt, taxonomy, settings.options, settings.retries)
