"""TF-IDF + SVD: knows the texts it was given and no others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.encoding.tfidf import TfidfEncoder
from core.errors import InputError

TEXTS = ["the sound is rich", "the sound is clear", "it arrived on time", "it arrived late", "a gift for my son"]


def test_same_texts_in_any_order_give_the_same_encoder() -> None:
    first, second = TfidfEncoder.fit(TEXTS), TfidfEncoder.fit([*reversed(TEXTS), TEXTS[0]])
    assert first.fingerprint == second.fingerprint
    np.testing.assert_array_equal(first.encode(TEXTS), second.encode(TEXTS))


def test_fingerprint_follows_the_fit() -> None:
    assert TfidfEncoder.fit(TEXTS).fingerprint != TfidfEncoder.fit(TEXTS[:-1]).fingerprint


def test_unknown_words_give_a_zero_vector() -> None:
    vectors = TfidfEncoder.fit(TEXTS).encode(["sound", "xylophone"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1.0, 0.0], atol=1e-5)


def test_shared_words_are_nearer() -> None:
    sound, clear, late = TfidfEncoder.fit(TEXTS).encode(["rich sound", "clear sound", "arrived late"])
    assert sound @ clear > sound @ late


def test_saved_fit_encodes_the_same(tmp_path: Path) -> None:
    encoder = TfidfEncoder.fit(TEXTS)
    encoder.save(tmp_path)
    again = TfidfEncoder.load(tmp_path)
    assert again.fingerprint == encoder.fingerprint
    np.testing.assert_array_equal(again.encode(TEXTS), encoder.encode(TEXTS))


@pytest.mark.parametrize("texts", [[], ["", "  "], ["!!!"]])
def test_no_words_to_fit_is_one_clear_error(texts: list[str]) -> None:
    with pytest.raises(InputError, match="No words to fit"):
        TfidfEncoder.fit(texts)
