"""Batches to measure and to kill: a dataset of distinct reviews, and what the server's log proves about who was asked when."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from core.data.assemble import publish_dataset
from core.data.dataset import SPLITS, ReviewDataset
from core.extraction.answer_store import AnswerStore
from core.extraction.batch import run_batch
from core.extraction.config import ExtractionConfig
from core.extraction.ollama.extractor import OllamaExtractor
from core.extraction.ollama.server import OllamaServer
from core.extraction.ollama_plan import Plan
from core.extraction.prompts.store import PromptStore
from core.extraction.questions import Asker
from core.extraction.taxonomy import Taxonomy
from core.jobs.launch import job, launch, log_tail, process_started
from core.jobs.store import Job
from core.workspace import Artefact, Workspace
from tests.ollama_server.fixture import RunningServer

WORDS = ("the sound is rich and clear", "it was worth every penny", "my daughter loves this", "setup took two long hours", "and more")
PER_USER = 20
SETTLED_S = 0.5  # an answer sent that long before a kill has reached the store, busy as the machine may be


def text_of(number: int) -> str:
    """A review of about 70 words that no other number has."""
    draw = random.Random(number)
    sentences = [", ".join(draw.choices(WORDS, k=3)).capitalize() + "." for _ in range(5)]
    return " ".join([f"This is review number {number} of all.", *sentences])


def reviews_dataset(workspace: Workspace, n: int) -> Artefact:
    """A dataset of ``n`` training reviews, each with its own text, and a held-out one for every user."""
    n_users = -(-n // PER_USER)
    train = np.arange(n)
    users = np.concatenate([train // PER_USER, np.arange(n_users)])
    items = np.concatenate([train % PER_USER, np.full(n_users, PER_USER)])
    interactions = pd.DataFrame({"user_idx": users, "item_idx": items}).astype("int32")
    interactions["rating"] = np.float32(4.0)
    interactions["timestamp"] = 1_600_000_000 + np.arange(len(interactions))
    interactions["split"] = pd.Categorical(["train"] * n + ["test"] * n_users, categories=list(SPLITS))
    interactions["summary"] = ""
    interactions["text"] = [text_of(number) for number in range(len(interactions))]
    user_table = pd.DataFrame({"user_id": [f"u{user}" for user in range(n_users)], "name": "", "profile_text": ""})
    item_table = pd.DataFrame({"item_id": [f"i{item}" for item in range(PER_USER + 1)], "title": "A radio"})
    item_table = item_table.assign(description="", category="", profile_text="")
    dataset = ReviewDataset("batch-0", "batch", "products", interactions, user_table, item_table, report={})
    return publish_dataset(workspace, dataset, {"domain": "products"})


def config_of(server: RunningServer, concurrency: int) -> dict[str, Any]:
    """Settings of an extraction by the scripted model."""
    return {"backend": "ollama", "encoder": "tfidf", "ollama": {"model": "tiny:1b", "host": server.url, "concurrency": concurrency}}


@dataclass(frozen=True)
class Kill:
    """One kill -9: when (seconds since 1970), which questions had their answer on disk right after it, and when the next process began.

    A busy server may begin with a request of the dead process only then: what arrives before ``next_life`` is none of the next one's.
    """

    at: float
    kept: frozenset[str]
    next_life: float


@dataclass
class KillReport:
    """What became of a batch that was killed again and again; keys are those of the server's log.

    Args:
        n_requests: that reached the server whole. n_once: reviews with exactly one result. kept: answers on disk at each kill.
        strange: questions that are about no review of the dataset: has to be empty, or the other figures mean nothing.
        asked_after_kept: questions put again although their answer was on disk: has to be empty.
        asked_twice_in_a_life: questions one process put twice: has to be empty.
        answered_but_lost: answers the server had sent well before a kill and that were not on disk: has to be empty.
        repeated: questions put more than once, those in flight at a kill.
    """

    n_reviews: int
    n_kills: int
    n_requests: int
    n_once: int
    kept: list[int]
    strange: list[str] = field(default_factory=list)
    asked_after_kept: list[str] = field(default_factory=list)
    asked_twice_in_a_life: list[str] = field(default_factory=list)
    answered_but_lost: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)


def kill_again_and_again(
    workspace: Workspace, server: RunningServer, n_reviews: int, n_kills: int, *, concurrency: int = 4, seed: int = 0
) -> KillReport:
    """Extract as a job whose process is killed -9 at random moments while it asks, and let the last one finish."""
    generator = random.Random(seed)
    dataset = reviews_dataset(workspace, n_reviews)
    arguments = {"dataset": dataset.id, "config": config_of(server, concurrency)}
    keys = _keys(workspace, dataset, arguments["config"])
    kills: list[Kill] = []
    while len(kills) < n_kills:
        before = _n_logged(server)
        running = launch(workspace, "extract", arguments)
        left = n_reviews - len(kills[-1].kept if kills else ())
        wanted = max(1, round(generator.uniform(0.2, 1.6) * left / (n_kills - len(kills) + 1)))
        _until(workspace, running, lambda one, goal=before + wanted: not one.live or _n_logged(server) >= goal)
        time.sleep(generator.uniform(0.0, 0.03))  # anywhere between two answers
        found = job(workspace, running)
        if not found.live:
            raise AssertionError(f"the batch ended before its kill {len(kills) + 1}: {found.message}")
        os.killpg(found.pid or 0, signal.SIGKILL)
        moment = time.time()
        _until(workspace, running, lambda one: not one.live)
        store = AnswerStore(workspace)
        kept = frozenset(keys[key] for key in store.states(list(keys)))
        store.close()
        time.sleep(0.3)
        kills.append(Kill(moment, kept, time.time()))
    finished = _until(workspace, launch(workspace, "extract", arguments), lambda one: not one.live, limit_s=600)
    assert finished.status == "finished", log_tail(workspace, finished.id)
    return _report(workspace, server, kills, frozenset(keys.values()))


def _keys(workspace: Workspace, dataset: Artefact, config: dict[str, Any]) -> dict[str, str]:
    """The server's key of every question (a hash of the message), by the key of its answer in the store."""
    plan = Plan.open(workspace, ReviewDataset.load(dataset), ExtractionConfig.model_validate(config))
    (level,) = plan.levels
    return {
        question.request.key: _hash(level.asker.extractor.render_variables(question.request.variables)[-1].content)
        for question in level.questions()
    }


def _hash(message: str) -> str:
    return hashlib.sha256(message.encode()).hexdigest()


def _report(workspace: Workspace, server: RunningServer, kills: list[Kill], asked_about: frozenset[str]) -> KillReport:
    read = [entry for entry in server.log("/api/chat") if "request" in entry]  # a kill may cut one off while it is being sent
    requests = sorted(read, key=lambda entry: entry["arrival"])
    (made,) = workspace.list("extraction")
    answers = pd.read_parquet(made.path / "answers.parquet")
    valid = answers[answers["failure"] == ""]
    n_once = int((valid["interaction_idx"].value_counts() == 1).sum())
    report = KillReport(len(answers), len(kills), len(requests), n_once, [len(kill.kept) for kill in kills])
    report.strange = sorted({entry["key"] for entry in requests} - asked_about)
    edges = [0.0, *(kill.next_life for kill in kills), float("inf")]
    for begin, end in pairwise(edges):
        life = Counter(entry["key"] for entry in requests if begin <= entry["arrival"] < end)
        report.asked_twice_in_a_life += [key for key, times in life.items() if times > 1]
    for kill in kills:
        report.asked_after_kept += [entry["key"] for entry in requests if entry["arrival"] >= kill.at and entry["key"] in kill.kept]
        sent = {entry["key"] for entry in requests if entry["outcome"] == "answered" and entry["end"] < kill.at - SETTLED_S}
        report.answered_but_lost += sorted(sent - kill.kept)
    report.repeated = [key for key, times in Counter(entry["key"] for entry in requests).items() if times > 1]
    return report


def _n_logged(server: RunningServer) -> int:
    return server.log_path.read_bytes().count(b"\n") if server.log_path.exists() else 0


def _until(workspace: Workspace, identifier: str, condition: Callable[[Job], bool], limit_s: float = 120.0) -> Job:
    deadline = time.monotonic() + limit_s
    while not condition(found := job(workspace, identifier)):
        if time.monotonic() > deadline:
            if found.pid and process_started(found.pid) is not None:
                os.killpg(found.pid, signal.SIGKILL)
            raise AssertionError(f"{found}\n{log_tail(workspace, identifier)}")
        time.sleep(0.01)
    return found


@dataclass(frozen=True)
class BatchMeasure:
    """What a batch against the scripted server took.

    Args:
        share: of the rate that is possible at the server's latency and slots; NaN without latency.
        cpu_ms: processor time of the client a review, milliseconds, of all its threads.
    """

    n_reviews: int
    concurrency: int
    seconds: float
    share: float
    cpu_ms: float


def measure_batch(
    workspace: Workspace, server: RunningServer, n: int, *, concurrency: int, latency_s: float, slots: int = 4
) -> BatchMeasure:
    """Ask about ``n`` reviews with the shipped prompt; the first question, which opens connections, is not measured."""
    extractor = OllamaExtractor(
        OllamaServer(server.url), "tiny:1b", PromptStore(workspace).get("review-products"), Taxonomy.default("products")
    )
    asker = Asker(extractor, f"{n} {concurrency}")  # another digest for each measurement: nothing is cached
    requests = (asker.request({"review": text_of(number), "rating": 4.0, "item_title": "A radio"}) for number in range(n))
    extractor.ask({"review": "Good.", "rating": 4.0, "item_title": "A radio"})
    with closing(AnswerStore(workspace)) as store:
        processor, began = time.process_time(), time.monotonic()
        report = run_batch(requests, lambda request: extractor.ask(request.variables), store, concurrency=concurrency, total=n)
        seconds, processor = time.monotonic() - began, time.process_time() - processor
    assert (report.answered, report.failed) == (n, 0)
    share = n / seconds * latency_s / slots if latency_s else float("nan")
    return BatchMeasure(n, concurrency, round(seconds, 3), round(share, 4), round(1000 * processor / n, 3))
