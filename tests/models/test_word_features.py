"""The words said of items: training statements alone, brands kept apart, and nothing said of whom nobody speaks."""

from __future__ import annotations

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.models.word_features import item_words

SAID = [
    (0, "Ernie Ball strings sound bright."), (0, "These Ernie Ball strings last long."), (1, "Ernie Ball strings again, bright."),
    (2, "The Planet Waves cable is quiet."), (3, "A Planet Waves cable that never broke."), (3, "Quiet cable."), (-1, "Strings and cable."),
]  # fmt: skip


def statements(rows: list[tuple[int, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["item_idx", "statement"])


def test_items_of_which_the_same_words_are_said_lie_together() -> None:
    words = item_words(statements(SAID), 5, 3)
    assert words.shape == (5, 3)
    assert words.dtype == torch.float32
    likeness = words @ words.T
    assert likeness[0, 1] > likeness[0, 2]
    assert likeness[2, 3] > likeness[1, 3]
    assert not words[4].any(), "of whom nobody speaks"
    assert float(words.norm(dim=1).max()) <= 1 + 1e-5


def test_what_is_said_of_no_item_is_not_read() -> None:
    assert torch.equal(item_words(statements(SAID), 5, 3), item_words(statements(SAID[:-1]), 5, 3))


def test_columns_beyond_the_directions_of_the_texts_are_zero() -> None:
    words = item_words(statements(SAID), 5, 32)
    assert words.shape == (5, 32)
    assert words[:, :3].any()
    assert not words[:, 8:].any()


@pytest.mark.parametrize("rows", [[], [(0, "!!"), (1, "?")], [(-1, "words")]], ids=["nothing", "no words", "of no item"])
def test_texts_without_words_say_nothing(rows: list[tuple[int, str]]) -> None:
    assert not item_words(statements(rows), 3, 4).any()


@given(st.permutations(SAID))
def test_the_order_of_the_items_in_the_table_is_of_no_matter(rows: list[tuple[int, str]]) -> None:
    own = {item: iter([row for row in SAID if row[0] == item]) for item, _ in SAID}
    mixed = [next(own[item]) for item, _ in rows]
    assert torch.allclose(item_words(statements(mixed), 5, 3), item_words(statements(SAID), 5, 3), atol=1e-4)
