"""One request to a model, from its first attempt to its last: what each reply is worth, and whether and how to ask again."""

from __future__ import annotations

import time
from collections.abc import Sequence

from core.errors import StoppedError
from core.extraction.grounding import ground
from core.extraction.ollama.answers import AnswerError, encodable, parse_answer, retry_messages
from core.extraction.ollama.chat import ChatOptions, Completion, Message
from core.extraction.ollama.context import Truncation, estimate_tokens, truncation
from core.extraction.ollama.errors import (
    BrokenAnswerError,
    ModelMissingError,
    OllamaError,
    PromptTooLongError,
    ServerBusyError,
    ServerDownError,
    ServerTimeoutError,
)
from core.extraction.ollama.outcome import Answer, Failure
from core.extraction.ollama.thinking import split_thinking
from core.extraction.schema import ReviewMotivations
from core.extraction.taxonomy import Taxonomy

_SHOWN_IF_TIGHT = 400  # characters of a wrong answer to show again where the context has no room for more


class Attempts:
    """The attempts at one request.

    Args:
        prompt: the messages of the first attempt.
        options: of the first attempt.
        taxonomy: the motivations that may be named.

    ``messages`` and ``options`` are those of the next attempt, ``failure`` is why the last one failed, ``over`` says that another
    one would not help.
    """

    def __init__(self, prompt: Sequence[Message], options: ChatOptions, taxonomy: Taxonomy) -> None:
        self.messages = self._prompt = list(prompt)
        self.options = self._first_options = options
        self.made = 0
        self.failure: Failure | None = None
        self.over = False
        self._taxonomy = taxonomy
        self._result: ReviewMotivations | None = None
        self._raw = self._thinking = ""
        self._prompt_tokens = self._answer_tokens = 0
        self._truncated = truncation(prompt, options, None) is not None
        self._started = time.perf_counter()

    def broke(self, error: StoppedError | OllamaError, *, again: bool) -> None:
        """The attempt ended without a reply.

        Args:
            again: the same request may be made again, where the answer broke off or the server was busy.

        Raises:
            ServerDownError, ModelMissingError: as they came; no request can succeed.
        """
        if isinstance(error, (ServerDownError, ModelMissingError)):
            raise error
        kind = {StoppedError: "stopped", ServerTimeoutError: "timeout", PromptTooLongError: "truncated"}.get(type(error), "server")
        self.failure = Failure.model_validate({"kind": kind, "message": encodable(error.what)})
        self.over = not (again and isinstance(error, (BrokenAnswerError, ServerBusyError)))

    def judge(self, reply: Completion) -> None:
        """The attempt ended with a reply: take it as the result, or say what is wrong and set up the next attempt."""
        thinking, self._raw = split_thinking(encodable(reply.text))
        self._thinking = "\n\n".join(filter(None, (encodable(reply.thinking).strip(), thinking)))
        self._prompt_tokens += reply.usage.prompt_tokens
        self._answer_tokens += reply.usage.answer_tokens
        alarm = truncation(self.messages, self.options, reply.usage)
        self._truncated |= alarm is not None
        if alarm and _surely_cut(alarm):
            self.failure, self.over = Failure(kind="truncated", message=alarm.message), True
        elif reply.reason == "length":
            self._was_cut(reply)
        else:
            self._parse()

    def answer(self, material: str) -> Answer:
        """What became of the request.

        Args:
            material: the text quotes are looked for in.
        """
        motivations = self._result.motivations if self._result is not None else []
        return Answer(
            result=self._result,
            groundings=tuple(ground(motivation.quote, material) for motivation in motivations),
            raw=self._raw,
            thinking=self._thinking,
            failure=self.failure if self._result is None else None,
            attempts=self.made,
            prompt_tokens=self._prompt_tokens,
            answer_tokens=self._answer_tokens,
            seconds=time.perf_counter() - self._started,
            truncated=self._truncated,
        )

    def _parse(self) -> None:
        try:
            self._result = parse_answer(self._raw, self._taxonomy)
        except AnswerError as error:
            self.failure = Failure(kind="invalid", message=error.what)
            self.messages = retry_messages(self._prompt, self._raw, error, self._taxonomy)
            if truncation(self.messages, self.options, None):
                self.messages = retry_messages(self._prompt, self._raw, error, self._taxonomy, shown=_SHOWN_IF_TIGHT)
        else:
            self.over = True

    def _was_cut(self, reply: Completion) -> None:
        """Give the next attempt twice the room, once, as far as the context has it."""
        options = self.options
        spent = "while it was still thinking" if self._thinking and not self._raw else "before its end"
        message = f"The answer was cut {spent}, after {reply.usage.answer_tokens:,} tokens (num_predict {options.num_predict:,})"
        self.failure = Failure(kind="cut", message=message)
        read = max(reply.usage.prompt_tokens, estimate_tokens(self.messages))
        room = min(2 * options.num_predict, options.num_ctx - read)
        self.over = options is not self._first_options or room <= options.num_predict
        if not self.over:
            self.options = options.model_copy(update={"num_predict": room})


def _surely_cut(alarm: Truncation) -> bool:
    """Whether the server cut the prompt beyond doubt: a low count alone may be a server that leaves out what it had cached."""
    return alarm.kind == "measured" and (alarm.read >= alarm.num_ctx - 1 or alarm.estimate > alarm.num_ctx)
