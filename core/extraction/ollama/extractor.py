"""The Ollama extractor: a prompt, a model and a taxonomy; reviews in, validated and grounded answers out.

A reply is parsed and validated (`answers`), never trusted: what a review says stands in the prompt's fence, and only the model's
reply is read. A reply that is no answer is shown to the model with what is wrong with it, up to ``retries`` times; then the request
has failed, with the reply and the reason kept. A reply that was cut at num_predict is asked for once more with twice the room, as
far as num_ctx has it. A stream that broke is asked for again as it was, a busy server after a while. All of these count as retries;
any other failure of the server ends the request. A prompt that the server surely cut is not asked again, and its answer is not taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.errors import InputError, StoppedError, StudioError
from core.extraction.ollama.answers import answer_schema, cleaned, encodable, schema_text
from core.extraction.ollama.attempts import Attempts
from core.extraction.ollama.chat import Backoff, ChatEvent, ChatOptions, Completion, Done, Message, Text, Thinking, Usage, chat, complete
from core.extraction.ollama.errors import ConnectionLostError, OllamaError, ServerBusyError
from core.extraction.ollama.outcome import Answer, ExtractionEvent, Failure, FailureKind, Finished, Retrying
from core.extraction.ollama.server import OllamaServer
from core.extraction.ollama.thinking import ThinkingSplitter
from core.extraction.prompts.template import PromptKind
from core.extraction.schema import Review, ReviewMotivations
from core.extraction.taxonomy import Taxonomy
from core.progress import never_stop

if TYPE_CHECKING:
    from core.extraction.prompts.store import PromptVersion

__all__ = ["Answer", "ExtractionError", "ExtractionEvent", "Failure", "FailureKind", "Finished", "OllamaExtractor", "Retrying", "material"]


class ExtractionError(StudioError):
    """A request failed where a result is needed; ``answer`` says all of it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        failure = answer.failure or Failure(kind="invalid", message="no result")
        super().__init__(
            f"No motivations were extracted ({failure.kind}): {failure.message}", hint="Look at the reply in the prompt studio"
        )


class OllamaExtractor:
    """Asks a model which motivations reviews hold.

    Args:
        server: where the model runs.
        model: its name there.
        prompt: of kind "review" for `extract`, `answer` and `stream`; of any kind for `ask` and `stream_ask`.
        taxonomy: the motivations that may be named.
        options: how the model answers.
        retries: how often one request is made again at most, see above.
        backoff: how long a busy server is waited for.
    """

    name = "ollama"

    def __init__(
        self,
        server: OllamaServer,
        model: str,
        prompt: PromptVersion,
        taxonomy: Taxonomy,
        options: ChatOptions = ChatOptions(),
        retries: int = 2,
        backoff: Backoff = Backoff(),
    ) -> None:
        self.server = server
        self.model = model
        self.prompt = prompt
        self.taxonomy = taxonomy
        self.options = options
        self.retries = retries
        self.schema = answer_schema(prompt.template.kind, taxonomy)
        self._schema_text = schema_text(self.schema)
        self._backoff = backoff

    def render(self, review: Review, item_title: str = "") -> list[Message]:
        """The very messages that are sent for a review.

        Raises:
            InputError: the template is wrong, or not for reviews.
        """
        return self.render_variables(self._variables(review, item_title))

    def render_variables(self, variables: Mapping[str, Any]) -> list[Message]:
        """The very messages that are sent for `ask`; taxonomy and schema need not be given.

        Raises:
            InputError: the template is wrong, or a variable is missing or unknown.
        """
        return self.prompt.template.render({"taxonomy": self.taxonomy, "schema": self._schema_text} | cleaned(dict(variables)))

    def stream(self, review: Review, item_title: str = "", stop: Callable[[], bool] = never_stop) -> Iterator[ExtractionEvent]:
        """Ask about a review and tell everything on the way; ends with `Finished`.

        Raises:
            InputError: as `render`. ServerDownError, ModelMissingError: nobody can be asked.
        """
        return self._run(self._variables(review, item_title), stop, streamed=True)

    def stream_ask(self, variables: Mapping[str, Any], stop: Callable[[], bool] = never_stop) -> Iterator[ExtractionEvent]:
        """As `stream`, of any kind of prompt."""
        return self._run(variables, stop, streamed=True)

    def answer(self, review: Review, item_title: str = "", stop: Callable[[], bool] = never_stop) -> Answer:
        """Ask about a review. Whatever becomes of it is an answer; see `stream` for what is raised."""
        return self.ask(self._variables(review, item_title), stop)

    def ask(self, variables: Mapping[str, Any], stop: Callable[[], bool] = never_stop) -> Answer:
        """Ask with a prompt of any kind; quotes are looked for in the `material` of its variables.

        Args:
            variables: see `core.extraction.prompts.template.VARIABLES`, without taxonomy and schema.

        Raises:
            InputError: as `render_variables`. ServerDownError, ModelMissingError: nobody can be asked.
        """
        *_, last = self._run(variables, stop, streamed=False)
        assert isinstance(last, Finished), "a run ends with what became of it"
        return last.answer

    def extract(self, review: Review) -> ReviewMotivations:
        """What one review says.

        Raises:
            ExtractionError: the request failed. And as `answer`.
        """
        answer = self.answer(review)
        if answer.result is None:
            raise ExtractionError(answer)
        return answer.result

    def extract_many(self, reviews: list[Review]) -> list[ReviewMotivations]:
        """What each review says, one after the other; see `core.extraction.batch` for many.

        Raises:
            ExtractionError: one request failed.
        """
        return [self.extract(review) for review in reviews]

    def _variables(self, review: Review, item_title: str) -> dict[str, Any]:
        kind = self.prompt.template.kind
        if kind != "review":
            hint = "Take a prompt of kind review"
            raise InputError(f"The prompt is of kind {kind}, not for single reviews", where=self.prompt.label, hint=hint)
        return {"review": review.text, "rating": review.rating, "item_title": item_title}

    def _run(self, variables: Mapping[str, Any], stop: Callable[[], bool], *, streamed: bool) -> Iterator[ExtractionEvent]:
        attempts = Attempts(self.render_variables(variables), self.options, self.taxonomy)
        while not attempts.over and attempts.made <= self.retries:
            attempts.made += 1
            if attempts.failure:
                yield Retrying(attempts.failure.message, attempts.made)
            try:
                reply = yield from self._reply(attempts.messages, attempts.options, stop, streamed)
            except (StoppedError, OllamaError) as error:
                tried_again = not streamed and isinstance(error, (ConnectionLostError, ServerBusyError))  # by `complete`
                attempts.broke(error, again=not tried_again)
                if isinstance(error, ServerBusyError) and not attempts.over and attempts.made <= self.retries:
                    _wait(self._backoff, attempts.made, stop)
            else:
                attempts.judge(reply)
        yield Finished(attempts.answer(material(self.prompt.template.kind, variables)))

    def _reply(
        self, messages: Sequence[Message], options: ChatOptions, stop: Callable[[], bool], streamed: bool
    ) -> Generator[ChatEvent, None, Completion]:
        """One reply, told piece by piece where it is streamed."""
        if not streamed:
            return complete(self.server, self.model, messages, options, self.schema, stop, self._backoff)
        texts: list[str] = []
        thoughts: list[str] = []
        splitter = ThinkingSplitter()
        usage, reason = Usage(0, 0, 0.0, 0.0, 0.0, 0.0), ""
        for event in chat(self.server, self.model, messages, options, self.schema, stop):
            match event:
                case Text(piece):
                    texts.append(piece)
                    yield from _pieces(*splitter.feed(piece))
                    continue
                case Thinking(piece):
                    thoughts.append(piece)
                case Usage():
                    usage = event
                    yield from _pieces(*splitter.end())
                case Done(reason):
                    pass
            yield event
        return Completion("".join(texts), "".join(thoughts), usage, reason)


def _wait(backoff: Backoff, attempt: int, stop: Callable[[], bool]) -> None:
    """Give a busy server time, twice as long after each attempt; no longer once a stop is requested."""
    end = time.monotonic() + min(backoff.longest_s, backoff.first_s * 2 ** (attempt - 1))
    while (left := end - time.monotonic()) > 0 and not stop():
        time.sleep(min(left, 0.05))


def material(kind: PromptKind, variables: Mapping[str, Any]) -> str:
    """The text the quotes of an answer are looked for in; the spans of its groundings are positions in it.

    Args:
        kind: "review": the review itself; "user" and "item": the texts of the reviews, without titles; "merge": quotes and
            statements of what is merged.
        variables: as for `OllamaExtractor.ask`.
    """
    if kind == "review":
        return encodable(str(variables.get("review", "")))
    several, names = ("statements", ("quote", "statement")) if kind == "merge" else ("reviews", ("text",))
    texts = [_member(entry, name) for entry in variables.get(several, ()) for name in names]
    return "\n\n".join(encodable(text) for text in texts if text)


def _member(entry: Any, name: str) -> str:
    value = entry.get(name) if isinstance(entry, Mapping) else getattr(entry, name, None)
    return str(value or "")


def _pieces(thinking: str, text: str) -> Iterator[ChatEvent]:
    if thinking:
        yield Thinking(thinking)
    if text:
        yield Text(text)
