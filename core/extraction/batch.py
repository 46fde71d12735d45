"""Asking many questions at once, each exactly once: a bounded pool of threads over a lazily read stream of requests.

An answer is committed to the store by the thread that received it, before its request counts as done. So a process killed at
any moment loses the requests in flight at most, and the next start repeats none that had been answered. Nothing here grows
with the number of requests: they are drawn one by one, and what was asked is looked up in the store, not remembered.

Two processes with the same questions at the same moment may both ask those in flight; the first answer stands.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from core.errors import StoppedError, StudioError
from core.extraction.answer_store import AnswerStore
from core.extraction.batch_feed import BatchReport, Feed, Request
from core.extraction.ollama.errors import OllamaError
from core.extraction.ollama.extractor import Answer
from core.progress import Progress, ProgressEvent, never_stop, silent

LOOK_EVERY_S = 0.1  # at the stop request and the pause
REPORT_EVERY_S = 0.25
GRACE_S = 1.0  # for requests in flight to end when the batch is stopped; the server is not waited for any longer
WINDOW_S = 15.0  # over which rates are measured
TROUBLES = 8  # failures of the server in a row, and at least two a thread, before the batch gives up on it
__all__ = ["BatchError", "BatchReport", "Request", "run_batch"]


class BatchError(StudioError):
    """The server fails request after request: asking on would only mark every text as failed."""


def run_batch(
    requests: Iterable[Request],
    answer: Callable[[Request], Answer],
    store: AnswerStore,
    *,
    concurrency: int = 4,
    stop: Callable[[], bool] = never_stop,
    paused: Callable[[], bool] = never_stop,
    progress: Progress = silent,
    stage: str = "Asking the model",
    total: int = 0,
    retry_failed: bool = False,
) -> BatchReport:
    """Ask all questions that have no answer yet.

    Args:
        requests: read lazily, by one thread at a time.
        answer: asks one question, in one of ``concurrency`` threads. What it raises ends the batch; an answer whose failure is
            "stopped" is not kept.
        paused: while it says so nothing new is asked; requests in flight end.
        progress: ``stage`` with done and ``total``, and the measures answered, cached, failed, in_flight, reviews_per_s and
            tokens_per_s (answers in the last `WINDOW_S` seconds), paused.
        total: number of requests; 0 where it is not known.
        retry_failed: ask those again that failed in an earlier batch.

    Raises:
        StoppedError: ``stop`` said so. BatchError: the server failed many requests in a row. Whatever ``answer`` or
            ``requests`` raised. What was answered is kept in each case.
    """
    return _Batch(requests, answer, store, concurrency, retry_failed).run(stop, paused, _Reporter(progress, stage, total, concurrency))


class _Reporter:
    """Turns counts into progress, a few times a second."""

    def __init__(self, progress: Progress, stage: str, total: int, concurrency: int) -> None:
        self._progress = progress
        self.stage = stage
        self.total = total
        self._concurrency = concurrency
        self._told_at = 0.0
        self._moments: deque[tuple[float, int, int]] = deque()

    def tell(self, feed: Feed, paused: bool, *, at_once: bool = False) -> None:
        moment = time.monotonic()
        searching = not feed.found_work.is_set() and not paused
        if not at_once and (moment - self._told_at < REPORT_EVERY_S or searching):
            return  # before the first question is found, what is skipped would look like a rate
        self._told_at = moment
        asked = feed.answered + feed.failed
        self._moments.append((moment, asked, feed.answer_tokens))
        while len(self._moments) > 2 and moment - self._moments[0][0] > WINDOW_S:
            self._moments.popleft()
        began, asked_then, tokens_then = self._moments[0]
        elapsed = max(moment - began, 1e-9)
        measures: dict[str, Any] = {
            "answered": feed.answered,
            "cached": feed.cached,
            "failed": feed.failed + feed.failed_before,
            "in_flight": feed.in_flight,
            "concurrency": self._concurrency,
            "reviews_per_s": round((asked - asked_then) / elapsed, 2),
            "tokens_per_s": round((feed.answer_tokens - tokens_then) / elapsed, 1),
            "paused": paused,
        }
        self._progress(ProgressEvent(self.stage, feed.seen - feed.in_flight, self.total, measures))


class _Batch:
    """The threads of one batch and the loop that watches them."""

    def __init__(
        self, requests: Iterable[Request], answer: Callable[[Request], Answer], store: AnswerStore, concurrency: int, retry_failed: bool
    ) -> None:
        self._feed = Feed(requests, store, retry_failed)
        self._answer = answer
        self._store = store
        self._held = threading.Event()  # while the batch is paused
        self._error: BaseException | None = None
        self._troubles = max(TROUBLES, 2 * concurrency)
        # Daemons: a server that never answers must not keep the process from ending.
        self._threads = [threading.Thread(target=self._work, name=f"asking-{number}", daemon=True) for number in range(concurrency)]

    def run(self, stop: Callable[[], bool], paused: Callable[[], bool], reporter: _Reporter) -> BatchReport:
        started = time.monotonic()
        self._hold(paused())  # before the first question: a batch may begin paused
        for thread in self._threads:
            thread.start()
        stopped = False
        try:
            while any(thread.is_alive() for thread in self._threads) and self._error is None and not (stopped := stop()):
                self._hold(paused())
                reporter.tell(self._feed, self._held.is_set())
                self._join_one(LOOK_EVERY_S)
        finally:
            self._feed.closed.set()  # also where `stop` or `progress` raised
            self._join_all(GRACE_S if stopped or self._error else 0.0)
        reporter.tell(self._feed, False, at_once=True)
        report = self._feed.report(time.monotonic() - started)
        so_far = f"{report.requests:,} of {reporter.total:,}" if reporter.total else f"{report.requests:,}"
        if isinstance(self._error, OllamaError):
            hint = f"{self._error.hint or 'See its log'}; the answers to {so_far} texts are kept: start again to go on"
            raise type(self._error)(self._error.what, where=self._error.where, hint=hint) from self._error
        if self._error is not None:
            raise self._error
        if stopped or self._feed.gave_up:
            raise StoppedError(
                f"Stopped after {so_far} texts", where=reporter.stage, hint="What was answered is kept; start again to go on"
            )
        return report

    def _hold(self, wanted: bool) -> None:
        if wanted:
            self._held.set()
        else:
            self._held.clear()

    def _join_one(self, limit_s: float) -> None:
        next((thread for thread in self._threads if thread.is_alive()), self._threads[0]).join(limit_s)

    def _join_all(self, limit_s: float) -> None:
        deadline = time.monotonic() + limit_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        try:
            while not self._feed.closed.is_set():
                if self._held.is_set():
                    self._feed.closed.wait(LOOK_EVERY_S)
                    continue
                request = self._feed.take()
                if request is None or not self._ask(request):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that runs the batch
            self._error = self._error or error
            self._feed.closed.set()

    def _ask(self, request: Request) -> bool:
        """Ask and keep; False where the request was given up because the batch is being stopped."""
        try:
            found = self._answer(request)
            if found.failure is not None and found.failure.kind == "stopped":
                self._feed.given_up(request)
                return False
            self._store.put(request.key, request.scope, found)
        except StoppedError:
            self._feed.given_up(request)
            return False
        except BaseException:
            self._feed.given_up(request)
            raise
        self._feed.kept(request, found)
        if self._feed.troubles >= self._troubles:
            assert found.failure is not None
            raise BatchError(
                f"The server failed {self._feed.troubles} requests in a row; the last: {found.failure.message.rstrip('.')}",
                hint="What was answered is kept; look after the server, then start again with --retry-failed",
            )
        return True
