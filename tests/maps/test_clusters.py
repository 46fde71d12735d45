from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.maps.clusters import cluster, distinct_names, typical_motivations
from core.maps.motivations import NodeMotivations, node_motivations, said_motivations
from core.maps.words import cluster_words, member_texts
from core.training.opened import OpenedRun


def groups(n: int, k: int, noise: float = 0.05) -> torch.Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.nn.functional.normalize(torch.eye(k).repeat(n, 1) + noise * torch.randn(n * k, k, generator=generator), dim=1)


def test_silhouette_finds_the_number_of_groups() -> None:
    assigned = cluster(groups(30, 6), None, seed=0)
    assert len(np.unique(assigned)) == 6
    assert all(len(np.unique(assigned[group::6])) == 1 for group in range(6))


def test_clusters_are_numbered_by_size_and_repeat_for_a_seed() -> None:
    vectors = torch.cat([groups(30, 4), groups(1, 4)[:1].repeat(40, 1)])
    assigned = cluster(vectors, 4, seed=3)
    assert (np.diff(np.bincount(assigned)) <= 0).all()
    np.testing.assert_array_equal(assigned, cluster(vectors, 4, seed=3))


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_handful_of_points_is_one_cluster(n: int) -> None:
    assert cluster(groups(n, 1), None, seed=0).tolist() == [0] * n


def test_typical_motivation_is_what_sets_a_cluster_apart() -> None:
    shares = np.array([[0.5, 0.3, 0.2, 0.0], [0.5, 0.1, 0.4, 0.0], [0.4, 0.1, 0.1, 0.4], [0.0, 0.0, 0.0, 0.0]])
    motivations = NodeMotivations(("sound", "price", "ease", "other"), shares, np.zeros((4, 4), dtype=np.float32))
    assert typical_motivations(np.array([0, 1, 2, 2]), motivations)[:2] == ["price", "ease"]
    assert typical_motivations(np.array([0, 1, 2, 2]), motivations)[2] != "other"
    nothing = NodeMotivations((), np.zeros((4, 0)), np.zeros((4, 0), dtype=np.float32))
    assert typical_motivations(np.array([0, 1, 1, 0]), nothing) == [None, None]


def test_silent_nodes_have_no_motivation() -> None:
    shares = np.array([[0.7, 0.3], [0.0, 0.0]])
    motivations = NodeMotivations(("sound", "other"), shares, np.full((2, 2), 0.5, dtype=np.float32))
    keys, confidence = motivations.dominant()
    assert keys == ["sound", "none"]
    assert confidence.tolist() == [0.5, 0.0]
    assert motivations.distinctive()[1] == "none"


def test_motivations_come_from_behaviour_where_slots_are_named_and_from_text_where_not(make_run: Callable[..., OpenedRun]) -> None:
    by_text = node_motivations(make_run(named=False))
    assert by_text.dominant()[0][:4] == ["sound", "price", "sound", "price"]
    assert by_text.dominant()[1][:2] == pytest.approx([0.8, 0.8])
    assert node_motivations(make_run(named=False, profiles=False)).dominant()[0] == ["none"] * 40
    named = make_run()
    assert said_motivations(named).dominant()[0][:2] == ["sound", "price"]
    expected = named.mean_contributions["user"].clip(0)
    np.testing.assert_allclose(node_motivations(named).shares[:24], expected / expected.sum(axis=1, keepdims=True))


def test_words_are_those_of_the_members(make_run: Callable[..., OpenedRun]) -> None:
    run = make_run()
    assigned = np.concatenate([np.arange(24) % 2, np.arange(16) % 2])
    sound, price = cluster_words(member_texts(run), assigned, 24, n_words=4)
    assert set(sound) == {"warm", "tone", "lovely", "sound"}
    assert set(price) == {"cheap", "bargain", "fair", "price"}


def test_words_come_from_training_reviews_where_there_are_no_statements(make_run: Callable[..., OpenedRun]) -> None:
    run = make_run(profiles=False)
    texts = member_texts(run)
    assert len(texts) == len(run.dataset.rows("train")) + run.dataset.n_items  # the titles too
    assert "penny" in cluster_words(texts, np.concatenate([np.arange(24) % 2, np.arange(16) % 2]), 24)[0]


def test_clusters_without_words_are_numbered() -> None:
    empty = pd.DataFrame({"user_idx": [0], "item_idx": [0], "text": ["the of and"]})
    words = cluster_words(empty, np.array([0, 1]), 1)
    assert words == [[], []]
    assert distinct_names([None, None], {}, words) == ["Cluster 1", "Cluster 2"]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["sound", "price", None]), st.lists(st.sampled_from("abcd"), max_size=3)), min_size=1, max_size=12)
)
def test_names_are_distinct(made: list[tuple[str | None, list[str]]]) -> None:
    names = distinct_names([motivation for motivation, _ in made], {"sound": "Sound", "price": "Price"}, [words for _, words in made])
    assert len(set(names)) == len(names) == len(made)
    assert all(names)
