from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.maps.cluster_table import cluster_table
from core.maps.clusters import UNCLUSTERED, cluster, cluster_by_density, distinct_names, typical_motivations
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


def test_density_finds_islands_and_leaves_what_is_between_out() -> None:
    generator = np.random.default_rng(0)
    islands = [generator.normal(centre, 0.3, (n, 2)) for centre, n in (((0, 0), 40), ((10, 0), 80), ((0, 10), 60))]
    between = np.array([[40.0, 35.0], [-30.0, 25.0], [-25.0, -40.0]])
    found = cluster_by_density(np.concatenate([*islands, between]), smallest=20)
    assert found[:40].tolist() == [2] * 40
    assert found[40:120].tolist() == [0] * 80
    assert found[120:180].tolist() == [1] * 60
    assert found[180:].tolist() == [UNCLUSTERED] * 3


def test_density_of_many_points_is_found_on_a_part_and_followed_by_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.maps.clusters._MOST_FOR_DENSITY", 100)
    generator = np.random.default_rng(0)
    drawing = np.concatenate([generator.normal(centre, 0.3, (200, 2)) for centre in ((0, 0), (10, 0))])
    found = cluster_by_density(drawing, smallest=40)
    assert set(found[:200].tolist()) | {UNCLUSTERED} == {int(np.bincount(found[:200][found[:200] >= 0]).argmax()), UNCLUSTERED}
    assert (found == UNCLUSTERED).mean() < 0.2
    assert found[:200].max() != found[200:].max()


def test_points_without_denser_parts_are_one_cluster() -> None:
    assert cluster_by_density(np.random.default_rng(0).normal(size=(6, 2))).tolist() == [0] * 6


def test_unclustered_nodes_have_a_row_of_their_own_and_give_no_words(make_run: Callable[..., OpenedRun]) -> None:
    run = make_run()
    assigned = np.concatenate([np.arange(24) % 2, np.arange(16) % 2]).astype(np.int32)
    assigned[[0, 1, 30]] = UNCLUSTERED
    table = cluster_table(run, assigned, node_motivations(run), said_motivations(run))
    assert table["cluster"].tolist() == [0, 1, UNCLUSTERED]
    assert table["name"].iloc[-1] == "Unclustered"
    assert table["size"].tolist() == [18, 19, 3]
    assert table["users"].tolist() == [11, 11, 2]
    assert table["words"].iloc[-1] == []
    assert "warm" in table["words"].iloc[0]
    of_slot = cluster_table(run, assigned, node_motivations(run), said_motivations(run), "price")
    assert of_slot["motivation"].tolist() == ["price", "price", "none"]
