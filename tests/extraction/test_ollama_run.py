"""Extraction of a dataset by a language model, against the scripted server and through the real client."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.data.dataset import ReviewDataset
from core.errors import InputError, NotFoundError, StoppedError
from core.extraction.answer_store import AnswerStore
from core.extraction.answer_tables import ANSWER_COLUMNS
from core.extraction.ollama.context import truncation
from core.extraction.ollama.errors import ModelMissingError, ServerDownError
from core.extraction.ollama.extractor import OllamaExtractor
from core.extraction.ollama_estimate import estimate
from core.extraction.ollama_plan import Plan
from core.extraction.prompts.defaults import default_template
from core.extraction.prompts.store import PromptStore
from core.extraction.prompts.template import PromptTemplate
from core.extraction.questions import Question
from core.extraction.run import ExtractionConfig, extract_dataset, extractor_of
from core.extraction.schema import STATEMENT_COLUMNS, Review
from core.motivations.build import build_profiles
from core.motivations.profiles import Profiles
from core.progress import ProgressEvent
from core.storage import read_json, read_tensors
from core.workspace import Workspace
from tests.ollama_server.fixture import RunningServer, StartServer, ollama_server

__all__ = ["ollama_server"]

BROKEN = "This review breaks the model."


@pytest.fixture
def dataset(small_dataset: ReviewDataset) -> ReviewDataset:
    """The checkerboard with a text of its own in every review; user 0 has no review that says anything."""
    interactions = small_dataset.interactions.copy()
    interactions["text"] = [f"{text} It is number {number}." for number, text in enumerate(interactions["text"])]
    own = interactions["user_idx"] == 0
    interactions.loc[own, ["summary", "text"]] = ""
    return replace(small_dataset, interactions=interactions)


@pytest.fixture
def server(ollama_server: StartServer) -> RunningServer:
    return ollama_server({"slots": 8})


def config_of(server: RunningServer, sample: int | None = None, **ollama: Any) -> ExtractionConfig:
    settings = {"model": "tiny:1b", "host": server.url} | ollama
    return ExtractionConfig.model_validate({"backend": "ollama", "encoder": "tfidf", "sample": sample, "ollama": settings})


def train_with_text(dataset: ReviewDataset) -> pd.DataFrame:
    train = dataset.rows("train")
    return train[train["text"] != ""]


def statements_of(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path / "statements.parquet").astype(STATEMENT_COLUMNS)


def answers_of(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path / "answers.parquet").astype(ANSWER_COLUMNS)


def n_asked(server: RunningServer) -> int:
    return len(server.log("/api/chat"))


def questions_about(workspace: Workspace, dataset: ReviewDataset, config: ExtractionConfig, kind: str) -> Iterator[Question]:
    plan = Plan.open(workspace, dataset, config)
    return next(level.questions() for level in plan.levels if level.kind == kind)


# --- what comes out ----------------------------------------------------------------------------------------------------


def test_artefact_holds_statements_and_answers_of_every_training_review(
    workspace: Workspace, dataset: ReviewDataset, server: RunningServer
):
    events: list[ProgressEvent] = []
    made = extract_dataset(workspace, dataset, config_of(server), events.append)
    train = train_with_text(dataset)
    statements, answers = statements_of(made.path), answers_of(made.path)
    assert list(statements) == list(STATEMENT_COLUMNS)
    assert set(statements["interaction_idx"]) == set(train.index)
    for row in statements.itertuples():
        review = dataset.interactions.loc[row.interaction_idx]
        assert row.quote in f"{review['summary']}\n{review['text']}"
        assert (row.user_idx, row.item_idx) == (review["user_idx"], review["item_idx"])
        assert row.grounded
        assert row.confidence == pytest.approx(row.grounding * (0.5 + 0.5 * row.strength))
    embeddings = read_tensors(made.path / "embeddings.safetensors")["embeddings"]
    assert sorted(statements["embedding_row"].unique()) == list(range(len(embeddings)))
    assert statements.groupby("embedding_row")["statement"].nunique().max() == 1

    assert sorted(answers["interaction_idx"]) == sorted(train.index)
    assert (answers["failure"] == "").all()
    assert (answers["n_motivations"].sum(), answers["n_grounded"].sum()) == (len(statements), statements["grounded"].sum())
    assert all(json.loads(raw)["motivations"] for raw in answers["raw"])
    summary = made.manifest.summary
    assert (summary["n_reviews"], summary["valid_share"], summary["grounded_share"], summary["n_failed"]) == (len(train), 1.0, 1.0, 0)
    assert summary["prompt_tokens"] == answers["prompt_tokens"].sum() > 0
    assert summary["motivations_per_review"] == pytest.approx(len(statements) / len(train), abs=1e-4)
    assert made.manifest.config["ollama"]["prompt"] == "review-products@1"
    assert read_json(made.path / "prompts.json")["review"]["hash"] == default_template("review", "products").hash
    assert "Asking tiny:1b" in {event.stage for event in events}


def test_profiles_are_built_of_it_as_of_any_extraction(workspace: Workspace, dataset: ReviewDataset, server: RunningServer):
    made = extract_dataset(workspace, dataset, config_of(server))
    profiles = Profiles.load(build_profiles(workspace, made, dataset))
    assert set(profiles.user_table["node_idx"]) == set(range(1, 24))
    assert set(profiles.item_table["node_idx"]) == set(train_with_text(dataset)["item_idx"])


def test_a_later_text_is_read_by_the_same_prompt(workspace: Workspace, dataset: ReviewDataset, server: RunningServer):
    made = extract_dataset(workspace, dataset, config_of(server))
    extractor = extractor_of(made)
    assert isinstance(extractor, OllamaExtractor)
    assert (extractor.model, extractor.prompt.label, extractor.server.host) == ("tiny:1b", "review-products@1", server.url)
    (found, *_) = extractor.extract(Review(text="It was worth every penny.", rating=5.0)).motivations
    assert found.quote == "It was worth every penny."


def test_held_out_reviews_reach_no_question(workspace: Workspace, dataset: ReviewDataset, server: RunningServer):
    everything = config_of(server, user_prompt="user-products", item_prompt="item-products", merge_prompt="merge-products")
    first = extract_dataset(workspace, dataset, everything)
    asked = n_asked(server)
    interactions = dataset.interactions.copy()
    held_out = interactions["split"] != "train"
    interactions.loc[held_out, ["summary", "text"]] = "Waiters were rude, never again."
    interactions.loc[held_out, "rating"] = 1.0
    interactions.loc[held_out, "timestamp"] += 10**9
    second = extract_dataset(workspace, replace(dataset, id="small-1", interactions=interactions), everything)
    assert second.id == first.id
    assert n_asked(server) == asked
    for question in questions_about(workspace, dataset, everything, "user"):
        own = train_with_text(dataset).query("user_idx == @question.user_idx")
        assert {entry["text"] for entry in question.request.variables["reviews"]} == set(own["summary"] + "\n" + own["text"])


# --- once each ---------------------------------------------------------------------------------------------------------


def test_nothing_is_asked_twice(workspace: Workspace, dataset: ReviewDataset, server: RunningServer):
    first = extract_dataset(workspace, dataset, config_of(server))
    assert n_asked(server) == len(train_with_text(dataset))
    second = extract_dataset(workspace, dataset, config_of(server, concurrency=2, retries=1, read_timeout_s=5))
    assert second.id == first.id
    assert n_asked(server) == len(train_with_text(dataset))


def test_the_same_text_is_asked_once(workspace: Workspace, dataset: ReviewDataset, server: RunningServer):
    template = PromptTemplate(kind="review", domain="products", system="Answer as JSON.", user="{{ review }}")
    PromptStore(workspace).save("plain", template)
    interactions = dataset.interactions.assign(summary="", text="The sound is rich. It was cheap.")
    made = extract_dataset(workspace, replace(dataset, interactions=interactions), config_of(server, prompt="plain@1"))
    answers = answers_of(made.path)
    assert n_asked(server) == 1
    assert len(answers) == len(dataset.rows("train"))
    assert (answers["key"].nunique(), (~answers["repeated"]).sum()) == (1, 1)
    assert made.manifest.summary["n_questions"] == 1
    assert made.manifest.summary["prompt_tokens"] == answers["prompt_tokens"].iloc[0]


@pytest.mark.parametrize("other", [{"options": {"seed": 1}}, {"prompt": "terse"}, {"model": "other:4b"}])
def test_another_prompt_model_or_setting_is_another_question(
    workspace: Workspace, dataset: ReviewDataset, ollama_server: StartServer, other: dict[str, Any]
):
    server = ollama_server({"models": ["tiny:1b", "other:4b"], "slots": 8})
    terse = default_template("review", "products")
    PromptStore(workspace).save("terse", terse.model_copy(update={"user": terse.user + "\nBe terse."}))
    first = extract_dataset(workspace, dataset, config_of(server, sample=5))
    second = extract_dataset(workspace, dataset, config_of(server, sample=5, **other))
    assert n_asked(server) == 10
    assert first.id != second.id


def test_a_sample_reads_so_many_reviews_and_shares_answers_with_the_whole(
    workspace: Workspace, dataset: ReviewDataset, server: RunningServer
):
    made = extract_dataset(workspace, dataset, config_of(server, sample=10))
    assert statements_of(made.path)["interaction_idx"].nunique() == n_asked(server) == 10
    extract_dataset(workspace, dataset, config_of(server))
    assert n_asked(server) == len(train_with_text(dataset))


# --- levels ------------------------------------------------------------------------------------------------------------


def test_users_and_items_are_asked_about_with_their_reviews(workspace: Workspace, dataset: ReviewDataset, server: RunningServer):
    config = config_of(server, user_prompt="user-products@1", item_prompt="item-products@1")
    made = extract_dataset(workspace, dataset, config)
    statements, answers = statements_of(made.path), answers_of(made.path)
    train = train_with_text(dataset)
    assert dict(answers["level"].value_counts()) == {"review": len(train), "user": 23, "item": train["item_idx"].nunique()}
    users, items = statements[statements["source"] == "user_profile"], statements[statements["source"] == "item_profile"]
    assert set(users["user_idx"]) == set(range(1, 24))
    assert set(items["item_idx"]) == set(train["item_idx"])
    assert (users["item_idx"] == -1).all()
    assert (items["user_idx"] == -1).all()
    assert (statements.query("source != 'review'")["interaction_idx"] == -1).all()
    for row in users[users["grounded"]].itertuples():
        own = train[train["user_idx"] == row.user_idx]
        assert any(row.quote in text for text in own["summary"] + "\n" + own["text"])


def test_the_newest_reviews_come_first_and_what_does_not_fit_is_counted(
    workspace: Workspace, dataset: ReviewDataset, server: RunningServer
):
    long = dataset.interactions["text"] + " " + " ".join(["It plays on and on."] * 200)
    wordy = replace(dataset, interactions=dataset.interactions.assign(text=long.where(dataset.interactions["text"] != "", "")))
    config = config_of(server, user_prompt="user-products", options={"num_ctx": 6000, "num_predict": 500})
    plan = Plan.open(workspace, wordy, config)
    asker, options = plan.asker("user"), plan.settings.options
    questions = list(questions_about(workspace, wordy, config, "user"))
    (left_out,) = {question.left_out for question in questions}
    kept = 5 - left_out
    assert 1 <= kept <= 3
    for question in questions:
        own = train_with_text(wordy).query("user_idx == @question.user_idx").sort_values("timestamp", ascending=False)
        texts = [entry["text"] for entry in question.request.variables["reviews"]]
        newest = (own["summary"] + "\n" + own["text"]).tolist()
        assert texts == newest[:kept]
        room = [truncation(asker.extractor.render_variables(_reviews(newest[:n])), options, None) is None for n in (kept, kept + 2)]
        assert room == [True, False]
    made = extract_dataset(workspace, wordy, config)
    assert answers_of(made.path).query("level == 'user'")["truncated"].sum() == 0
    assert made.manifest.summary["n_left_out"] == left_out * 23


def _reviews(texts: list[str]) -> dict[str, Any]:
    return {"reviews": [{"text": text, "rating": 4.0, "title": "Item 3"} for text in texts]}


def test_merged_statements_take_the_place_of_a_nodes_reviews(workspace: Workspace, dataset: ReviewDataset, server: RunningServer):
    plain = extract_dataset(workspace, dataset, config_of(server))
    made = extract_dataset(workspace, dataset, config_of(server, merge_prompt="merge-products"))
    statements, answers = statements_of(made.path), answers_of(made.path)
    reviews, merged = statements[statements["source"] == "review"], statements[statements["source"] != "review"]
    assert reviews["quote"].tolist() == statements_of(plain.path)["quote"].tolist()
    assert set(reviews["interaction_idx"]) == set(train_with_text(dataset).index)
    asked = answers[answers["level"] == "merge"]
    valid = asked[asked["n_grounded"] > 0]
    assert len(valid) > 10
    for side in ("user", "item"):
        nodes = set(valid[f"{side}_idx"]) - {-1}
        assert set(merged.query("source == @side + '_profile' and grounded")[f"{side}_idx"]) == nodes
        assert not set(reviews[f"{side}_idx"]) & nodes
    merged_users = set(valid["user_idx"]) - {-1}
    profiles = Profiles.load(build_profiles(workspace, made, dataset))
    assert set(profiles.user_table["node_idx"]) == set(range(1, 24))
    own = profiles.statements[profiles.statements["user_idx"].isin(merged_users)]
    assert set(own["source"]) == {"user_profile"}


def test_a_node_whose_merge_failed_keeps_its_reviews(workspace: Workspace, dataset: ReviewDataset, ollama_server: StartServer):
    template = default_template("merge", "products")
    marked = template.model_copy(update={"user": "MERGE {{ subject }}\n" + template.user})
    PromptStore(workspace).save("marked", marked)
    server = ollama_server({"slots": 8, "rules": [{"contains": "MERGE user", "action": {"kind": "answer", "text": "No."}}]})
    made = extract_dataset(workspace, dataset, config_of(server, merge_prompt="marked", retries=0))
    reviews = statements_of(made.path).query("source == 'review'")
    assert set(reviews["user_idx"]) == set(range(1, 24))
    assert made.manifest.summary["failures"]["invalid"] > 0
    assert set(Profiles.load(build_profiles(workspace, made, dataset)).user_table["node_idx"]) == set(range(1, 24))


# --- what fails --------------------------------------------------------------------------------------------------------


def with_broken(dataset: ReviewDataset, n: int) -> tuple[ReviewDataset, list[int]]:
    chosen = train_with_text(dataset).index[:n].tolist()
    interactions = dataset.interactions.copy()
    interactions.loc[chosen, "text"] += f" {BROKEN}"
    return replace(dataset, interactions=interactions), chosen


def test_failed_answers_are_kept_with_reason_and_asked_again_only_on_request(
    workspace: Workspace, dataset: ReviewDataset, ollama_server: StartServer
):
    broken, chosen = with_broken(dataset, 3)
    rule = {"contains": BROKEN, "times": 3, "action": {"kind": "answer", "text": "I would rather not say."}}
    server = ollama_server({"slots": 8, "rules": [rule]})
    config = config_of(server, retries=0)
    first = extract_dataset(workspace, broken, config)
    failed = answers_of(first.path).query("failure != ''")
    assert failed["interaction_idx"].tolist() == chosen
    assert set(failed["failure"]) == {"invalid"}
    assert set(failed["raw"]) == {"I would rather not say."}
    assert failed["message"].str.contains("JSON").all()
    assert (first.manifest.summary["n_failed"], first.manifest.summary["failures"]) == (3, {"invalid": 3})
    asked = n_asked(server)
    assert extract_dataset(workspace, broken, config).id == first.id
    assert n_asked(server) == asked

    second = extract_dataset(workspace, broken, config, retry_failed=True)
    assert n_asked(server) == asked + 3
    assert second.id != first.id
    assert second.manifest.summary["n_failed"] == 0
    assert build_profiles(workspace, second, broken).id != build_profiles(workspace, first, broken).id


def test_a_server_that_dies_in_the_middle_costs_nothing_that_was_answered(
    workspace: Workspace, dataset: ReviewDataset, ollama_server: StartServer
):
    first = ollama_server({"slots": 4, "latency_s": 0.05})
    port = int(first.url.rsplit(":", 1)[1])
    killer = threading.Thread(target=lambda: (_wait(lambda: n_asked(first) >= 20), first.stop()))
    killer.start()
    with pytest.raises(ServerDownError, match="No Ollama server answers"):
        extract_dataset(workspace, dataset, config_of(first))
    killer.join()
    store = AnswerStore(workspace)
    kept = store.counts()
    assert 20 <= kept["answered"] < len(train_with_text(dataset))
    assert kept["failed"] == 0
    assert workspace.list("extraction") == []
    with pytest.raises(ServerDownError):
        extract_dataset(workspace, dataset, config_of(first))

    second = ollama_server({"slots": 4}, port)
    made = extract_dataset(workspace, dataset, config_of(second))
    assert n_asked(second) == len(train_with_text(dataset)) - kept["answered"]
    assert made.manifest.summary["n_failed"] == 0
    assert made.manifest.summary["n_asked"] == n_asked(second)


def test_a_stop_keeps_what_was_answered(workspace: Workspace, dataset: ReviewDataset, ollama_server: StartServer):
    server = ollama_server({"slots": 4, "latency_s": 0.05, "rules": [{"contains": "number 9", "action": {"kind": "hang"}}]})
    stopping = threading.Event()
    asking = threading.Thread(target=lambda: (_wait(lambda: n_asked(server) >= 10), stopping.set()))
    asking.start()
    with pytest.raises(StoppedError):
        extract_dataset(workspace, dataset, config_of(server), stop=stopping.is_set)
    began = time.monotonic()
    asking.join()
    assert time.monotonic() - began < 1.0
    assert AnswerStore(workspace).counts()["answered"] >= 10
    assert AnswerStore(workspace).counts()["failed"] == 0
    assert workspace.list("extraction") == []


def _wait(condition: Any, limit_s: float = 30.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_wrong_input_is_told_before_anything_is_asked(workspace: Workspace, dataset: ReviewDataset, server: RunningServer):
    with pytest.raises(ModelMissingError, match="ollama pull"):
        extract_dataset(workspace, dataset, config_of(server, model="absent:7b"))
    with pytest.raises(NotFoundError, match="No prompt 'review-product'"):
        extract_dataset(workspace, dataset, config_of(server, prompt="review-product"))
    with pytest.raises(InputError, match="A user prompt is needed, this is a review prompt"):
        extract_dataset(workspace, dataset, config_of(server, user_prompt="review-products"))
    silent = dataset.interactions.assign(text="", summary=" \n")
    with pytest.raises(InputError, match="No text in the training reviews"):
        extract_dataset(workspace, replace(dataset, interactions=silent), config_of(server))
    assert n_asked(server) == 0


def test_answers_without_a_single_motivation_are_one_clear_error(workspace: Workspace, dataset: ReviewDataset, ollama_server: StartServer):
    server = ollama_server({"slots": 8, "default": {"kind": "answer", "text": "Happy to help!"}})
    with pytest.raises(InputError, match=r"No motivation in 10 answers of tiny:1b \(failed: 10 invalid\)"):
        extract_dataset(workspace, dataset, config_of(server, sample=10, retries=0))
    assert workspace.list("extraction") == []


# --- before the start --------------------------------------------------------------------------------------------------


def test_estimate_counts_and_measures_and_keeps_what_it_measured(workspace: Workspace, dataset: ReviewDataset, ollama_server: StartServer):
    server = ollama_server({"slots": 2, "latency_s": 0.1})
    config = config_of(server, concurrency=2, merge_prompt="merge-products")
    n = len(train_with_text(dataset))
    found = estimate(workspace, dataset, config)
    assert (found.n_requests, found.n_cached, found.n_left, found.n_failed) == (n, 5, n - 5, 0)
    assert found.n_merges_at_most == 23 + train_with_text(dataset)["item_idx"].nunique()
    assert found.n_measured == 4
    possible = (found.n_left + found.n_merges_at_most) * 0.1 / 2
    assert possible * 0.95 < found.seconds < possible * 1.6
    assert found.requests_per_s == pytest.approx(20, rel=0.4)
    assert found.tokens == found.prompt_tokens + found.answer_tokens
    assert n_asked(server) == 5

    extract_dataset(workspace, dataset, config_of(server, concurrency=2))
    assert n_asked(server) == n
    done = estimate(workspace, dataset, config_of(server))
    assert (done.n_left, done.seconds, done.n_measured, done.requests_per_s) == (0, 0.0, 0, None)
