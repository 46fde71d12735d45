"""Versions of taxonomies with a language model: it may name what the version knows, and its statements can be named anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import ReviewDataset
from core.extraction.ollama.extractor import OllamaExtractor
from core.extraction.run import ExtractionConfig, extract_dataset, extractor_of
from core.extraction.taxonomy import Taxonomy
from core.motivations.build import build_profiles
from core.motivations.relabel import relabel
from core.motivations.taxonomy_edits import Merge
from core.motivations.taxonomy_store import TaxonomyVersions
from core.workspace import Workspace
from tests.ollama_server.fixture import RunningServer, StartServer, ollama_server

__all__ = ["ollama_server"]


@pytest.fixture
def server(ollama_server: StartServer) -> RunningServer:
    return ollama_server({"slots": 8})


def config_of(server: RunningServer, **settings: Any) -> ExtractionConfig:
    ollama = {"model": "tiny:1b", "host": server.url}
    return ExtractionConfig.model_validate({"backend": "ollama", "encoder": "tfidf", "ollama": ollama} | settings)


def test_answers_of_a_model_are_relabelled_without_asking_again(
    workspace: Workspace, small_dataset: ReviewDataset, server: RunningServer, versions: TaxonomyVersions
):
    source = extract_dataset(workspace, small_dataset, config_of(server))
    assert source.manifest.summary["taxonomy"]["name"] == "products"
    n_asked = len(server.log("/api/chat"))
    before = pd.read_parquet(source.path / "statements.parquet")
    keys = Taxonomy.read(source.path / "taxonomy.json").keys
    named = keys[int(before["motivation"].mode()[0])]
    other = next(key for key in keys if key != named)
    made = relabel(workspace, source, versions, versions.edit("products", Merge(keys=(named,), into=other)))
    after = pd.read_parquet(made.path / "statements.parquet")
    np.testing.assert_array_equal(
        np.array(Taxonomy.read(made.path / "taxonomy.json").keys)[after["motivation"]],
        np.array([other if keys[slot] == named else keys[slot] for slot in before["motivation"]]),
    )
    assert len(server.log("/api/chat")) == n_asked
    assert (made.path / "answers.parquet").samefile(source.path / "answers.parquet")
    assert made.manifest.summary["model"] == "tiny:1b"
    assert build_profiles(workspace, made, small_dataset).manifest.summary["taxonomy"]["version"] == 2
    extractor = extractor_of(made)
    assert isinstance(extractor, OllamaExtractor)
    assert extractor.taxonomy == versions.get("products").taxonomy


def test_a_model_may_be_asked_with_a_version(
    workspace: Workspace, small_dataset: ReviewDataset, server: RunningServer, versions: TaxonomyVersions, hand_taxonomy: Taxonomy
):
    versions.save("made", hand_taxonomy)
    made = extract_dataset(workspace, small_dataset, config_of(server, taxonomy="made@1"))
    assert Taxonomy.read(made.path / "taxonomy.json") == hand_taxonomy
    assert made.manifest.summary["taxonomy"] == {"name": "made", "version": 1, "hash": hand_taxonomy.hash}
    assert set(made.manifest.summary["motivations"]) == {"quality", "money", "other"}
