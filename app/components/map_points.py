"""The points of a map as the page shows them: edited clusters, names or pseudonyms, quotes; kept in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import artefacts
from app.user_names import UserNames
from core.maps.build import MapConfig, read_map
from core.maps.catalogue import config_of
from core.maps.cluster_edits import edited, revision
from core.maps.epochs import EpochMaps, read_epoch_maps
from core.maps.motivations import NONE
from core.maps.quotes import quotes_of_run
from core.maps.space import MapSpace
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace


@dataclass(frozen=True)
class Setting:
    """What every part of the page needs to know.

    Args:
        names: key of a motivation -> its name, in the order of the taxonomy, "other" last. people: how users are called.
    """

    space: Workspace
    dataset: Artefact
    run: Artefact
    names: Mapping[str, str]
    people: UserNames


@dataclass(frozen=True)
class ShownMap:
    """A map ready to be drawn; shared, so never changed.

    Args:
        key: changes with everything the points are made of.
        points: as in `core.maps.build.MotivationMap`, index 0 .. n - 1, and shown_id, cluster_name, quote; a user's label and
            shown_id are a pseudonym where users are hidden (``id`` stays the id). Items have a category where the dataset has any.
        clusters: with the names and merges people gave them. figures: see `core.maps.build.MotivationMap`.
    """

    key: str
    drawn: Artefact
    config: MapConfig
    points: pd.DataFrame
    clusters: pd.DataFrame
    trustworthiness: float
    mixing: float
    figures: Mapping[str, Any]

    @property
    def has_views(self) -> bool:
        """Whether nodes are also placed by their text and by their interactions."""
        return bool((self.points["view"] != "joint").any())


def shown_map(setting: Setting, drawn: Artefact) -> ShownMap:
    """A stored map with everything the page shows of its points."""
    hidden = setting.people.hidden
    return _shown_map(str(drawn.path), drawn.manifest.created_at, revision(drawn), hidden, _setting=setting, _drawn=drawn)


@st.cache_resource(max_entries=4, show_spinner="Reading the map")
def _shown_map(path: str, created_at: str, edits: int, hidden: bool, _setting: Setting, _drawn: Artefact) -> ShownMap:
    made = edited(_drawn, read_map(_drawn))
    points = _completed(made.points.reset_index(drop=True), made.clusters, _setting)
    key = f"{path} {created_at} {edits} {hidden}"
    return ShownMap(key, _drawn, config_of(_drawn), points, made.clusters, made.trustworthiness, made.mixing, made.figures)


def epoch_maps(drawn: Artefact) -> EpochMaps:
    """The drawings of a run's training; shared, so never changed."""
    return _epoch_maps(str(drawn.path), drawn.manifest.created_at, _drawn=drawn)


@st.cache_resource(max_entries=2, show_spinner="Reading the drawings")
def _epoch_maps(path: str, created_at: str, _drawn: Artefact) -> EpochMaps:
    del path, created_at
    return read_epoch_maps(_drawn)


def points_after(setting: Setting, drawn: Artefact, epoch: int) -> pd.DataFrame:
    """The points of the map after one training epoch, completed as those of a map."""
    hidden = setting.people.hidden
    return _points_after(str(drawn.path), drawn.manifest.created_at, epoch, hidden, _setting=setting, _drawn=drawn)


@st.cache_resource(max_entries=40, show_spinner=False)
def _points_after(path: str, created_at: str, epoch: int, hidden: bool, _setting: Setting, _drawn: Artefact) -> pd.DataFrame:
    del path, created_at, hidden
    maps = epoch_maps(_drawn)
    return _completed(maps.points(epoch).reset_index(drop=True), maps.clusters, _setting)


def run_vectors(run: Artefact) -> RunVectors:
    """The vectors of a run, for exact neighbours; shared, so never changed."""
    return _run_vectors(str(run.path), run.manifest.created_at)


@st.cache_resource(max_entries=4, show_spinner=False)
def _run_vectors(path: str, created_at: str) -> RunVectors:
    del created_at
    return RunVectors.load(Path(path) / "vectors.safetensors")


def space_of(run: Artefact, motivation: str | None = None) -> MapSpace:
    """The space a map of the run is drawn from: of all slots, or of one motivation's."""
    return _space_of(str(run.path), run.manifest.created_at, motivation, _run=run)


@st.cache_resource(max_entries=4, show_spinner=False)
def _space_of(path: str, created_at: str, motivation: str | None, _run: Artefact) -> MapSpace:
    del path, created_at
    return MapSpace.of(run_vectors(_run), motivation)


def _completed(points: pd.DataFrame, clusters: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    names = dict(zip(clusters["cluster"], clusters["name"].astype(str), strict=True))
    points = points.assign(shown_id=points["id"].astype(object), label=points["label"].astype(object))
    if "said" not in points:  # maps of the first days
        points["said"] = NONE
    if setting.people.hidden:
        _hide_users(points, setting.people)
    points["cluster_name"] = points["cluster"].map(names).fillna("").astype(object)
    points["quote"] = _quotes(points, setting)
    category = _category(points, setting)
    if category is not None:
        points["category"] = category
    return points


def _hide_users(points: pd.DataFrame, people: UserNames) -> None:
    users = points["side"] == "user"
    shown = [people.name(str(identifier)) for identifier in points.loc[users, "id"]]
    points.loc[users, "label"] = shown
    points.loc[users, "shown_id"] = shown


def _quotes(points: pd.DataFrame, setting: Setting) -> np.ndarray:
    """Object [n]: each node's strongest quote; statements have none beside their own words."""
    dataset = artefacts.dataset(setting.dataset)
    quotes = quotes_of_run(setting.space, setting.run, dataset)
    node = points["node_idx"].to_numpy(dtype=np.int64) + np.where(points["side"] == "item", dataset.n_users, 0)
    is_node = (points["side"] != "statement").to_numpy(dtype=bool)
    found = np.full(len(points), "", dtype=object)
    found[is_node] = quotes[node[is_node]]
    return found


def _category(points: pd.DataFrame, setting: Setting) -> np.ndarray | None:
    """Object [n]: the category of items, "" of all others; None where the dataset has none."""
    categories = artefacts.dataset(setting.dataset).items["category"].astype(str).to_numpy(dtype=object)
    if not any(categories):
        return None
    items = (points["side"] == "item").to_numpy(dtype=bool)
    found = np.full(len(points), "", dtype=object)
    found[items] = categories[points["node_idx"].to_numpy(dtype=np.int64)[items]]
    return found
