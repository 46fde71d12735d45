"""RLMRec's folders (arXiv 2310.15950): the published splits as sparse matrices, with profiles and embeddings where given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from core.data.columns import text_frame
from core.data.dataset import SPLITS
from core.data.frames import RAW_COLUMNS
from core.data.lines import Reading
from core.data.unpickling import read_pickle
from core.errors import InputError

MATRICES = {"train": "trn_mat.pkl", "validation": "val_mat.pkl", "test": "tst_mat.pkl"}
PROFILES = {"user": "usr_prf.pkl", "item": "itm_prf.pkl"}
EMBEDDINGS = {"user": "usr_emb_np.pkl", "item": "itm_emb_np.pkl"}
MOST_NODES = 50_000_000
EMBEDDINGS_FILE = "given_embeddings.safetensors"


@dataclass(frozen=True)
class RlmrecFolder:
    """What a folder holds.

    Args:
        reviews: one row an interaction, without texts, with its split; ids are the matrices' row and column numbers.
        users, items: every row and column of the matrices, with profile_text (and title) where the folder has profiles.
        embeddings: "user" float32 [n_users, D], "item" float32 [n_items, D], where the folder has them.
    """

    reviews: pd.DataFrame
    users: pd.DataFrame
    items: pd.DataFrame
    embeddings: dict[str, np.ndarray]

    def write_embeddings(self, directory: Path) -> None:
        """Keep the given embeddings beside the dataset."""
        from safetensors.numpy import save_file

        save_file(self.embeddings, directory / EMBEDDINGS_FILE)


def read_folder(path: Path, reading: Reading) -> RlmrecFolder:
    """Read a folder with trn_mat.pkl, val_mat.pkl and tst_mat.pkl.

    Raises:
        InputError: a matrix is missing, damaged or of another shape, or a pickle holds anything but arrays and plain containers.
    """
    if not path.is_dir():
        raise InputError(
            "An RLMRec folder is needed, not a file", where=str(path), hint=f"Name the folder with {', '.join(MATRICES.values())}"
        )
    matrices = {split: _matrix(path / name) for split, name in MATRICES.items()}
    shapes = {split: matrix.shape for split, matrix in matrices.items()}
    if len(set(shapes.values())) > 1:
        raise InputError(
            "The matrices differ in shape",
            where=str(path),
            hint=", ".join(f"{MATRICES[split]}: {shape}" for split, shape in shapes.items()),
        )
    n_users, n_items = shapes["train"]
    reviews = pd.concat([_interactions(matrices[split], split) for split in SPLITS], ignore_index=True)
    reviews["line"] = np.arange(1, len(reviews) + 1)
    reading.report.files = [f"{path.name}/{name}" for name in MATRICES.values()]
    reading.report.note("The published split was taken whole; the k-core was not applied.")
    reading.advance(path, len(reviews), len(reviews), len(reviews))
    return RlmrecFolder(
        reviews,
        _profiles(path / PROFILES["user"], "user_id", n_users),
        _profiles(path / PROFILES["item"], "item_id", n_items),
        {
            side: _embedding(path / name, n)
            for (side, name), n in zip(EMBEDDINGS.items(), (n_users, n_items), strict=True)
            if (path / name).exists()
        },
    )


@dataclass(frozen=True)
class _Matrix:
    """The places of the entries that are not zero."""

    users: np.ndarray
    items: np.ndarray
    shape: tuple[int, int]


def _matrix(path: Path) -> _Matrix:
    """Read a matrix with plain array operations and checks: scipy's own routines trust the indices in a file."""
    matrix = read_pickle(path)
    if not sp.issparse(matrix):
        raise InputError("Not a sparse matrix", where=str(path), hint="RLMRec's folders hold scipy matrices of users by items")
    try:
        n_users, n_items = (int(n) for n in matrix.shape)
        users, items = _places(matrix, n_users, n_items)
        values = np.asarray(matrix.data)
        sound = len(users) == len(items) == len(values) and _within(users, n_users) and _within(items, n_items)
        present = values != 0
    except (ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        raise InputError("The matrix is damaged", where=str(path), hint="Download or copy it again") from error
    if not sound or max(n_users, n_items) > MOST_NODES:
        raise InputError("The matrix is damaged", where=str(path), hint="Download or copy it again")
    return _Matrix(users[present].astype("int64"), items[present].astype("int64"), (n_users, n_items))


def _places(matrix: Any, n_users: int, n_items: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of every entry of a coo, csr or csc matrix.

    Raises:
        ValueError: the pointers of a compressed matrix do not fit.
    """
    if matrix.format == "coo":
        return np.asarray(matrix.row), np.asarray(matrix.col)
    pointers, indices = np.asarray(matrix.indptr), np.asarray(matrix.indices)
    n = n_users if matrix.format == "csr" else n_items
    if len(pointers) != n + 1 or pointers[0] != 0 or pointers[-1] != len(indices):
        raise ValueError("pointers")
    compressed = np.repeat(np.arange(n), np.diff(pointers))
    return (compressed, indices) if matrix.format == "csr" else (indices, compressed)


def _within(positions: np.ndarray, n: int) -> bool:
    return not len(positions) or (int(positions.min()) >= 0 and int(positions.max()) < n)


def _interactions(matrix: _Matrix, split: str) -> pd.DataFrame:
    n = len(matrix.users)
    frame = pd.DataFrame({"line": np.zeros(n, dtype="int64"), "user_id": matrix.users, "item_id": matrix.items})
    return frame.assign(rating=np.nan, timestamp=-1, summary="", text="", split=split).astype({**RAW_COLUMNS, "split": "str"})


def _profiles(path: Path, key: str, n: int) -> pd.DataFrame:
    """Ids 0..n-1 with the profile (and title) of each where the file has one; accepts dicts of index -> {"profile": ...}."""
    texts: dict[str, list[str]] = {"profile_text": [""] * n, "title" if key == "item_id" else "name": [""] * n}
    if path.exists():
        profiles = read_pickle(path)
        if isinstance(profiles, (list, tuple)):
            profiles = dict(enumerate(profiles))
        if not isinstance(profiles, Mapping):
            raise InputError("Not a mapping of index to profile", where=str(path), hint='Expected {0: {"profile": "..."}, ...}')
        for index, entry in profiles.items():
            position = _position(index, n, path)
            for column, value in _profile_texts(entry).items():
                if column in texts:
                    texts[column][position] = value
    return text_frame(key, range(n), texts)


def _position(index: Any, n: int, path: Path) -> int:
    if not str(index).isdigit() or int(index) >= n:
        raise InputError(f"A profile for '{index}', and there are {n}", where=str(path), hint="The profiles belong to another split")
    return int(index)


def _profile_texts(entry: Any) -> dict[str, str]:
    """RLMRec writes {"profile": text, "reasoning": text}, or that as JSON in a string; a bare text is the profile."""
    if isinstance(entry, str) and entry.lstrip().startswith("{"):
        try:
            entry = json.loads(entry)
        except ValueError:
            return {"profile_text": entry}
    if not isinstance(entry, Mapping):
        return {"profile_text": str(entry)}
    name = str(entry.get("title") or entry.get("name") or "")
    return {"profile_text": str(entry.get("profile") or entry.get("summarization") or ""), "title": name, "name": name}


def _embedding(path: Path, n: int) -> np.ndarray:
    vectors = np.asarray(read_pickle(path))
    if vectors.ndim != 2 or len(vectors) != n or not np.issubdtype(vectors.dtype, np.number):
        raise InputError(f"Not an embedding of {n} rows", where=str(path), hint=f"Its shape is {vectors.shape}")
    return np.ascontiguousarray(vectors, dtype=np.float32)
