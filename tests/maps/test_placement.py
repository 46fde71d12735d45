"""Further points are placed among users and items and move none of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.maps.layout import draw
from core.maps.placement import majority, place
from core.maps.quality import preserved, preserved_among
from core.maps.space import nearest, nearest_among


def unit(n: int, d: int = 6, seed: int = 0) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(n, d, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_nearest_among_are_those_of_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.maps.space._CELLS_AT_A_TIME", 300)
    vectors, others = unit(40), unit(60, seed=1)
    rows, distances = nearest_among(vectors, others, 5)
    full = torch.cdist(vectors.double(), others.double()).numpy()
    np.testing.assert_array_equal(rows, np.argsort(full, axis=1)[:, :5])
    np.testing.assert_allclose(distances, np.sort(full, axis=1)[:, :5], atol=1e-3)


def test_a_point_lies_where_its_neighbours_do_and_repeats() -> None:
    generator = torch.Generator().manual_seed(3)
    centres = torch.eye(6)[:3] * 4
    vectors = torch.nn.functional.normalize(centres.repeat_interleave(40, 0) + torch.randn(120, 6, generator=generator) * 0.4, dim=1)
    further = torch.nn.functional.normalize(centres.repeat_interleave(10, 0) + torch.randn(30, 6, generator=generator) * 0.4, dim=1)
    drawing = draw(vectors, nearest(vectors, 10), epochs=50)
    before = drawing.copy()
    near = nearest_among(further, vectors, 9)
    placed = place(drawing, near)
    np.testing.assert_array_equal(drawing, before)
    np.testing.assert_array_equal(placed, place(drawing, near))
    middles = drawing.reshape(3, 40, 2).mean(axis=1)
    closest = np.linalg.norm(placed[:, None] - middles[None], axis=2).argmin(axis=1)
    np.testing.assert_array_equal(closest, np.repeat([0, 1, 2], 10))


def test_nothing_to_place_and_next_to_no_neighbours() -> None:
    drawing = np.array([[0.0, 0.0], [2.0, 2.0]], dtype=np.float32)
    assert place(drawing, (np.zeros((0, 2), dtype=np.int32), np.zeros((0, 2), dtype=np.float32))).shape == (0, 2)
    one = place(drawing, (np.array([[1]], dtype=np.int32), np.array([[0.1]], dtype=np.float32)))
    np.testing.assert_array_equal(one, [[2.0, 2.0]])


def test_majority_is_the_cluster_of_most_neighbours_and_among_equals_of_the_nearest() -> None:
    assigned = np.array([0, 0, 1, 1, 2, -1, -1])
    near = np.array([[0, 2, 3], [4, 2, 0], [5, 6, 0], [2, 4, 5]])
    assert majority(near, assigned).tolist() == [1, 2, -1, 1]


def brute_force_share(distances: np.ndarray, drawn: np.ndarray, k: int) -> np.ndarray:
    """Share of the k nearest by one table of distances that are among the k nearest by another: float [m]."""
    rows = zip(distances, drawn, strict=True)
    return np.array([len(set(np.argsort(one)[:k]) & set(np.argsort(other)[:k])) / k for one, other in rows])


def test_trust_of_a_point_is_the_share_of_its_nearest_that_stay_nearest() -> None:
    vectors, drawing = unit(70), np.random.default_rng(0).normal(size=(70, 2))
    space = torch.cdist(vectors.double(), vectors.double()).numpy()
    drawn = np.linalg.norm(drawing[:, None] - drawing[None], axis=2)
    for table in (space, drawn):
        np.fill_diagonal(table, np.inf)
    found = preserved(nearest(vectors, 8)[0], drawing)
    np.testing.assert_allclose(found, brute_force_share(space, drawn, 7), atol=1e-6)
    assert 0 < found.mean() < 0.5


def test_trust_of_what_was_placed_is_measured_among_users_and_items() -> None:
    vectors, others = unit(25, seed=4), unit(70)
    drawing, placed = np.random.default_rng(0).normal(size=(70, 2)), np.random.default_rng(1).normal(size=(25, 2))
    space = torch.cdist(vectors.double(), others.double()).numpy()
    drawn = np.linalg.norm(placed[:, None] - drawing[None], axis=2)
    found = preserved_among(nearest_among(vectors, others, 6)[0], placed, drawing)
    np.testing.assert_allclose(found, brute_force_share(space, drawn, 6), atol=1e-6)
    assert preserved_among(np.zeros((0, 3), dtype=np.int32), np.zeros((0, 2)), drawing).shape == (0,)
