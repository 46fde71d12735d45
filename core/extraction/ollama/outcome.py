"""What becomes of one request to a model, and what is told of it on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.extraction.grounding import Grounding
from core.extraction.ollama.chat import ChatEvent
from core.extraction.schema import ReviewMotivations

FailureKind = Literal["invalid", "cut", "server", "timeout", "truncated", "stopped"]


class Failure(BaseModel):
    """Why there is no result: ``message`` is one line for the person who wrote the prompt.

    ``kind``: "invalid" (no answer could be used), "cut" (the longest answer allowed was too short), "server" and "timeout" (the
    server failed), "truncated" (the server cut the prompt), "stopped" (on request; no verdict on the prompt).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FailureKind
    message: str


class Answer(BaseModel):
    """What became of one request: a result or a failure, never both.

    Args:
        groundings: parallel to ``result.motivations``; empty without a result.
        raw: the last reply as it came, thinking apart.
        thinking: what the model thought before its last reply.
        attempts: requests made, retries among them.
        prompt_tokens, answer_tokens: of all attempts, as the server counted them.
        seconds: wall time of all attempts.
        truncated: the truncation alarm: the prompt was cut, or may have been.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    result: ReviewMotivations | None = None
    groundings: tuple[Grounding, ...] = ()
    raw: str = ""
    thinking: str = ""
    failure: Failure | None = None
    attempts: int = Field(1, ge=0)
    prompt_tokens: int = Field(0, ge=0)
    answer_tokens: int = Field(0, ge=0)
    seconds: float = Field(0.0, ge=0.0)
    truncated: bool = False

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.result is None) == (self.failure is None):
            raise ValueError("an answer has either a result or a failure")
        if len(self.groundings) != (len(self.result.motivations) if self.result else 0):
            raise ValueError("an answer has one grounding for each motivation")
        return self


@dataclass(frozen=True)
class Retrying:
    """The model is asked again: why, and the number of the attempt that begins (2 is the first retry)."""

    reason: str
    attempt: int


@dataclass(frozen=True)
class Finished:
    """The end of a stream of events: what became of the request."""

    answer: Answer


ExtractionEvent = ChatEvent | Retrying | Finished
