"""A language model on gold sentences: asked as in an extraction, with the gold set's motivations as the taxonomy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.extraction.answer_store import AnswerStore
from core.extraction.batch import Request, run_batch
from core.extraction.config import OllamaSettings
from core.extraction.ollama.extractor import Answer, OllamaExtractor
from core.extraction.ollama.server import OllamaServer, Timeouts
from core.extraction.prompts.defaults import default_name
from core.extraction.prompts.store import PromptStore
from core.extraction.quality.gold import GoldSentences, GoldTable
from core.extraction.quality.scores import Labels
from core.extraction.questions import Asker
from core.progress import Progress, never_stop, silent
from core.workspace import Workspace


@dataclass(frozen=True)
class Asked:
    """A model's answers to gold sentences.

    Args:
        answers: parallel to the sentences.
        prompt: label of the prompt's version.
        asked: sentences put to the model now; the rest was answered before, or is the same sentence again.
    """

    answers: list[Answer]
    prompt: str
    asked: int


def ask(
    table: GoldTable,
    sentences: GoldSentences,
    settings: OllamaSettings,
    workspace: Workspace,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
) -> Asked:
    """Ask a model about each sentence; answers are kept in the workspace, so a run that was stopped goes on where it was.

    Args:
        settings: ``prompt`` none takes the one that ships for the domain of the set; the other levels are not asked.

    Raises:
        NotFoundError: no such prompt. InputError: a prompt that does not read reviews. ServerDownError, ModelMissingError: nobody can be
            asked. StoppedError: ``stop`` said so.
    """
    prompt = PromptStore(workspace).get(settings.prompt or default_name("review", table.domain))
    if prompt.template.kind != "review":
        raise InputError(f"{prompt.label} reads a {prompt.template.kind}, not a review", hint="See `lmmrec prompts list --kind review`")
    server = OllamaServer(settings.host, Timeouts(read_s=settings.read_timeout_s))
    extractor = OllamaExtractor(server, settings.model, prompt, table.taxonomy, settings.options, settings.retries)
    asker = Asker(extractor, server.card(settings.model).digest)
    requests = [asker.request({"review": text, "rating": None, "item_title": ""}) for text in sentences.texts]

    def answer(request: Request) -> Answer:
        return extractor.ask(request.variables, stop)

    store = AnswerStore(workspace)
    try:
        report = run_batch(
            requests, answer, store, concurrency=settings.concurrency, stop=stop, progress=progress, total=len(requests), retry_failed=True
        )
        known = store.get_many([request.key for request in requests])
    finally:
        store.close()
    return Asked([known[request.key] for request in requests], prompt.label, report.asked)


def named(answers: list[Answer], keys: list[str]) -> Labels:
    """Which motivations each answer names, bool [n, K]; a failed answer names none."""
    labels = np.zeros((len(answers), len(keys)), dtype=np.bool_)
    for row, answer in enumerate(answers):
        for motivation in answer.result.motivations if answer.result else ():
            if motivation.name in keys:
                labels[row, keys.index(motivation.name)] = True
    return labels
