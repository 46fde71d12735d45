"""Atomic files and content hashes: a killed process leaves the old file or the new one, never a half."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from core.errors import InputError, StorageError

if TYPE_CHECKING:
    import pandas as pd

_REFUSALS = {errno.ENOSPC: "The disk is full", errno.EROFS: "The disk is read-only", errno.EDQUOT: "The disk quota is used up"}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a refusal of the disk while writing ``path`` into a `StorageError`."""
    try:
        yield
    except OSError as error:
        what = _REFUSALS.get(error.errno or 0)
        if what is None and isinstance(error, PermissionError):
            what = "No permission to write"
        if what is None:
            raise
        raise StorageError(what, where=str(path), hint="Free some space or choose another workspace; nothing was changed") from error


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(directory: Path) -> None:
    """Make sure that every file below ``directory`` is on the disk and not only on its way there."""
    for path in directory.rglob("*"):
        if path.is_file():
            with path.open("rb+") as handle:
                os.fsync(handle.fileno())


def exchange(first: Path, second: Path) -> bool:
    """Swap two directories in one step, so that neither name is ever missing; False where the system cannot (it is Linux's)."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if rename is None:
        return False
    here, swap = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    if rename(here, os.fsencode(first), here, os.fsencode(second), swap) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.EPERM):  # a kernel or file system without it
        return False
    raise OSError(number, os.strerror(number), str(second))


def write_atomic(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, sync it and rename it into place.

    Raises:
        StorageError: the disk is full, read-only or not ours; ``path`` is then untouched.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(descriptor)
        temporary = Path(name)
        try:
            write(temporary)
            with temporary.open("rb+") as handle:
                os.fsync(handle.fileno())
            temporary.replace(path)
            _sync_directory(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def write_json(path: Path, document: Any) -> None:
    """Write ``document`` (a pydantic model or plain data) as JSON, atomically."""
    plain = document.model_dump(mode="json") if isinstance(document, BaseModel) else document
    write_atomic(path, lambda target: _write_text(target, json.dumps(plain, indent=2, ensure_ascii=False) + "\n"))


def _write_text(target: Path, text: str) -> None:
    target.write_text(text, encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file of the workspace.

    Raises:
        InputError: the file is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(
            "Damaged JSON file", where=f"{path}, line {error.lineno}", hint="Remove the artefact it belongs to and make it again"
        ) from error


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write ``frame`` as Parquet, atomically."""
    write_atomic(path, lambda target: frame.to_parquet(target, index=False))


def write_tensors(path: Path, tensors: dict[str, Any], metadata: dict[str, str] | None = None) -> None:
    """Write named torch tensors as safetensors, atomically; they are made contiguous and moved to the CPU.

    Each is copied: safetensors refuses two names for one memory, which a model's views of the same vectors are.
    """
    from safetensors.torch import save_file

    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    write_atomic(path, lambda target: save_file(plain, target, metadata))


def read_tensors(path: Path, device: str = "cpu") -> dict[str, Any]:
    """Read named torch tensors from a safetensors file."""
    from safetensors.torch import load_file

    return dict(load_file(path, device=device))


def content_hash(*parts: Any, length: int = 12) -> str:
    """Hash of plain data, pydantic models, bytes or strings; equal content gives equal hashes in every process."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, BaseModel):
            part = part.model_dump(mode="json")
        if not isinstance(part, bytes):
            part = json.dumps(part, sort_keys=True, ensure_ascii=False, default=str).encode()
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()[:length]


def file_hash(path: Path, length: int = 64) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()[:length]
