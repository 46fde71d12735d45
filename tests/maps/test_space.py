from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.errors import InputError
from core.maps.quality import mixing, preserved, trustworthiness
from core.maps.space import MapSpace, nearest
from core.training.opened import OpenedRun
from core.training.run import RunVectors


def unit_vectors(n: int, d: int = 6, seed: int = 0) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(n, d, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_nearest_are_the_brute_force_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.maps.space._CELLS_AT_A_TIME", 700)
    vectors = unit_vectors(100)
    rows, distances = nearest(vectors, 7)
    full = torch.cdist(vectors.double(), vectors.double()).numpy()
    np.testing.assert_array_equal(rows[:, 0], np.arange(100))
    np.testing.assert_array_equal(rows, np.argsort(full, axis=1)[:, :7])
    np.testing.assert_allclose(distances[:, 1:], np.sort(full, axis=1)[:, 1:7], atol=1e-3)
    np.testing.assert_array_equal(distances[:, 0], 0)


def test_each_point_is_its_own_first_neighbour_even_beside_twins() -> None:
    rows, distances = nearest(unit_vectors(1).repeat(9, 1), 4)
    np.testing.assert_array_equal(rows[:, 0], np.arange(9))
    np.testing.assert_allclose(distances, 0, atol=1e-3)


def test_neighbours_are_those_of_the_space_on_the_side_asked_for(make_run: Callable[..., OpenedRun]) -> None:
    run = make_run()
    space = MapSpace.of(run.vectors)
    cosines = (space.vectors.double() @ space.vectors[space.row("item", 3)].double()).numpy()
    expected = [row for row in np.argsort(-cosines, kind="stable") if row != 24 + 3]
    found = space.neighbours("item", 3, 50)
    assert [space.row(node.side, node.idx) for node in found] == expected
    users = space.neighbours("item", 3, 5, among="user")
    assert [node.idx for node in users] == [row for row in expected if row < 24][:5]
    assert {node.side for node in users} == {"user"}


def test_space_brings_the_sides_of_a_group_together(make_run: Callable[..., OpenedRun]) -> None:
    space = MapSpace.of(make_run().vectors)
    assert all(node.idx % 2 == 1 for node in space.neighbours("user", 1, 8, among="item"))
    assert mixing(nearest(space.vectors, 10)[0], 24) > 0.5


def test_space_does_not_depend_on_how_a_slot_is_split_between_the_sides(make_run: Callable[..., OpenedRun]) -> None:
    vectors = make_run().vectors
    scale = torch.tensor([10.0, 0.1, 1.0])[:, None]
    same_scores = RunVectors(vectors.user * scale, vectors.item / scale, vectors.motivations, vectors.item_bias, {})
    torch.testing.assert_close(MapSpace.of(same_scores).vectors, MapSpace.of(vectors).vectors, atol=1e-5, rtol=1e-4)


def test_space_of_a_slot_compares_that_slot_alone(make_run: Callable[..., OpenedRun]) -> None:
    run = make_run()
    space = MapSpace.of(run.vectors, "price")
    assert space.vectors.shape == (40, 2)
    own = run.vectors.user[[1, 4], 1]
    expected = torch.nn.functional.cosine_similarity(own[0], own[1], dim=0)
    assert float(space.vectors[1] @ space.vectors[4]) == pytest.approx(float(expected), abs=1e-5)
    torch.testing.assert_close(space.bring(run.vectors.item, "item"), space.vectors[24:])


def test_slots_that_are_not_there_are_refused(make_run: Callable[..., OpenedRun]) -> None:
    with pytest.raises(InputError, match="There are: sound, price, other"):
        MapSpace.of(make_run().vectors, "colour")
    with pytest.raises(InputError, match="not motivations"):
        MapSpace.of(make_run(named=False).vectors, "sound")


def test_trustworthiness_is_that_of_scikit_learn() -> None:
    from sklearn.manifold import trustworthiness as reference

    vectors = unit_vectors(150)
    drawing = (vectors[:, :2] + 0.1 * torch.randn(150, 2, generator=torch.Generator().manual_seed(1))).numpy()
    assert trustworthiness(vectors, drawing, k=10) == pytest.approx(reference(vectors.double().numpy(), drawing, n_neighbors=10), abs=1e-3)
    sampled = trustworthiness(vectors, drawing, k=10, sample=100)
    assert sampled == pytest.approx(trustworthiness(vectors, drawing, k=10), abs=0.03)


def test_trust_is_one_where_the_drawing_is_the_space_and_less_where_it_is_shuffled() -> None:
    drawing = np.random.default_rng(0).normal(size=(80, 2))
    full = np.linalg.norm(drawing[:, None] - drawing[None], axis=2)
    rows = np.argsort(full, axis=1)[:, :9]
    np.testing.assert_array_equal(preserved(rows, drawing), 1)
    assert preserved(rows, drawing[np.random.default_rng(1).permutation(80)]).mean() < 0.3


def test_mixing_is_about_one_at_random_and_zero_for_two_islands() -> None:
    assert mixing(nearest(unit_vectors(400), 11)[0], 150) == pytest.approx(1, abs=0.1)
    islands = torch.cat([unit_vectors(20) * 0.01 + torch.eye(6)[0], unit_vectors(20) * 0.01 - torch.eye(6)[0]])
    assert mixing(nearest(torch.nn.functional.normalize(islands, dim=1), 5)[0], 20) == 0


def test_words_that_all_histories_share_do_not_set_users_apart_from_items() -> None:
    generator = torch.Generator().manual_seed(0)
    user, item = torch.randn(30, 2, 3, generator=generator), torch.randn(20, 2, 3, generator=generator)
    words, spoken = torch.randn(30, 2, 4, generator=generator), torch.randn(20, 2, 4, generator=generator)

    def space(shared: float) -> MapSpace:
        wide = torch.cat([user, words - words.mean(0) + shared], dim=2)
        views = {"user_interaction": user, "item_interaction": item}
        return MapSpace.of(RunVectors(wide, torch.cat([item, spoken], dim=2), ("sound", "other"), torch.zeros(20), views))

    torch.testing.assert_close(space(0.0).vectors, space(50.0).vectors, atol=1e-4, rtol=1e-4)
