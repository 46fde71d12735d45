"""The embedding cache: each distinct sentence once ever, through stops, kills and other processes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core.encoding.cache import CHUNK, EmbeddingCache
from core.encoding.encoder import Vectors, normalised
from core.errors import StoppedError, StorageError
from core.progress import ProgressEvent


class CountingEncoder:
    """Vectors from the characters of a text; remembers what it was asked."""

    name = "counting"
    fingerprint = "f0"
    precision = "float32"
    dim = 8

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked.extend(texts)
        seeds = [np.random.default_rng(list(text.encode("utf-8", "surrogatepass"))) for text in texts]
        return normalised(np.stack([seed.normal(size=self.dim) for seed in seeds]))


def test_each_distinct_sentence_is_embedded_once_ever(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    first = EmbeddingCache(tmp_path, encoder).encode(["a", "b", "a"])
    second = EmbeddingCache(tmp_path, encoder).encode(["b", "c", "a"])
    assert sorted(encoder.asked) == ["a", "b", "c"]
    np.testing.assert_array_equal(first[0], first[2])
    np.testing.assert_array_equal(second[[2, 0]], first[:2])


def test_first_and_later_runs_give_equal_vectors(tmp_path: Path) -> None:
    texts = [f"sentence {number}" for number in range(50)]
    fresh = EmbeddingCache(tmp_path, CountingEncoder()).encode(texts)
    cached = EmbeddingCache(tmp_path, CountingEncoder()).encode(texts)
    np.testing.assert_array_equal(fresh, cached)
    np.testing.assert_allclose(fresh, CountingEncoder().encode(texts), atol=1e-3)


def test_other_weights_or_precision_share_nothing(tmp_path: Path) -> None:
    EmbeddingCache(tmp_path, CountingEncoder()).encode(["a"])
    for attribute in ("fingerprint", "precision"):
        other = CountingEncoder()
        setattr(other, attribute, "else")
        EmbeddingCache(tmp_path, other).encode(["a"])
        assert other.asked == ["a"]


def test_stopped_run_keeps_what_it_embedded(tmp_path: Path) -> None:
    texts = [f"{number:05d}" for number in range(CHUNK * 3)]
    calls = iter([False, True])
    with pytest.raises(StoppedError):
        EmbeddingCache(tmp_path, CountingEncoder()).encode(texts, stop=lambda: next(calls))
    encoder = CountingEncoder()
    EmbeddingCache(tmp_path, encoder).encode(texts)
    assert len(encoder.asked) == CHUNK * 2


def test_progress_counts_distinct_sentences_and_gives_the_rate(tmp_path: Path) -> None:
    events: list[ProgressEvent] = []
    EmbeddingCache(tmp_path, CountingEncoder()).encode(["a", "a", "b"], events.append)
    assert [(event.done, event.total) for event in events] == [(0, 2), (2, 2)]
    assert events[-1].measures["sentences_per_s"] > 0


def test_odd_texts_are_kept_apart(tmp_path: Path) -> None:
    texts = ["", " ", "é", "e\u0301", "\udce9", "😀", "a\x00b", "ab"]
    EmbeddingCache(tmp_path, CountingEncoder()).encode(texts)
    encoder = CountingEncoder()
    vectors = EmbeddingCache(tmp_path, encoder).encode(texts)
    assert encoder.asked == []
    assert len(np.unique(vectors, axis=0)) == len(texts)


def test_damaged_row_is_embedded_again(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path, CountingEncoder())
    expected = cache.encode(["a"])
    with sqlite3.connect(cache.path) as connection:
        connection.execute("UPDATE vectors SET vector = x'0102'")
    connection.close()
    np.testing.assert_array_equal(EmbeddingCache(tmp_path, CountingEncoder()).encode(["a"]), expected)


def test_damaged_file_is_one_clear_error(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path, CountingEncoder())
    cache.path.write_bytes(b"this is no database, just noise " * 100)
    with pytest.raises(StorageError, match="embedding cache"):
        cache.encode(["a"])


_WRITER = """
import sys, numpy as np
from pathlib import Path
from core.encoding.cache import EmbeddingCache
class Encoder:
    name, fingerprint, precision, dim = "slow", "f", "float32", 4
    def encode(self, texts): return np.ones((len(texts), 4), dtype=np.float32)
cache = EmbeddingCache(Path(sys.argv[1]), Encoder())
vectors = cache.encode([f"{n}" for n in range(int(sys.argv[2]), int(sys.argv[3]))])
assert (vectors == 1).all()
"""


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    """Ten times from nothing: the moment at which both make the new file ready is short."""
    root = Path(__file__).parents[2]
    ranges = [("0", "3000"), ("2000", "5000")]
    for number in range(10):
        folder = tmp_path / str(number)
        writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(folder), *bounds], cwd=root) for bounds in ranges]
        assert [writer.wait(60) for writer in writers] == [0, 0]
        with closing(sqlite3.connect(next(folder.glob("*.sqlite")))) as connection:
            assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (5000,)
