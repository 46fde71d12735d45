"""Sentence vectors kept by content: a sentence is embedded once ever, in one SQLite file per encoder.

SQLite in WAL mode gives what is needed here: a killed process leaves whole rows only, and two processes may read and write
at once. 100,000 sentences are written in about 2 s and read in about 1 s.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from core.encoding.encoder import TextEncoder, Vectors
from core.errors import StoppedError, StorageError
from core.progress import Progress, ProgressEvent, never_stop, silent

STAGE = "Embedding sentences"
CHUNK = 512  # sentences between two commits, reports and looks at the stop request
_WAIT_S = 60.0  # for another process's write to finish


class EmbeddingCache:
    """Vectors of texts, from the cache or from the encoder.

    Args:
        directory: where the caches of all encoders are; one file each, named by the encoder's fingerprint and precision.
        encoder: encodes what is not there yet.

    Vectors are kept as float16 (they have length 1: the rounding is below 0.0005 an entry) and always come back through
    it, so that a first run and a later one give the same numbers. The file holds nothing that cannot be computed again.
    """

    def __init__(self, directory: Path, encoder: TextEncoder) -> None:
        self.encoder = encoder
        self.path = directory / f"{encoder.name}-{encoder.fingerprint}-{encoder.precision}.sqlite"
        self.n_embedded = 0
        self.seconds = 0.0

    def encode(self, texts: Sequence[str], progress: Progress = silent, stop: Callable[[], bool] = never_stop) -> Vectors:
        """Vectors of ``texts``; repeated texts are looked up once.

        Progress counts distinct sentences and reports ``sentences_per_s`` of those embedded now. ``n_embedded`` and
        ``seconds`` add up over calls what was really embedded and how long that took.

        Returns:
            float32 [n, dim].

        Raises:
            StoppedError: a stop was requested; what was embedded until then is kept.
            StorageError: the disk refused or the cache file is damaged.
        """
        keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
        first = dict(zip(reversed(keys), reversed(texts), strict=True))
        distinct = sorted(first)
        rows = {key: row for row, key in enumerate(distinct)}
        vectors = np.zeros((len(distinct), self.encoder.dim), dtype=np.float16)
        with self._connection() as connection:
            found = _read(connection, distinct, vectors)
            missing = [key for key in distinct if key not in found]
            missing.sort(key=lambda key: (-len(first[key]), key))  # longest first: the time left is never underestimated
            progress(ProgressEvent(STAGE, len(found), len(distinct)))
            started = time.monotonic()
            for begin in range(0, len(missing), CHUNK):
                if stop():
                    raise StoppedError("Stopped while embedding", hint="What was embedded is kept; start again to go on")
                chunk = missing[begin : begin + CHUNK]
                fresh = self.encoder.encode([first[key] for key in chunk]).astype(np.float16)
                vectors[[rows[key] for key in chunk]] = fresh
                _write(connection, chunk, fresh)
                done = begin + len(chunk)
                rate = done / max(time.monotonic() - started, 1e-9)
                progress(ProgressEvent(STAGE, len(found) + done, len(distinct), {"sentences_per_s": round(rate, 1)}))
            self.n_embedded += len(missing)
            self.seconds += time.monotonic() - started if missing else 0.0
        return vectors[[rows[key] for key in keys]].astype(np.float32)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_WAIT_S)) as connection:
                _use_wal(connection)
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID")
                yield connection
        except (sqlite3.Error, OSError) as error:
            hint = "Free some space; if the file is damaged, delete it: everything in it can be computed again"
            raise StorageError(f"The embedding cache cannot be used: {error}", where=str(self.path), hint=hint) from error


def _use_wal(connection: sqlite3.Connection) -> None:
    """SQLite's own waiting leaves this out: where two processes make a new file a WAL one, it refuses one of them at once."""
    deadline = time.monotonic() + _WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _read(connection: sqlite3.Connection, keys: list[bytes], into: np.ndarray) -> set[bytes]:
    """Fill the rows of ``into`` whose keys are known; the keys found. A row of the wrong length counts as unknown."""
    found: set[bytes] = set()
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (row INTEGER PRIMARY KEY, key BLOB NOT NULL)")
    connection.execute("DELETE FROM wanted")
    connection.executemany("INSERT INTO wanted VALUES (?, ?)", enumerate(keys))
    for row, blob in connection.execute("SELECT wanted.row, vectors.vector FROM wanted JOIN vectors USING (key)"):
        if len(blob) == into.shape[1] * 2:
            into[row] = np.frombuffer(blob, dtype="<f2")
            found.add(keys[row])
    connection.commit()
    return found


def _write(connection: sqlite3.Connection, keys: list[bytes], vectors: np.ndarray) -> None:
    entries = [(key, vector.astype("<f2").tobytes()) for key, vector in zip(keys, vectors, strict=True)]
    with connection:
        connection.executemany("INSERT OR REPLACE INTO vectors (key, vector) VALUES (?, ?)", entries)
