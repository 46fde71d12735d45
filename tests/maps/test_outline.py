from __future__ import annotations

import numpy as np
import pytest

from core.maps.outline import inside

GRID = np.array([[x, y] for x in range(5) for y in range(5)], dtype=float)


def test_two_corners_are_a_box_in_any_order() -> None:
    assert GRID[inside(GRID, [3, 1], [0, 1])].tolist() == [[x, y] for x in (1, 2, 3) for y in (0, 1)]


def test_a_triangle_catches_what_is_in_it() -> None:
    caught = GRID[inside(GRID, [-0.5, 4.5, -0.5], [-0.5, -0.5, 4.5])]
    assert {tuple(point) for point in caught} == {(x, y) for x in range(5) for y in range(5) if x + y < 4}


@pytest.mark.parametrize("n_corners", [3, 8, 40])
def test_a_circle_agrees_with_its_formula_away_from_the_edge(n_corners: int) -> None:
    turn = np.linspace(0, 2 * np.pi, n_corners, endpoint=False)
    points = np.random.default_rng(0).uniform(-2, 2, (400, 2))
    radius = np.linalg.norm(points, axis=1)
    caught = inside(points, np.cos(turn).tolist(), np.sin(turn).tolist())
    assert caught[radius < np.cos(np.pi / n_corners) - 1e-9].all()
    assert not caught[radius > 1 + 1e-9].any()
