"""Asking one variant of a trial about one review: by a language model, streamed, or by the embedded extractor.

An answer is written to the answer store, and its key to the trial, before it is told: whoever stops listening loses nothing that
had ended. Keys are those of a run over the whole dataset, so a run finds what was tried here, and the other way round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

from core.extraction.answer_store import AnswerStore, key_of, scope_of
from core.extraction.grounding import ground
from core.extraction.ollama.answers import answer_schema, cleaned, schema_text
from core.extraction.ollama.chat import Message, Text, Usage
from core.extraction.ollama.extractor import OllamaExtractor
from core.extraction.ollama.outcome import Answer, ExtractionEvent, Finished, Retrying
from core.extraction.ollama.server import OllamaServer
from core.extraction.prompts.store import PromptVersion
from core.extraction.prompts.template import PromptTemplate
from core.extraction.questions import Asker
from core.extraction.schema import Review
from core.extraction.taxonomy import Taxonomy
from core.extraction.trial_reviews import TrialReview
from core.extraction.trials import Cell, Retry, Trial, TrialStore, Variant
from core.extraction.zero_shot import VERSION, ZeroShotExtractor
from core.progress import never_stop
from core.workspace import now

# Failures of the server: no verdict on the prompt, so they are asked again without being told to.
PASSING = frozenset({"server", "timeout", "stopped"})


class VariantAsker(Protocol):
    """Asks one variant about reviews. ``scope`` is what its answers are kept under."""

    scope: str

    def key(self, review: TrialReview) -> str:
        """What the answer about a review is kept under."""
        ...

    def stream(self, review: TrialReview, stop: Callable[[], bool] = never_stop) -> Iterator[ExtractionEvent]:
        """Ask, and tell everything on the way; ends with `Finished`."""
        ...


class ModelAsker:
    """A prompt put to a model.

    Args:
        digest: of the model's weights, as the server tells it.
        round: added to the seed of the variant's options, so that each round is asked anew.
        retries: how often an answer that cannot be used is asked for again.
    """

    def __init__(
        self, variant: Variant, taxonomy: Taxonomy, server: OllamaServer, digest: str, round: int = 0, *, retries: int = 2
    ) -> None:
        assert variant.template is not None, "a model reads a prompt"
        options = variant.options.model_copy(update={"seed": variant.options.seed + round})
        self.extractor = OllamaExtractor(server, variant.model, version_of(variant.template, variant.label), taxonomy, options, retries)
        self._asker = Asker(self.extractor, digest)
        self.scope = self._asker.scope

    def key(self, review: TrialReview) -> str:
        return self._asker.request(review.variables).key

    def stream(self, review: TrialReview, stop: Callable[[], bool] = never_stop) -> Iterator[ExtractionEvent]:
        return self.extractor.stream_ask(review.variables, stop)


class EmbeddedAsker:
    """The zero-shot extractor: it reads no prompt and answers at once."""

    def __init__(self, extractor: ZeroShotExtractor) -> None:
        self._extractor = extractor
        encoder, limits = extractor.encoder, extractor.thresholds
        settings = {"version": VERSION, "evidence": limits.evidence, "temperature": limits.temperature}
        self.scope = scope_of("", "zero-shot", f"{encoder.name} {encoder.fingerprint}", settings, extractor.taxonomy.hash)

    def key(self, review: TrialReview) -> str:
        return key_of(self.scope, {"review": review.text, "rating": review.rating})

    def stream(self, review: TrialReview, stop: Callable[[], bool] = never_stop) -> Iterator[ExtractionEvent]:
        del stop
        started = time.perf_counter()
        result = self._extractor.extract(Review(text=review.text, rating=review.rating))
        groundings = tuple(ground(motivation.quote, review.text) for motivation in result.motivations)
        yield Finished(Answer(result=result, groundings=groundings, seconds=time.perf_counter() - started))


def version_of(template: PromptTemplate, label: str | None = None) -> PromptVersion:
    """A template as the extractor takes it, saved or not."""
    name, _, number = (label or "draft").partition("@")
    return PromptVersion(name=name, number=int(number or 0), hash=template.hash, template=template, parent=None, note="", created_at=now())


def rendered(template: PromptTemplate, taxonomy: Taxonomy, review: TrialReview) -> list[Message]:
    """The very messages a template makes of a review.

    Raises:
        InputError: the template is wrong, or not for reviews.
    """
    schema = schema_text(answer_schema(template.kind, taxonomy))
    return template.render({"taxonomy": taxonomy, "schema": schema} | cleaned(review.variables))


def ask_cell(
    trials: TrialStore,
    store: AnswerStore,
    trial: Trial,
    position: tuple[TrialReview, int, int],
    asker: VariantAsker,
    stop: Callable[[], bool] = never_stop,
    *,
    again: bool = False,
) -> Iterator[ExtractionEvent]:
    """Give a cell its answer: the one that is kept, else the one that is asked for now.

    Args:
        position: review, position of the variant in the trial, and round.
        again: ask even where a failed answer is kept; a valid one always stands.

    Raises:
        InputError: the template cannot be rendered. ServerDownError, ModelMissingError: nobody can be asked.
    """
    review, variant, round = position
    key = asker.key(review)
    known = store.get_many([key]).get(key)
    if known is not None and (known.failure is None or not (again or known.failure.kind in PASSING)):
        tokens_per_s, retries = trials.measured([key]).get(key, (None, ()))
        cell = Cell(review=review.index, variant=variant, round=round, key=key, cached=True, tokens_per_s=tokens_per_s, retries=retries)
        trials.answered(trial.id, cell)
        yield Finished(known)
        return
    heard = _Heard()
    for event in asker.stream(review, stop):
        heard.take(event)
        if isinstance(event, Finished) and (event.answer.failure is None or event.answer.failure.kind != "stopped"):
            store.put(key, asker.scope, event.answer)
            measured = {"tokens_per_s": heard.tokens_per_s, "retries": tuple(heard.retries)}
            trials.answered(trial.id, Cell(review=review.index, variant=variant, round=round, key=key, **measured))
        yield event


class _Heard:
    """What an answer does not keep: how fast the last reply was written, and the replies before it."""

    def __init__(self) -> None:
        self.tokens_per_s: float | None = None
        self.retries: list[Retry] = []
        self._text: list[str] = []

    def take(self, event: ExtractionEvent) -> None:
        match event:
            case Text(piece):
                self._text.append(piece)
            case Usage() if event.answer_s > 0 and event.answer_tokens:
                self.tokens_per_s = event.answer_tokens / event.answer_s
            case Retrying(reason):
                self.retries.append(Retry(reason=reason, raw="".join(self._text)))
                self._text = []
