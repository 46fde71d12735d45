"""Finished artefacts, read once and kept in memory. Keyed by workspace, id and time of making; never by their contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from core.data.dataset import ReviewDataset
from core.extraction.results import ExtractionResults
from core.extraction.taxonomy import Taxonomy
from core.jobs.training_step import interactions_of_run, measure
from core.maps.space import MapSpace
from core.recommend.recommender import Recommender
from core.storage import read_json
from core.training.history import read_history
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace


def dataset(artefact: Artefact) -> ReviewDataset:
    """The dataset of an artefact; shared, so never changed."""
    return _dataset(str(artefact.path), artefact.manifest.created_at, _artefact=artefact)


@st.cache_resource(max_entries=4, show_spinner="Reading the dataset")
def _dataset(path: str, created_at: str, _artefact: Artefact) -> ReviewDataset:
    del path, created_at
    return ReviewDataset.load(_artefact)


def recommender(space: Workspace, run: Artefact) -> Recommender:
    """The recommender of a run; shared, so never changed."""
    return _recommender(str(run.path), run.manifest.created_at, _space=space, _run=run)


@st.cache_resource(max_entries=4, show_spinner="Opening the run")
def _recommender(path: str, created_at: str, _space: Workspace, _run: Artefact) -> Recommender:
    del path, created_at
    return Recommender.open(_space, _run.id)


def table(artefact: Artefact, file: str) -> pd.DataFrame:
    """A Parquet file of an artefact; shared, so never changed."""
    return _table(str(artefact.path / file), artefact.manifest.created_at)


@st.cache_resource(max_entries=16, show_spinner=False)
def _table(path: str, created_at: str) -> pd.DataFrame:
    del created_at
    return pd.read_parquet(path)


def document(artefact: Artefact, file: str) -> Any:
    """A JSON file of an artefact."""
    return read_json(artefact.path / file)


def history(run: Artefact) -> list[dict[str, Any]]:
    """The epochs of a finished run."""
    return _history(str(run.path), run.manifest.created_at, _run=run)


@st.cache_resource(max_entries=64, show_spinner=False)
def _history(path: str, created_at: str, _run: Artefact) -> list[dict[str, Any]]:
    del path, created_at
    return read_history(_run.path)


def taxonomy(space: Workspace, of_dataset: Artefact) -> Taxonomy:
    """The taxonomy a dataset was extracted with, else the default one of its domain."""
    for extraction in space.made_from("extraction", of_dataset):
        if (extraction.path / "taxonomy.json").exists():
            return Taxonomy.read(extraction.path / "taxonomy.json")
    return Taxonomy.default(of_dataset.manifest.config.get("domain", "products"))


@dataclass(frozen=True)
class TestFigure:
    """A figure on the test split: its mean over the users that have test items, and the standard error of that mean."""

    mean: float
    standard_error: float
    n_users: int


def test_figures(space: Workspace, run: Artefact) -> dict[str, TestFigure]:
    """Recall and NDCG of a run on its test split, by name ("recall@20"), measured from its vectors."""
    return _test_figures(str(run.path), run.manifest.created_at, _space=space, _run=run)


@st.cache_resource(max_entries=64, show_spinner="Measuring the run")
def _test_figures(path: str, created_at: str, _space: Workspace, _run: Artefact) -> dict[str, TestFigure]:
    del path, created_at
    vectors = RunVectors.load(_run.path / "vectors.safetensors")
    splits = interactions_of_run(dataset(_space.get("dataset", _run.manifest.sources["dataset"])), _run)
    found = measure(vectors.tensors(), splits, "test")
    n = len(found.users)
    return {
        name: TestFigure(float(values.mean()), float(values.std(ddof=1) / n**0.5), n) for name, values in found.per_user.items() if n > 1
    }


def map_space(of: Recommender) -> MapSpace:
    """The space a run's map is drawn from, for exact neighbours."""
    return _map_space(of.run.id, _of=of)


@st.cache_resource(max_entries=4, show_spinner=False)
def _map_space(run: str, _of: Recommender) -> MapSpace:
    del run
    return MapSpace.of(_of.run.vectors)


def own_taxonomy(extraction: Artefact) -> Taxonomy:
    """The taxonomy an extraction or profiles were made with."""
    return Taxonomy.read(extraction.path / "taxonomy.json")


def n_training_texts(of: Artefact) -> int:
    """Training reviews of a dataset that have a text."""
    return _n_training_texts(str(of.path), of.manifest.created_at, _of=of)


@st.cache_resource(max_entries=16, show_spinner=False)
def _n_training_texts(path: str, created_at: str, _of: Artefact) -> int:
    del path, created_at
    train = dataset(_of).rows("train")
    has_text = train["text"].fillna("").str.strip().ne("") | train["summary"].fillna("").str.strip().ne("")
    return int(has_text.sum())


def results(extraction: Artefact, of_dataset: Artefact) -> ExtractionResults:
    """What an extraction found beside the reviews; shared, so never changed."""
    return _results(str(extraction.path), extraction.manifest.id, _extraction=extraction, _dataset=of_dataset)


@st.cache_resource(max_entries=3, show_spinner="Reading the extraction")
def _results(path: str, identifier: str, _extraction: Artefact, _dataset: Artefact) -> ExtractionResults:
    del path, identifier
    return ExtractionResults.open(_extraction, dataset(_dataset))
