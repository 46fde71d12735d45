"""Extraction over a dataset: what goes in, what comes out, and that nothing held out ever enters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import ReviewDataset
from core.errors import InputError, StoppedError
from core.extraction.run import ExtractionConfig, encoder_of, extract_dataset, extractor_of
from core.extraction.schema import STATEMENT_COLUMNS, Review
from core.extraction.taxonomy import Taxonomy
from core.motivations.build import build_profiles
from core.progress import ProgressEvent
from core.storage import read_tensors
from core.workspace import Workspace

TFIDF = ExtractionConfig(encoder="tfidf")


def _with_held_out_text(dataset: ReviewDataset) -> ReviewDataset:
    interactions = dataset.interactions.copy()
    held_out = interactions["split"] != "train"
    interactions.loc[held_out, "text"] = "Completely different words about waitresses and terrible prices."
    interactions.loc[held_out, "summary"] = "Changed"
    interactions.loc[held_out, "rating"] = 1.0
    return replace(dataset, id="small-1", interactions=interactions)


def _files(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir() if file.name != "manifest.json"}


@pytest.mark.parametrize("encoder", ["auto", "tfidf"])
def test_held_out_reviews_change_nothing(workspace: Workspace, small_dataset: ReviewDataset, encoder: str) -> None:
    config = ExtractionConfig.model_validate({"encoder": encoder})
    changed = _with_held_out_text(small_dataset)
    artefacts = []
    for dataset in (small_dataset, changed):
        extraction = extract_dataset(workspace, dataset, config)
        profiles = build_profiles(workspace, extraction, dataset)
        artefacts.append((extraction.id, _files(extraction.path), profiles.id, _files(profiles.path)))
    assert artefacts[0] == artefacts[1]


def test_statements_have_their_columns_and_point_at_their_reviews(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    extraction = extract_dataset(workspace, small_dataset, TFIDF)
    statements = pd.read_parquet(extraction.path / "statements.parquet").astype(STATEMENT_COLUMNS)
    assert list(statements) == list(STATEMENT_COLUMNS)
    train = small_dataset.rows("train")
    assert set(statements["interaction_idx"]) == set(train.index)
    for row in statements.itertuples():
        review = small_dataset.interactions.loc[row.interaction_idx]
        assert row.quote in review["text"] or row.quote in review["summary"]
        assert (row.user_idx, row.item_idx) == (review["user_idx"], review["item_idx"])
    embeddings = read_tensors(extraction.path / "embeddings.safetensors")["embeddings"]
    assert sorted(statements["embedding_row"].unique()) == list(range(len(embeddings)))
    assert extraction.manifest.sources == {"dataset": small_dataset.id}
    assert extraction.manifest.summary["grounded_share"] == 1.0
    assert sum(extraction.manifest.summary["motivations"].values()) == len(statements)


def test_profile_texts_enter_as_phrases_of_their_node(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    users = small_dataset.users.assign(profile_text=["They appreciate friendly service and low prices."] + [""] * 23)
    items = small_dataset.items.assign(profile_text=[""] * 15 + ["Fans of tacos would enjoy Rosa's Kitchen."])
    extraction = extract_dataset(workspace, replace(small_dataset, users=users, items=items), TFIDF)
    statements = pd.read_parquet(extraction.path / "statements.parquet")
    own = statements[statements["source"] != "review"]
    assert list(zip(own["source"], own["user_idx"], own["item_idx"], own["quote"], strict=True)) == [
        ("user_profile", 0, -1, "friendly service"),
        ("user_profile", 0, -1, "low prices"),
        ("item_profile", -1, 15, "tacos"),
        ("item_profile", -1, 15, "Rosa's Kitchen"),
    ]
    assert (own["interaction_idx"] == -1).all()
    assert (own["polarity"] == "positive").all()


def test_same_inputs_are_not_extracted_twice(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    first = extract_dataset(workspace, small_dataset, TFIDF)
    events: list[ProgressEvent] = []
    second = extract_dataset(workspace, small_dataset, TFIDF, events.append)
    assert second == first
    assert events == []


def test_settings_and_training_texts_make_another_extraction(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    interactions = small_dataset.interactions.copy()
    interactions.loc[small_dataset.rows("train").index[0], "text"] = "The strap is soft."
    ids = {
        extract_dataset(workspace, small_dataset, TFIDF).id,
        extract_dataset(workspace, small_dataset, ExtractionConfig(encoder="tfidf", threshold=0.5)).id,
        extract_dataset(workspace, small_dataset, ExtractionConfig(encoder="tfidf", taxonomy="games")).id,
        extract_dataset(workspace, replace(small_dataset, interactions=interactions), TFIDF).id,
    }
    assert len(ids) == 4


def test_a_draw_reads_so_many_reviews_the_same_ones_each_time(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    drawn = []
    for seed in (0, 0, 1):
        extraction = extract_dataset(workspace, small_dataset, ExtractionConfig(encoder="tfidf", sample=10, sample_seed=seed))
        statements = pd.read_parquet(extraction.path / "statements.parquet")
        drawn.append(frozenset(statements["interaction_idx"]))
        assert extraction.manifest.summary["n_reviews"] == len(drawn[-1]) == 10
        assert drawn[-1] <= set(small_dataset.rows("train").index)
    assert drawn[0] == drawn[1] != drawn[2]


def test_later_texts_are_read_as_the_dataset_was(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    extraction = extract_dataset(workspace, small_dataset, TFIDF)
    statements = pd.read_parquet(extraction.path / "statements.parquet")
    extractor = extractor_of(extraction)
    keys = Taxonomy.default("products").keys
    for row in statements.drop_duplicates("statement").itertuples():
        rating = float(small_dataset.interactions.loc[row.interaction_idx, "rating"])
        (found,) = extractor.extract(Review(text=row.quote, rating=rating)).motivations
        assert (found.name, found.polarity, found.statement) == (keys[row.motivation], row.polarity, row.statement)
        assert found.strength == pytest.approx(row.strength)
    embeddings = read_tensors(extraction.path / "embeddings.safetensors")["embeddings"].float().numpy()
    first = statements.drop_duplicates("embedding_row").sort_values("embedding_row")
    np.testing.assert_allclose(encoder_of(extraction).encode(first["statement"].tolist()), embeddings, atol=1e-3)


def test_dataset_without_text_is_one_clear_error(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    silent = small_dataset.interactions.assign(text="", summary=" \n")
    with pytest.raises(InputError, match="No text in the training reviews"):
        extract_dataset(workspace, replace(small_dataset, interactions=silent), TFIDF)
    assert workspace.list("extraction") == []


def test_unknown_taxonomy_is_one_clear_error(workspace: Workspace, small_dataset: ReviewDataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such taxonomy"):
        extract_dataset(workspace, small_dataset, ExtractionConfig(taxonomy=str(tmp_path / "absent.json")))
    (tmp_path / "broken.json").write_text('{"name": "x", "title": "x", "motivations": []}')
    with pytest.raises(InputError, match="Not a taxonomy"):
        extract_dataset(workspace, small_dataset, ExtractionConfig(taxonomy=str(tmp_path / "broken.json")))


def test_stopped_extraction_leaves_no_artefact(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    with pytest.raises(StoppedError):
        extract_dataset(workspace, small_dataset, TFIDF, stop=lambda: True)
    assert workspace.list("extraction") == []
