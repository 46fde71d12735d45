"""Does a prompt fit the context? A server cuts one that does not, and says nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Literal

from core.extraction.ollama.chat import ChatOptions, Message, Usage

MESSAGE_TOKENS = 5  # role and separators of a message in the usual chat templates
CLEARLY_LOWER = 0.5  # of the estimate; its own error is smaller
_PARTS = re.compile(r"[A-Za-z]+|[0-9]+|\s*\n\s*|[^\sA-Za-z0-9]")


@dataclass(frozen=True)
class Truncation:
    """A prompt that does not fit, or did not.

    ``kind`` is "expected" (before sending: estimate and longest answer exceed the context) or "measured" (the server read fewer
    tokens than the prompt has, or filled its context). Counts are tokens; ``read`` is 0 before sending.
    """

    kind: Literal["expected", "measured"]
    estimate: int
    num_ctx: int
    num_predict: int
    read: int = 0

    @property
    def message(self) -> str:
        """One line for the person who wrote the prompt."""
        if self.kind == "expected":
            return (
                f"The prompt has about {self.estimate:,} tokens; with {self.num_predict:,} for the answer it exceeds "
                f"the context of {self.num_ctx:,}. Raise num_ctx or shorten the prompt."
            )
        return (
            f"The server read {self.read:,} tokens of a prompt of about {self.estimate:,} (context {self.num_ctx:,}): "
            "its beginning was cut. Raise num_ctx or shorten the prompt."
        )


def estimate_tokens(messages: Sequence[Message]) -> int:
    """About how many tokens a conversation has, without the model's tokenizer."""
    return sum(MESSAGE_TOKENS + _text_tokens(message.content) for message in messages)


def truncation(messages: Sequence[Message], options: ChatOptions, usage: Usage | None) -> Truncation | None:
    """The alarm for a prompt that is cut, or None.

    Args:
        usage: what the server said of the answer; None before sending.
    """
    estimate = estimate_tokens(messages)
    if usage is None:
        if estimate + options.num_predict > options.num_ctx:
            return Truncation("expected", estimate, options.num_ctx, options.num_predict)
        return None
    read = usage.prompt_tokens
    if read and (read >= options.num_ctx - 1 or read < CLEARLY_LOWER * estimate):
        return Truncation("measured", estimate, options.num_ctx, options.num_predict, read)
    return None


@lru_cache(maxsize=64)  # a batch asks with the same system message again and again
def _text_tokens(text: str) -> int:
    total = 0
    for part in _PARTS.findall(text):
        if part[0].isascii() and part[0].isalpha():
            total += max(1, ceil((len(part) - 2) / 6))
        elif part[0].isdigit():
            total += ceil(len(part) / 2)
        else:
            total += 1
    return total
