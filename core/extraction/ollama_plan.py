"""What one extraction by a language model asks: its prompts, the model as the server knows it, and the questions of each level."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from core.data.dataset import ReviewDataset
from core.errors import InputError, StorageError
from core.extraction.answer_store import AnswerStore
from core.extraction.answer_tables import statement_rows
from core.extraction.config import ExtractionConfig, OllamaSettings
from core.extraction.ollama.extractor import Answer, OllamaExtractor
from core.extraction.ollama.server import ModelCard, OllamaServer, Timeouts
from core.extraction.prompts.defaults import default_name
from core.extraction.prompts.store import PromptStore, PromptVersion
from core.extraction.prompts.template import PromptKind
from core.extraction.questions import Asker, Level, Question, Questions, Side
from core.extraction.run import chosen_taxonomy
from core.extraction.taxonomy import Taxonomy
from core.extraction.texts import SourceTexts
from core.workspace import Workspace

SIDES: tuple[Side, ...] = ("user", "item")
_CHUNK = 500  # questions whose answers are read from the store at once
_MERGED = ("polarity", "strength", "statement", "quote")  # what a merge shows of a statement, besides its motivation
FEWEST_TO_MERGE = 2  # statements of a node: one alone is merged already


@dataclass(frozen=True)
class Plan:
    """An extraction by a language model, ready to be asked.

    Args:
        config: with the prompts by their labels, so that it says the same tomorrow.
        card: the model as the server describes it.
        prompts: those of the levels that are asked.
        source: the texts that may be read.
    """

    dataset: ReviewDataset
    config: ExtractionConfig
    settings: OllamaSettings
    card: ModelCard
    server: OllamaServer
    prompts: dict[PromptKind, PromptVersion]
    taxonomy: Taxonomy
    source: SourceTexts

    @classmethod
    def open(cls, workspace: Workspace, dataset: ReviewDataset, config: ExtractionConfig) -> Plan:
        """Look everything up, the model on its server too.

        Raises:
            InputError: no such prompt or taxonomy, a prompt of the wrong kind, or no review text.
            OllamaError: the server is down or does not have the model.
        """
        assert config.ollama is not None, "the configuration was checked"
        taxonomy = chosen_taxonomy(config, dataset, workspace)
        prompts = chosen_prompts(PromptStore(workspace), config.ollama, dataset.domain)
        labels = {f"{kind}_prompt": version.label for kind, version in prompts.items() if kind != "review"}
        settings = config.ollama.model_copy(update={"prompt": prompts["review"].label, **labels})
        source = SourceTexts.read(dataset)
        source = source if config.sample is None else source.sampled(config.sample, config.sample_seed)
        if not any(summary.strip() or text.strip() for *_, summary, text in source.reviews):
            hint = "A language model reads reviews; profile texts are read by --backend zero-shot"
            raise InputError("No text in the training reviews", where=f"dataset {dataset.id}", hint=hint)
        server = server_of(settings)
        card = server.card(settings.model)
        return cls(dataset, config.model_copy(update={"ollama": settings}), settings, card, server, prompts, taxonomy, source)

    @property
    def key(self) -> list[Any]:
        """What decides the answers and the tables made of them, as plain data. Not how fast or where they were asked for."""
        hashes = {kind: version.hash for kind, version in sorted(self.prompts.items())}
        return [
            self.settings.model,
            self.card.digest,
            self.settings.options.model_dump(mode="json"),
            hashes,
            self.taxonomy.hash,
            self.source.key,
        ]

    @cached_property
    def _questions(self) -> Questions:
        return Questions(self.source, self.dataset)

    def asker(self, kind: PromptKind) -> Asker:
        """The prompt of a level, put to the model."""
        settings = self.settings
        extractor = OllamaExtractor(self.server, settings.model, self.prompts[kind], self.taxonomy, settings.options, settings.retries)
        return Asker(extractor, self.card.digest)

    @cached_property
    def levels(self) -> list[Level]:
        """The questions that need no other answers: about reviews, then users and items where they have a prompt."""
        sides = [side for side in SIDES if side in self.prompts]
        return [self._questions.reviews(self.asker("review")), *(self._questions.nodes(self.asker(side), side) for side in sides)]

    def merges(self, store: AnswerStore) -> list[tuple[Side, Level]]:
        """The questions that merge the grounded statements of a node; empty without a prompt for it.

        Args:
            store: holds the answers about the reviews.
        """
        if "merge" not in self.prompts:
            return []
        asker = self.asker("merge")
        found: dict[Side, dict[int, list[dict[str, Any]]]] = {"user": {}, "item": {}}
        for question, answer in answered(self.levels[0], store):
            for row in statement_rows(question, answer, "review", self.taxonomy):
                if row["grounded"]:
                    entry = merge_entry(row, self.taxonomy)
                    found["user"].setdefault(question.user_idx, []).append(entry)
                    found["item"].setdefault(question.item_idx, []).append(entry)
        return [(side, self._merge(asker, side, found[side])) for side in SIDES]

    def _merge(self, asker: Asker, side: Side, found: dict[int, list[dict[str, Any]]]) -> Level:
        several = {node: strongest_first(found[node]) for node in sorted(found) if len(found[node]) >= FEWEST_TO_MERGE}
        return self._questions.merges(asker, side, lambda: several.items(), len(several))


def chosen_prompts(store: PromptStore, settings: OllamaSettings, domain: str) -> dict[PromptKind, PromptVersion]:
    """The versions of the prompts that settings name.

    Raises:
        NotFoundError: there is no such prompt. InputError: it is of another kind.
    """
    named: dict[PromptKind, str | None] = {
        "review": settings.prompt or default_name("review", domain),
        "user": settings.user_prompt,
        "item": settings.item_prompt,
        "merge": settings.merge_prompt,
    }
    found = {kind: store.get(reference) for kind, reference in named.items() if reference is not None}
    for kind, version in found.items():
        if version.template.kind != kind:
            option = "--prompt" if kind == "review" else f"--{kind}-prompt"
            names = ", ".join(store.names(kind)) or "none"
            raise InputError(
                f"A {kind} prompt is needed, this is a {version.template.kind} prompt",
                where=f"{option} {version.label}",
                hint=f"There are: {names}",
            )
        version.template.check()
    return found


def server_of(settings: OllamaSettings) -> OllamaServer:
    """The server that settings name; it is not asked anything yet."""
    return OllamaServer(settings.host, Timeouts(read_s=settings.read_timeout_s))


def answered(level: Level, store: AnswerStore) -> Iterator[tuple[Question, Answer]]:
    """The questions of a level that was asked, each with its answer.

    Raises:
        StorageError: an answer is no longer there.
    """
    for chunk in chunks(level.questions()):
        answers = store.get_many([question.request.key for question in chunk])
        for question in chunk:
            answer = answers.get(question.request.key)
            if answer is None:
                raise StorageError("An answer is no longer in the workspace's database", where=question.request.key, hint="Start again")
            yield question, answer


def answers_digest(levels: Sequence[Level], store: AnswerStore) -> str:
    """Hash of what all questions of some levels ended in; equal answers give equal hashes in every workspace."""
    whole = hashlib.blake2b(digest_size=16)
    for level in levels:
        for chunk in chunks(level.questions()):
            digests = store.digests([question.request.key for question in chunk])
            for one in chunk:
                place = f"{level.kind} {one.interaction_idx} {one.user_idx} {one.item_idx}"
                whole.update(f"{place} {one.request.key} {digests.get(one.request.key)}\n".encode())
    return whole.hexdigest()


def chunks(questions: Iterator[Question]) -> Iterator[list[Question]]:
    """The questions, some at a time."""
    while chunk := list(islice(questions, _CHUNK)):
        yield chunk


def merge_entry(row: Mapping[str, Any], taxonomy: Taxonomy) -> dict[str, Any]:
    """A row of `STATEMENT_COLUMNS` as the variable "statements" of a merge takes it."""
    return {name: row[name] for name in _MERGED} | {"motivation": taxonomy.keys[row["motivation"]]}


def strongest_first(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Statements in the order a merge shows them; equally strong ones as they stand."""
    return sorted(entries, key=lambda entry: -float(entry["strength"]))
