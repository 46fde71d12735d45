from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import procrustes
from scipy.spatial.distance import pdist

from core.maps.alignment import aligned


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 6.3), st.floats(0.1, 20), st.booleans())
def test_what_was_turned_mirrored_moved_and_scaled_lies_over_itself_again(seed: int, angle: float, scale: float, mirrored: bool) -> None:
    generator = np.random.default_rng(seed)
    onto = generator.normal(size=(20, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([1, -1 if mirrored else 1])
    points = (onto @ turn) * scale + generator.normal(size=2) * 5
    np.testing.assert_allclose(aligned(points, onto), onto, atol=1e-8)


def test_remaining_distance_is_that_of_scipys_procrustes() -> None:
    generator = np.random.default_rng(1)
    onto, points = generator.normal(size=(30, 2)), generator.normal(size=(30, 2))
    size = ((onto - onto.mean(axis=0)) ** 2).sum()
    assert ((aligned(points, onto) - onto) ** 2).sum() / size == pytest.approx(procrustes(onto, points)[2])


def test_shape_is_never_bent() -> None:
    generator = np.random.default_rng(2)
    points, onto = generator.normal(size=(25, 2)), generator.normal(size=(25, 2))
    ratios = pdist(aligned(points, onto)) / pdist(points)
    assert ratios == pytest.approx(np.full(len(ratios), ratios[0]))


def test_points_all_in_one_place_and_none_at_all() -> None:
    onto = np.array([[0.0, 2.0], [2.0, 0.0]])
    np.testing.assert_allclose(aligned(np.ones((2, 2)), onto), [[1.0, 1.0], [1.0, 1.0]])
    assert aligned(np.zeros((0, 2)), np.zeros((0, 2))).shape == (0, 2)
    with pytest.raises(ValueError, match="not the same points"):
        aligned(np.zeros((3, 2)), np.zeros((2, 2)))
