"""What an extraction found, looked at review by review."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import ReviewDataset
from core.extraction.result_filter import ResultFilter
from core.extraction.results import ExtractionResults
from core.extraction.run import ExtractionConfig, extract_dataset
from core.workspace import Artefact, Workspace
from tests.app.hand_made import publish_extraction, publish_reviews
from tests.ollama_server.fixture import StartServer, ollama_server

__all__ = ["ollama_server"]

BROKEN = "This review breaks the model."
FOREIGN = {
    "reasoning": "It says so.",
    "motivations": [
        {"name": "performance", "statement": "Loud", "quote": "words nobody ever wrote", "polarity": "negative", "strength": 0.5}
    ],
    "need": "quiet",
}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("results") / "workspace")


@pytest.fixture(scope="module")
def embedded(space: Workspace) -> tuple[ExtractionResults, ReviewDataset]:
    dataset = publish_reviews(space)
    opened = ReviewDataset.load(dataset)
    return ExtractionResults.open(publish_extraction(space, dataset), opened), opened


def asked(workspace: Workspace, dataset: ReviewDataset, start: StartServer, **settings: Any) -> Artefact:
    """An extraction by the scripted model: one review gets no usable answer, those of odd users a quote that is not theirs."""
    rules = [
        {"contains": BROKEN, "action": {"kind": "answer", "text": "I would rather not."}},
        {"contains": "This answer cannot be used", "action": {"kind": "answer", "text": "I would rather not."}},
        {"contains": "Setup took", "action": {"kind": "answer", "json": FOREIGN}},
    ]
    server = start({"slots": 8, "rules": rules})
    config = {"backend": "ollama", "encoder": "tfidf", "ollama": {"model": "tiny:1b", "host": server.url, **settings}}
    return extract_dataset(workspace, dataset, ExtractionConfig.model_validate(config))


@pytest.fixture
def broken_dataset(small_dataset: ReviewDataset) -> ReviewDataset:
    interactions = small_dataset.interactions.copy()
    interactions["summary"] = ""
    interactions["text"] = [f"{text} Number {number}." for number, text in enumerate(interactions["text"])]
    interactions.loc[0, "text"] = BROKEN
    return replace(small_dataset, interactions=interactions)


def test_every_training_review_is_there_and_no_other(embedded: tuple[ExtractionResults, ReviewDataset]) -> None:
    results, dataset = embedded
    assert results.subjects("review").tolist() == sorted(dataset.rows("train").index)
    assert results.levels == ("review",)
    assert results.failures().empty


def test_held_out_texts_change_nothing_that_is_shown(space: Workspace, embedded: tuple[ExtractionResults, ReviewDataset]) -> None:
    results, dataset = embedded
    extraction = space.list("extraction")[0]
    interactions = dataset.interactions.copy()
    interactions.loc[interactions["split"] != "train", "text"] = "SECRET of the held-out part"
    other = ExtractionResults.open(extraction, replace(dataset, interactions=interactions))
    subjects = results.subjects("review")
    pd.testing.assert_frame_equal(other.table("review", subjects), results.table("review", subjects))
    assert not len(other.matching("review", ResultFilter(words="secret")))
    assert other.page("review", subjects[:20]) == results.page("review", subjects[:20])


@pytest.mark.parametrize("polarity", [None, "positive", "negative"])
def test_filters_let_through_what_a_plain_loop_finds(embedded: tuple[ExtractionResults, ReviewDataset], polarity: Any) -> None:
    results, _ = embedded
    keys = results.taxonomy.keys
    for wanted in (frozenset({keys[0]}), frozenset({keys[1], keys[2]}), frozenset({"other"})):
        slots = {keys.index(key) for key in wanted}
        expected = {
            int(row.interaction_idx)
            for row in results.statements.itertuples()
            if row.motivation in slots and polarity in (None, row.polarity)
        }
        assert set(results.matching("review", ResultFilter(wanted, polarity)).tolist()) == expected


def test_words_are_found_in_review_title_and_statement_whatever_their_case(embedded: tuple[ExtractionResults, ReviewDataset]) -> None:
    results, _ = embedded
    texts = results.reviews["title"] + "\n" + results.reviews["text"]
    expected = texts.index[texts.str.lower().str.contains("no 7", regex=False)].tolist()
    assert results.matching("review", ResultFilter(words="  NO 7 ")).tolist() == expected
    assert not len(results.matching("review", ResultFilter(words=".*")))


def test_quotes_stand_where_the_page_marks_them(embedded: tuple[ExtractionResults, ReviewDataset]) -> None:
    results, _ = embedded
    shown = results.page("review", results.subjects("review")[:30])
    places = [
        (one.text[grounding.begin : grounding.end], motivation.quote)
        for one in shown
        if one.answer.result
        for motivation, grounding in zip(one.answer.result.motivations, one.answer.groundings, strict=True)
    ]
    assert places
    assert all(marked.strip(" .!") == quote.strip(" .!") for marked, quote in places)


def test_the_table_has_one_row_a_statement_of_the_filter(embedded: tuple[ExtractionResults, ReviewDataset]) -> None:
    results, dataset = embedded
    wanted = ResultFilter(frozenset({results.taxonomy.keys[0]}), "positive")
    rows = results.table("review", results.matching("review", wanted), wanted)
    assert set(rows["motivation"]) == {results.taxonomy.names[0]}
    assert set(rows["polarity"]) == {"positive"}
    first = rows.iloc[0]
    interaction = dataset.interactions.loc[first["interaction_idx"]]
    assert first["review"] == interaction["text"]
    assert first["user_id"] == dataset.users["user_id"].iloc[interaction["user_idx"]]


def test_failures_have_their_reason_and_raw_text(workspace: Workspace, broken_dataset: ReviewDataset, ollama_server: StartServer) -> None:
    results = ExtractionResults.open(asked(workspace, broken_dataset, ollama_server), broken_dataset)
    (failed,) = results.failures().to_dict("records")
    assert (failed["failure"], failed["raw"], failed["review"], failed["attempts"]) == ("invalid", "I would rather not.", BROKEN, 3)
    assert results.matching("review", ResultFilter(only="failed")).tolist() == [0]
    (shown,) = results.page("review", [0])
    assert shown.answer.failure is not None
    assert shown.answer.raw == "I would rather not."


def test_kinds_of_results_share_out_the_reviews(workspace: Workspace, broken_dataset: ReviewDataset, ollama_server: StartServer) -> None:
    results = ExtractionResults.open(asked(workspace, broken_dataset, ollama_server), broken_dataset)
    parts = [results.matching("review", ResultFilter(only=only)) for only in ("named", "nothing", "failed")]
    assert np.array_equal(np.sort(np.concatenate(parts)), results.subjects("review"))
    foreign = results.matching("review", ResultFilter(only="ungrounded"))
    train = broken_dataset.rows("train")
    assert foreign.tolist() == train.index[train["text"].str.contains("Setup took")].tolist()
    (shown,) = results.page("review", foreign[:1])
    assert [grounding.grounded for grounding in shown.answer.groundings] == [False]
    assert shown.answer.result is not None
    assert shown.answer.result.need == "quiet"


def test_users_and_items_are_levels_of_their_own(workspace: Workspace, broken_dataset: ReviewDataset, ollama_server: StartServer) -> None:
    extraction = asked(workspace, broken_dataset, ollama_server, user_prompt="user-products", item_prompt="item-products")
    results = ExtractionResults.open(extraction, broken_dataset)
    assert results.levels == ("review", "user", "item")
    (shown,) = results.page("user", results.subjects("user")[:1])
    own = broken_dataset.rows("train")
    texts = own.loc[own["user_idx"] == shown.subject, "text"]
    assert all(text in shown.text for text in texts)
    assert set(results.subjects("item")) <= set(own["item_idx"])
    assert results.table("user", results.subjects("user"))["user_id"].notna().all()


def test_a_dataset_of_profile_texts_alone_opens_at_its_users(workspace: Workspace, small_dataset: ReviewDataset):
    silent = small_dataset.interactions.assign(text="", summary="")
    texts = [f"Person {number} wants a fair price." for number in range(small_dataset.n_users)]
    dataset = replace(small_dataset, interactions=silent, users=small_dataset.users.assign(profile_text=texts))
    results = ExtractionResults.open(extract_dataset(workspace, dataset, ExtractionConfig(encoder="tfidf")), dataset)
    assert results.levels == ("user",)
    assert len(results.matching("user", ResultFilter())) == len(texts)
