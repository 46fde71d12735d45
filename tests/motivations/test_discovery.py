"""A taxonomy discovered from statements finds the groups that are there."""

from __future__ import annotations

import numpy as np
import pytest

from core.encoding.encoder import normalised
from core.errors import InputError
from core.motivations.discovery import discover

TOPICS = {"sound": "warm tone", "price": "cheap bargain", "gift": "present son", "strap": "soft leather", "cable": "plug jack"}


def _statements() -> tuple[list[str], np.ndarray]:
    generator = np.random.default_rng(3)
    directions = np.eye(len(TOPICS), 16)
    texts, vectors = [], []
    for topic, (word, more) in enumerate(TOPICS.items()):
        for number in range(40 + 10 * topic):
            texts.append(f"The {word} is a {more} thing {'abcdefgh'[number % 8]} {number}")
            vectors.append(directions[topic] + generator.normal(scale=0.05, size=16))
    return texts, normalised(np.array(vectors))


def test_finds_the_groups_names_them_and_shows_their_sentences() -> None:
    texts, vectors = _statements()
    taxonomy = discover(texts, vectors, name="found", n_motivations=5)
    assert len(taxonomy) == 5
    for entry, word in zip(taxonomy.motivations, ["cable", "strap", "gift", "price", "sound"], strict=True):
        assert word in entry.key.split("_")
        assert all(f"The {word} is" in example for example in entry.examples)


def test_silhouette_chooses_about_the_number_of_groups() -> None:
    texts, vectors = _statements()
    assert len(discover(texts, vectors, name="found")) in (4, 6)


def test_same_seed_gives_the_same_taxonomy() -> None:
    texts, vectors = _statements()
    assert discover(texts, vectors, name="found", seed=5) == discover(texts, vectors, name="found", seed=5)


def test_too_few_statements_are_one_clear_error() -> None:
    with pytest.raises(InputError, match="distinct statements"):
        discover(["a b c d"], np.ones((1, 4), dtype=np.float32), name="found")


def test_words_of_any_script_make_valid_keys() -> None:
    texts = [f"звук хороший {word}" for word in ("раз", "два", "три", "раз два")] + [
        f"цена низкая {word}" for word in ("раз", "два", "три")
    ]
    vectors = normalised(np.array([[1.0, 0.0]] * 4 + [[0.0, 1.0]] * 3))
    assert len(discover(texts, vectors, name="found", n_motivations=2)) == 2
