"""The extraction page, as a browser would get it: without a server, with one, its results and its taxonomy editor."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs.extraction_step import extract
from core.jobs.launch import job, jobs, log_tail
from core.motivations.taxonomy_store import TaxonomyVersions
from core.workspace import Workspace
from tests.ollama_server.fixture import RunningServer
from tests.pages.test_pages import opened, words

JOB_LIMIT_S = 120.0


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RunningServer]:
    """A server on which the reviews of one item get no usable answer."""
    bad = {"contains": "Guitar strap No 7<", "endpoint": "/api/chat", "action": {"kind": "answer", "text": "I would rather not."}}
    retried = {"contains": "This answer cannot be used", "endpoint": "/api/chat", "action": bad["action"]}
    with RunningServer({"models": [{"name": "tiny:1b"}], "rules": [retried, bad]}, tmp_path) as running:
        monkeypatch.setenv("OLLAMA_HOST", running.url)
        yield running


def shown(app: AppTest, view: str) -> AppTest:
    app.segmented_control(key="section").set_value(view).run()
    assert not app.exception
    return app


def ended(space: Workspace) -> str:
    """Wait for the newest job; its state."""
    identifier = jobs(space)[0].id
    deadline = time.monotonic() + JOB_LIMIT_S
    while (found := job(space, identifier)).live and time.monotonic() < deadline:
        time.sleep(0.2)
    assert found.status == "finished", f"{found.message}\n{log_tail(space, identifier)}"
    return identifier


def test_results_show_the_reviews_with_their_quotes_marked(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "extraction", monkeypatch)
    assert app.query_params["extraction"] in ("small-ex0", ["small-ex0"])
    said = words(app)
    assert "training reviews only" in said
    assert "background=" in said
    assert "Guitar strap No" in said
    app.multiselect(key="motivations").set_value(["value_for_money"]).run()
    assert not app.exception
    narrowed = words(app)
    assert "Value for money" in narrowed
    app.text_input(key="words").set_value("no review says this").run()
    assert "Nothing fits these filters" in app.info[0].value


def test_the_table_is_exported_whole_but_not_sent_whole(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.components.extraction_results.TABLE_ROWS", 10)
    app = opened(filled.root, "extraction", monkeypatch)
    app.segmented_control(key="shown-as").set_value("table").run()
    assert not app.exception
    assert len(app.dataframe[0].value) == 10
    assert "the first 10 shown; the export has all" in words(app)


def test_without_a_server_the_embedded_extractor_can_be_started_and_the_other_says_how_to_get_a_model(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown(opened(filled.root, "extraction", monkeypatch), "new")
    assert not app.button(key="start-extraction").disabled
    began = time.monotonic()
    app.segmented_control(key="backend").set_value("ollama").run()
    assert time.monotonic() - began < 10
    assert not app.exception
    (hint,) = [line for line in app.markdown if "ollama pull" in line.value]
    assert "`ollama pull qwen3.5:4b`" in hint.value
    assert "\n" not in hint.value
    assert app.button(key="no-start").disabled
    assert "start-extraction" not in [button.key for button in app.button]


def test_a_batch_is_estimated_started_seen_to_its_end_and_its_failures_are_asked_again(
    filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch, served: RunningServer
) -> None:
    app = shown(opened(filled_copy.root, "extraction", monkeypatch), "new")
    app.segmented_control(key="backend").set_value("ollama").run()
    app.button(key="estimate").click().run()
    assert not app.exception
    assert "Still to be asked" in [metric.label for metric in app.metric]
    asked = len(served.log("/api/chat"))
    assert asked > 0
    app.button(key="start-extraction").click().run()
    assert not app.exception
    ended(filled_copy)
    app.run()
    assert "See this extraction" in [button.label for button in app.button]
    made = filled_copy.list("extraction")[0]
    failed = made.manifest.summary["n_failed"]
    assert failed > 0
    again = opened(filled_copy.root, "extraction", monkeypatch, extraction=made.id)
    assert "Valid answers" in [metric.label for metric in again.metric]
    shown(again, "failures")
    assert f"**{failed} of " in words(again)
    assert [code.value for code in again.code].count("I would rather not.") == min(failed, 8)
    before = len(served.log("/api/chat"))
    again.button(key="retry-failed").click().run()
    ended(filled_copy)
    assert len(served.log("/api/chat")) - before == 3 * failed  # the failed only, each with two retries


def test_a_change_of_the_taxonomy_is_seen_saved_and_applied(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = shown(opened(filled_copy.root, "extraction", monkeypatch), "taxonomy")
    app.segmented_control(key="edit-action").set_value("merge").run()
    app.multiselect(key="merge-keys-products@1").set_value(["performance", "build_quality"]).run()
    assert not app.exception
    assert "**Coverage, before and after**" in words(app)
    app.text_input(key="edit-note-products@1").set_value("hard to tell apart").run()
    app.button(key="save-taxonomy").click().run()
    assert not app.exception
    saved = TaxonomyVersions(filled_copy).get("products")
    assert (saved.label, saved.note, saved.edit.kind if saved.edit else "") == ("products@2", "hard to tell apart", "merge")
    assert app.selectbox(key="taxonomy").value == "products@2"
    app.button(key="apply-taxonomy").click().run()
    ended(filled_copy)
    newest = filled_copy.list("extraction")[0]
    assert newest.manifest.config["taxonomy"] == "products@2"
    assert filled_copy.list("profiles")[0].manifest.sources["extraction"] == newest.id


def test_a_motivation_is_split_after_its_parts_were_seen(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = shown(opened(filled_copy.root, "extraction", monkeypatch), "taxonomy")
    app.segmented_control(key="edit-action").set_value("split").run()
    assert not app.exception
    parts = [box for box in app.text_input if box.label.startswith("Name of part")]
    assert len(parts) == 2
    parts[0].set_value("Clear sound").run()
    app.button(key="save-taxonomy").click().run()
    assert not app.exception
    assert "Clear sound" in TaxonomyVersions(filled_copy).get("products@2").taxonomy.names


def test_a_training_from_an_extraction_takes_its_profiles(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles = filled_copy.list("profiles")[0].id
    app = opened(filled_copy.root, "training", monkeypatch, profiles=profiles)
    assert not app.exception
    assert app.selectbox(key="pick-profiles").value == profiles
    gone = opened(filled_copy.root, "training", monkeypatch, profiles="gone-1")
    assert not gone.exception
    assert "profiles that this dataset does not have" in gone.warning[0].value


def test_an_extraction_that_is_gone_is_one_line(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "extraction", monkeypatch, extraction="gone-1")
    assert not app.exception
    (error,) = app.error
    assert "gone-1" in error.value or "gone" in error.value


def test_a_discovered_taxonomy_is_only_tried_until_it_is_applied(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    read = extract(filled_copy, "small", {"encoder": "tfidf"}).extraction
    app = shown(opened(filled_copy.root, "extraction", monkeypatch, extraction=read.id), "taxonomy")
    app.segmented_control(key="edit-action").set_value("discover").run()
    app.toggle(key="discover-auto").set_value(False).run()
    app.number_input(key="discover-n").set_value(3).run()
    app.button(key="discover").click().run()
    tried = job(filled_copy, ended(filled_copy)).result
    assert tried is not None
    assert filled_copy.get("extraction", tried).manifest.byproduct
    assert filled_copy.list("extraction")[0].id == read.id
    again = shown(opened(filled_copy.root, "extraction", monkeypatch, extraction=tried), "taxonomy")
    assert "small-discovered@1 in place of products@1" in words(again)
    again.button(key="apply-taxonomy").click().run()
    ended(filled_copy)
    newest = filled_copy.list("extraction")[0]
    assert (newest.id, newest.manifest.byproduct) == (tried, False)
    assert filled_copy.list("profiles")[0].manifest.sources["extraction"] == tried
