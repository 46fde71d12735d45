"""The words of texts: training statements alone, brands kept apart, and nothing for whom nobody speaks of."""

from __future__ import annotations

import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.word_features import word_features

SAID = [
    (0, 0, "Ernie Ball strings sound bright."), (1, 0, "These Ernie Ball strings last long."), (2, 1, "Ernie Ball strings again, bright."),
    (0, 2, "The Planet Waves cable is quiet."), (1, 3, "A Planet Waves cable that never broke."), (3, 3, "Quiet cable."),
    (4, -1, "I am after Ernie Ball strings."), (-1, -1, "Strings and cable."),
]  # fmt: skip
"""User, item (-1: the text of a user's or an item's own profile, or of neither), statement."""


def statements(rows: list[tuple[int, int, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["user_idx", "item_idx", "statement"])


def of_items(rows: list[tuple[int, int, str]], dim: int = 3) -> torch.Tensor:
    return word_features(statements(rows), 6, 5, dim)[1]


def test_items_of_which_the_same_words_are_said_lie_together() -> None:
    words = of_items(SAID)
    assert words.shape == (5, 3)
    assert words.dtype == torch.float32
    likeness = words @ words.T
    assert likeness[0, 1] > likeness[0, 2]
    assert likeness[2, 3] > likeness[1, 3]
    assert not words[4].any(), "of whom nobody speaks"
    assert float(words.norm(dim=1).max()) <= 1 + 1e-5


def test_users_lie_with_the_items_of_whose_words_they_speak() -> None:
    users, items = word_features(statements(SAID), 6, 5, 3)
    assert users.shape == (6, 3)
    likeness = users @ items.T
    assert likeness[3, 3] > likeness[3, 1]
    assert likeness[4, 1] > likeness[4, 3]
    assert not users[5].any(), "who says nothing"


def test_the_directions_are_those_of_what_is_said_of_items() -> None:
    assert torch.equal(of_items(SAID), of_items(SAID[:-2]))


def test_columns_beyond_the_directions_of_the_texts_are_zero() -> None:
    words = of_items(SAID, 32)
    assert words.shape == (5, 32)
    assert words[:, :3].any()
    assert not words[:, 8:].any()


@pytest.mark.parametrize("rows", [[], [(0, 0, "!!"), (1, 1, "?")], [(0, -1, "words")]], ids=["nothing", "no words", "of no item"])
def test_texts_without_words_say_nothing(rows: list[tuple[int, int, str]]) -> None:
    assert not any(side.any() for side in word_features(statements(rows), 2, 3, 4))


@settings(deadline=None)  # the first one waits for scikit-learn to be loaded
@given(st.permutations(SAID))
def test_the_order_of_the_items_in_the_table_is_of_no_matter(rows: list[tuple[int, int, str]]) -> None:
    own = {item: iter([row for row in SAID if row[1] == item]) for _, item, _ in SAID}
    mixed = [next(own[item]) for _, item, _ in rows]
    assert torch.allclose(of_items(mixed), of_items(SAID), atol=1e-4)
