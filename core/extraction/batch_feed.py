"""The questions of a batch on their way: what is asked next, what is in flight, and how all of them ended."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.extraction.answer_store import AnswerStore
from core.extraction.ollama.extractor import Answer

_SERVER_KINDS = ("server", "timeout")


@dataclass(frozen=True)
class Request:
    """One question.

    Args:
        key, scope: what the answer is kept under, see `core.extraction.answer_store`.
        variables: what the prompt is filled with.
    """

    key: str
    scope: str
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class BatchReport:
    """How a batch ended.

    Args:
        requests: all there were. answered, failed: asked now. cached: answered before, or the same question again.
        failed_before: kept as failed from an earlier batch and not asked again.
        prompt_tokens, answer_tokens: of what was asked now. seconds: from the first request to the last.
    """

    requests: int = 0
    answered: int = 0
    cached: int = 0
    failed: int = 0
    failed_before: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0.0

    @property
    def asked(self) -> int:
        """Questions put to the model now."""
        return self.answered + self.failed


class Feed:
    """The requests still to be asked, one at a time. Counts everything; its lock guards all of it.

    Args:
        retry_failed: ask those again that failed in an earlier batch.

    ``closed`` ends it early; ``found_work`` is set once a question without an answer is found, or none is left; ``gave_up`` says
    that a request ended without an answer; ``troubles`` counts failures of the server in a row.
    """

    def __init__(self, requests: Iterable[Request], store: AnswerStore, retry_failed: bool) -> None:
        self._requests: Iterator[Request] = iter(requests)
        self._store = store
        self._retry = retry_failed
        self._lock = threading.Lock()
        self._in_flight: set[str] = set()
        self._failed_again: set[str] = set()
        self.closed = threading.Event()
        self.gave_up = False
        self.found_work = threading.Event()
        self.seen = self.answered = self.cached = self.failed = self.failed_before = 0
        self.prompt_tokens = self.answer_tokens = 0
        self.troubles = 0

    def take(self) -> Request | None:
        """The next question without an answer; None at the end, or when the feed is closed."""
        with self._lock:
            while not self.closed.is_set():
                request = next(self._requests, None)
                if request is None:
                    break
                self.seen += 1
                if self._is_new(request.key):
                    self._in_flight.add(request.key)
                    self.found_work.set()
                    return request
        self.found_work.set()
        return None

    def _is_new(self, key: str) -> bool:
        state = self._store.state(key)
        if key in self._in_flight or key in self._failed_again or state == "answered":
            self.cached += 1
            return False
        if state == "failed" and not self._retry:
            self.failed_before += 1
            return False
        return True

    def kept(self, request: Request, answer: Answer) -> None:
        """The answer is in the store."""
        with self._lock:
            self._in_flight.discard(request.key)
            self.prompt_tokens += answer.prompt_tokens
            self.answer_tokens += answer.answer_tokens
            if answer.failure is None:
                self.answered += 1
            else:
                self.failed += 1
                if self._retry:
                    self._failed_again.add(request.key)
            in_trouble = answer.failure is not None and answer.failure.kind in _SERVER_KINDS
            self.troubles = self.troubles + 1 if in_trouble else 0

    def given_up(self, request: Request) -> None:
        """The request ended without an answer: it is asked again by a later batch."""
        with self._lock:
            self._in_flight.discard(request.key)
            self.seen -= 1
            self.gave_up = True

    @property
    def in_flight(self) -> int:
        return len(self._in_flight)

    def report(self, seconds: float) -> BatchReport:
        with self._lock:
            return BatchReport(
                requests=self.seen - len(self._in_flight),
                answered=self.answered,
                cached=self.cached,
                failed=self.failed,
                failed_before=self.failed_before,
                prompt_tokens=self.prompt_tokens,
                answer_tokens=self.answer_tokens,
                seconds=seconds,
            )
