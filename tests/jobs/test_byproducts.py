"""Byproducts: what was made on the way to something else is never taken for the newest, until somebody asks for it by itself."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.jobs import steps
from core.training.config import TrainingConfig
from core.workspace import Artefact, Workspace

TFIDF = {"encoder": "tfidf"}
TINY = TrainingConfig(slot_dim=4, batch_size=64, epochs=2, evaluate_every=1, device="cpu", text_dim=4)


def make(workspace: Workspace, identifier: str) -> Artefact:
    with workspace.publish("run", identifier, name="run"):
        pass
    return workspace.get("run", identifier)


def test_byproduct_is_listed_last_and_found_by_name_only_where_there_is_no_other(workspace: Workspace) -> None:
    aside = make(workspace.for_byproducts(), "run-aside")
    assert aside.manifest.byproduct
    assert workspace.get("run", "run") == aside
    made = make(workspace, "run-made")
    make(workspace.for_byproducts(), "run-later")
    assert [one.id for one in workspace.list("run")] == ["run-made", "run-later", "run-aside"]
    assert workspace.get("run", "run") == made
    assert workspace.get("run", "run-later").manifest.byproduct


def test_what_is_asked_for_by_itself_is_no_byproduct_any_more(workspace: Workspace) -> None:
    aside = make(workspace.for_byproducts(), "run-aside")
    make(workspace, "run-made")
    assert workspace.for_byproducts().wanted(aside).manifest.byproduct
    assert not workspace.wanted(aside).manifest.byproduct
    assert [one.id for one in workspace.list("run")] == ["run-aside", "run-made"]


def test_training_on_the_newest_profiles_leaves_byproducts_alone(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    dataset = publish_dataset(workspace, replace(small_dataset, name="small"), {"domain": "products"})
    own = steps.extract(workspace, dataset.id, TFIDF).profiles
    other = steps.extract(workspace.for_byproducts(), dataset.id, {**TFIDF, "threshold": 0.4}).profiles
    assert steps.ensure_profiles(workspace, dataset.id) == own
    steps.train(workspace.for_byproducts(), dataset.id, TINY, profiles=other.id)
    assert steps.train(workspace, dataset.id, TINY).manifest.sources["profiles"] == own.id
    asked_for = steps.extract(workspace, dataset.id, {**TFIDF, "threshold": 0.4})
    assert asked_for.profiles.id == other.id
    assert steps.ensure_profiles(workspace, dataset.id).id == other.id


def test_profiles_that_are_byproducts_do_not_stand_for_an_extraction(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    dataset = publish_dataset(workspace, replace(small_dataset, name="small"), {"domain": "products"})
    sampled = steps.extract(workspace.for_byproducts(), dataset.id, {**TFIDF, "sample": 20}).profiles
    assert steps.ensure_profiles(workspace, dataset.id).id != sampled.id


def test_profile_texts_can_be_left_unread(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    items = small_dataset.items.assign(profile_text="Delivered late, and the price is far too high.")
    dataset = publish_dataset(workspace, replace(small_dataset, items=items), {"domain": "products"})

    def sources(profile_texts: bool) -> set[str]:
        extraction = steps.extract(workspace, dataset.id, TFIDF, profile_texts=profile_texts).extraction
        return set(pd.read_parquet(extraction.path / "statements.parquet")["source"])

    assert sources(True) == {"review", "item_profile"}
    assert sources(False) == {"review"}
