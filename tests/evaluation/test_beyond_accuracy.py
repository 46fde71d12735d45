"""Coverage, novelty, popularity bias and Gini against their definitions written out in loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.beyond_accuracy import beyond_accuracy, gini
from core.models.graph import Interactions

N_USERS, N_ITEMS = 7, 9


def made_up(seed: int) -> tuple[np.ndarray, np.ndarray, Interactions]:
    """Lists with empty ends, one empty list, a user without history, an item nobody had, and a pair met twice."""
    generator = np.random.default_rng(seed)
    pairs = np.array([(u, i) for u in range(N_USERS - 1) for i in range(N_ITEMS - 1) if generator.random() < 0.15 + i / 12])
    pairs = np.concatenate([pairs, pairs[:1]])
    ranked = np.array([generator.permutation(N_ITEMS)[:5] for _ in range(N_USERS)])
    for row, length in enumerate([5, 2, 0, 1, 4, 3, 5]):
        ranked[row, length:] = -1
    order = generator.permutation(N_USERS)
    return ranked, order, Interactions(N_USERS, N_ITEMS, pairs.astype(np.int64))


def by_loops(ranked: np.ndarray, users: np.ndarray, training: Interactions, k: int) -> tuple[float, float, float]:
    had = {(int(u), int(i)) for u, i in training.pairs}
    popular = [sum((u, i) in had for u in range(N_USERS)) for i in range(N_ITEMS)]
    anybody, bits, listed, own = set(), [], [], []
    for row, user in zip(ranked, users, strict=True):
        items = [int(i) for i in row[:k] if i >= 0]
        anybody |= set(items)
        bits += [-math.log2(max(popular[i], 1) / N_USERS) for i in items]
        history = [i for i in range(N_ITEMS) if (user, i) in had]
        if items and history:
            listed.append(np.mean([popular[i] for i in items]))
            own.append(np.mean([popular[i] for i in history]))
    return len(anybody) / N_ITEMS, float(np.mean(bits)), float(np.mean(listed) / np.mean(own))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("k", [1, 3, 5])
def test_figures_are_those_of_the_definitions(seed: int, k: int) -> None:
    ranked, users, training = made_up(seed)
    found = beyond_accuracy(ranked, users, training, k)
    assert (found.coverage, found.novelty, found.popularity_bias) == pytest.approx(by_loops(ranked, users, training, k))
    assert found.k == k


def test_recommending_ones_own_history_has_no_bias() -> None:
    pairs = np.array([(0, 0), (0, 1), (1, 1), (1, 2), (2, 1), (2, 0)])
    ranked = np.array([[0, 1], [2, 1], [1, 0]])
    found = beyond_accuracy(ranked, np.arange(3), Interactions(3, 4, pairs), 2)
    assert found.popularity_bias == pytest.approx(1.0)
    assert found.coverage == 3 / 4


def test_the_same_popular_list_for_all_is_biased_and_concentrated() -> None:
    pairs = np.array([(u, 0) for u in range(8)] + [(u, 1 + u) for u in range(8)])
    training = Interactions(8, 20, pairs)
    same = beyond_accuracy(np.zeros((8, 1), dtype=np.int64), np.arange(8), training, 1)
    own = beyond_accuracy(np.arange(1, 9)[:, None], np.arange(8), training, 1)
    assert same.popularity_bias > 1 > own.popularity_bias
    assert same.gini == pytest.approx(19 / 20)
    assert same.gini > own.gini
    assert same.novelty == 0 < own.novelty == pytest.approx(3.0)


def test_nothing_recommended_has_no_figures() -> None:
    _, users, training = made_up(0)
    found = beyond_accuracy(np.full((N_USERS, 3), -1), users, training, 3)
    assert found.coverage == 0
    assert all(math.isnan(value) for value in (found.novelty, found.popularity_bias, found.gini))


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20).filter(any))
def test_gini_is_the_mean_absolute_difference(counts: list[int]) -> None:
    n = len(counts)
    expected = sum(abs(a - b) for a in counts for b in counts) / (2 * n * sum(counts))
    assert gini(counts) == pytest.approx(expected, abs=1e-12)
    assert gini([7 * one for one in counts]) == pytest.approx(expected, abs=1e-12)


def test_wrong_shapes_are_told() -> None:
    ranked, users, training = made_up(0)
    with pytest.raises(ValueError, match="k = 6"):
        beyond_accuracy(ranked, users, training, 6)
    with pytest.raises(ValueError, match="7 lists of 6 users"):
        beyond_accuracy(ranked, users[:-1], training, 2)
