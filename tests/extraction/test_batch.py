"""Batches: each question once, nothing answered is lost, and they end when asked. The model is a function here."""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import StoppedError
from core.extraction.answer_store import AnswerStore, key_of
from core.extraction.batch import BatchError, BatchReport, Request, run_batch
from core.extraction.ollama.errors import ServerDownError
from core.extraction.ollama.extractor import Answer, Failure, FailureKind
from core.extraction.schema import ReviewMotivations
from core.progress import ProgressEvent
from core.workspace import Workspace

VALID = Answer(result=ReviewMotivations(), prompt_tokens=10, answer_tokens=3)


def request(text: str) -> Request:
    return Request(key_of("scope", {"review": text}), "scope", {"review": text})


def requests(texts: Iterable[str]) -> Iterator[Request]:
    return map(request, texts)


def failing(kind: FailureKind, message: str = "it broke") -> Answer:
    return Answer(failure=Failure(kind=kind, message=message), raw="raw")


class Model:
    """Counts what it is asked; ``says`` answers."""

    def __init__(self, says: Callable[[str], Answer] = lambda text: VALID, latency_s: float = 0.0) -> None:
        self.asked: Counter[str] = Counter()
        self.busy = self.busiest = 0
        self._says = says
        self._latency_s = latency_s
        self._lock = threading.Lock()

    def __call__(self, one: Request) -> Answer:
        with self._lock:
            self.asked[one.variables["review"]] += 1
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
        try:
            time.sleep(self._latency_s)
            return self._says(one.variables["review"])
        finally:
            with self._lock:
                self.busy -= 1


@pytest.fixture
def store(workspace: Workspace) -> AnswerStore:
    return AnswerStore(workspace)


def test_every_question_is_asked_once_and_kept(store: AnswerStore):
    model = Model()
    texts = [f"text {number}" for number in range(50)]
    report = run_batch(requests(texts), model, store, concurrency=4)
    assert model.asked == Counter(texts)
    assert (report.requests, report.answered, report.cached, report.failed) == (50, 50, 0, 0)
    assert (report.prompt_tokens, report.answer_tokens) == (500, 150)
    again = run_batch(requests(texts), model, store, concurrency=4)
    assert sum(model.asked.values()) == 50
    assert (again.asked, again.cached) == (0, 50)


@given(texts=st.lists(st.sampled_from("abcdef"), max_size=30), concurrency=st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_repeated_texts_are_asked_once(texts: list[str], concurrency: int, tmp_path_factory: pytest.TempPathFactory):
    store = AnswerStore(Workspace(tmp_path_factory.mktemp("batch") / "w"))
    model = Model(lambda text: failing("invalid") if text == "a" else VALID, latency_s=0.001)
    report = run_batch(requests(texts), model, store, concurrency=concurrency)
    assert model.asked == Counter(set(texts))
    assert report.requests == len(texts)
    assert report.answered + report.failed == len(set(texts))
    assert report.answered + report.failed + report.cached + report.failed_before == len(texts)
    store.close()


def test_no_more_is_in_flight_than_allowed(store: AnswerStore):
    model = Model(latency_s=0.01)
    run_batch(requests(map(str, range(40))), model, store, concurrency=3)
    assert model.busiest == 3


def test_requests_are_read_as_they_are_needed(store: AnswerStore):
    drawn = 0

    def stream() -> Iterator[Request]:
        nonlocal drawn
        for number in range(1000):
            drawn += 1
            yield request(str(number))

    with pytest.raises(StoppedError):
        run_batch(stream(), Model(latency_s=0.02), store, concurrency=2, stop=lambda: drawn >= 10)
    assert drawn < 30


def test_failed_questions_are_kept_and_asked_again_only_on_request(store: AnswerStore):
    good = Model(lambda text: failing("invalid", "no JSON") if text == "bad" else VALID)
    first = run_batch(requests(["good", "bad"]), good, store)
    assert (first.answered, first.failed) == (1, 1)
    second = run_batch(requests(["good", "bad"]), good, store)
    assert (second.asked, second.cached, second.failed_before) == (0, 1, 1)
    third = run_batch(requests(["good", "bad", "bad"]), good, store, retry_failed=True)
    assert (third.answered, third.failed, third.cached) == (0, 1, 2)
    assert good.asked == {"good": 1, "bad": 2}
    healed = Model()
    run_batch(requests(["good", "bad"]), healed, store, retry_failed=True)
    assert healed.asked == {"bad": 1}
    assert store.counts() == {"answered": 2, "failed": 0}


def test_stop_ends_a_batch_at_once_although_the_server_hangs(store: AnswerStore):
    release = threading.Event()

    def says(text: str) -> Answer:
        if text == "hang":
            release.wait(30)
        return VALID

    started = time.monotonic()
    with pytest.raises(StoppedError, match="start again to go on"):
        run_batch(requests(["a", "b", "hang", "hang 2"]), Model(says), store, concurrency=2, stop=lambda: store.counts()["answered"] >= 3)
    assert time.monotonic() - started < 2.5
    assert store.counts()["answered"] == 3
    release.set()


def test_an_answer_that_was_stopped_is_no_answer(store: AnswerStore):
    stopping = threading.Event()

    def says(text: str) -> Answer:
        if text == "3":
            stopping.set()
        return failing("stopped") if stopping.is_set() else VALID

    with pytest.raises(StoppedError):
        run_batch(requests(map(str, range(10))), Model(says), store, concurrency=1, stop=stopping.is_set)
    assert store.counts() == {"answered": 3, "failed": 0}


def test_threads_that_were_told_to_stop_never_pass_for_a_finished_batch(store: AnswerStore):
    with pytest.raises(StoppedError):
        run_batch(requests("abc"), Model(lambda text: failing("stopped")), store)


def test_a_server_that_goes_down_ends_the_batch_with_its_line(store: AnswerStore):
    def says(text: str) -> Answer:
        if int(text) >= 20:
            raise ServerDownError("No Ollama server answers", where="http://127.0.0.1:1")
        return VALID

    with pytest.raises(ServerDownError, match="No Ollama server answers .* answers to 20 of 1,000 texts are kept: start again"):
        run_batch(requests(map(str, range(1000))), Model(says, 0.001), store, concurrency=4, total=1000)
    assert store.counts() == {"answered": 20, "failed": 0}


def test_a_server_that_fails_everything_is_given_up(store: AnswerStore):
    model = Model(lambda text: failing("server", "CUDA error"))
    with pytest.raises(BatchError, match="8 requests in a row; the last: CUDA error"):
        run_batch(requests(map(str, range(1000))), model, store, concurrency=1)
    assert sum(model.asked.values()) == 8


def test_failures_now_and_then_do_not_end_a_batch(store: AnswerStore):
    model = Model(lambda text: failing("server") if int(text) % 2 else VALID)
    report = run_batch(requests(map(str, range(100))), model, store, concurrency=1)
    assert (report.answered, report.failed) == (50, 50)


def test_a_broken_stream_of_requests_is_told(store: AnswerStore):
    def stream() -> Iterator[Request]:
        yield request("a")
        raise ValueError("no such row")

    with pytest.raises(ValueError, match="no such row"):
        run_batch(stream(), Model(), store)
    assert store.counts()["answered"] == 1


def test_pause_asks_nothing_new_and_resume_goes_on(store: AnswerStore):
    model = Model(latency_s=0.005)
    paused = threading.Event()
    events: list[ProgressEvent] = []
    result: list[BatchReport] = []

    def run() -> None:
        batch = requests(map(str, range(60)))
        result.append(run_batch(batch, model, store, concurrency=2, paused=paused.is_set, progress=events.append, total=60))

    thread = threading.Thread(target=run)
    thread.start()
    while sum(model.asked.values()) < 5:
        time.sleep(0.002)
    paused.set()
    time.sleep(0.4)
    asked = sum(model.asked.values())
    time.sleep(0.4)
    assert sum(model.asked.values()) == asked < 60
    assert events[-1].measures["paused"] is True
    assert thread.is_alive()
    paused.clear()
    thread.join(10)
    assert result[0].answered == 60
    assert set(model.asked.values()) == {1}


def test_a_paused_batch_can_be_stopped(store: AnswerStore):
    began = time.monotonic()
    with pytest.raises(StoppedError):
        run_batch(requests("abc"), Model(), store, paused=lambda: True, stop=lambda: time.monotonic() - began > 0.3)
    assert time.monotonic() - began < 2.0


def test_a_batch_that_begins_paused_says_so_and_asks_nothing(store: AnswerStore):
    held, model, events = [True], Model(), []

    def progress(event: ProgressEvent) -> None:
        events.append((event.measures["paused"], len(model.asked)))
        held[0] = False

    run_batch(requests("abc"), model, store, paused=lambda: held[0], progress=progress)
    assert events[0] == (True, 0)
    assert len(model.asked) == 3


def test_progress_tells_counts_and_rates(store: AnswerStore):
    events: list[ProgressEvent] = []
    run_batch(requests(map(str, range(20))), Model(), store)
    model = Model(lambda text: failing("cut") if text == "39" else VALID, latency_s=0.05)
    run_batch(requests(map(str, range(40))), model, store, concurrency=2, progress=events.append, stage="Asking tiny:1b", total=40)
    assert {event.stage for event in events} == {"Asking tiny:1b"}
    assert [event.done for event in events] == sorted(event.done for event in events)
    assert events[0].done >= 20  # what is known already is skipped before the first report
    last = events[-1]
    assert (last.done, last.total) == (40, 40)
    measures = {name: last.measures[name] for name in ("answered", "cached", "failed", "in_flight", "paused")}
    assert measures == {"answered": 19, "cached": 20, "failed": 1, "in_flight": 0, "paused": False}
    assert 20 < last.measures["reviews_per_s"] < 45
    assert last.measures["tokens_per_s"] == pytest.approx(3 * last.measures["reviews_per_s"], rel=0.2)


def test_memory_does_not_grow_with_the_number_of_requests(workspace: Workspace):
    def peak(n: int, store: AnswerStore) -> int:
        tracemalloc.start()
        try:
            run_batch(requests(f"{n} {number} {'word ' * 200}" for number in range(n)), lambda one: VALID, store, concurrency=4)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    store = AnswerStore(workspace)
    peak(50, store)
    small, large = peak(300, store), peak(3000, store)
    assert large < small + 200_000
