"""Atomic files: a refusal of the disk or a kill leaves the old content, and one line says why."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError, StorageError
from core.storage import content_hash, file_hash, read_json, read_tensors, write_atomic, write_json, write_parquet, write_tensors

ROOT = Path(__file__).resolve().parents[1]


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_full_disk_while_writing_keeps_the_old_file(tmp_path: Path):
    path = tmp_path / "figures.json"
    write_json(path, {"old": 1})

    def refuse(target: Path) -> None:
        target.write_text('{"new":')
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageError, match="The disk is full"):
        write_atomic(path, refuse)
    assert read_json(path) == {"old": 1}
    assert left_over(tmp_path) == []


def test_full_disk_while_renaming_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "figures.json"
    write_json(path, {"old": 1})

    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StorageError):
        write_json(path, {"new": 2})
    assert read_json(path) == {"old": 1}
    assert left_over(tmp_path) == []


def test_full_disk_while_syncing_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "figures.json"
    write_json(path, {"old": 1})

    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError):
        write_json(path, {"new": 2})
    assert read_json(path) == {"old": 1}
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "full"), (errno.EROFS, "read-only"), (errno.EDQUOT, "quota"), (errno.EACCES, "permission")]
)
def test_each_refusal_is_one_line_that_says_why_and_where(tmp_path: Path, number: int, words: str):
    def refuse(target: Path) -> None:
        raise OSError(number, os.strerror(number))

    with pytest.raises(StorageError) as caught:
        write_atomic(tmp_path / "file", refuse)
    assert words in str(caught.value).lower()
    assert str(tmp_path / "file") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_errors_are_not_dressed_up(tmp_path: Path):
    def fail(target: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output") as caught:
        write_atomic(tmp_path / "file", fail)
    assert not isinstance(caught.value, StorageError)


def test_parquet_and_tensors_come_back_as_they_were(tmp_path: Path):
    frame = pd.DataFrame({"user_idx": pd.Series([0, 1], dtype="int32"), "text": ["a", "b"]})
    write_parquet(tmp_path / "frame.parquet", frame)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "frame.parquet"), frame)
    tensor = torch.arange(6.0).reshape(2, 3).T
    write_tensors(tmp_path / "tensors.safetensors", {"x": tensor})
    torch.testing.assert_close(read_tensors(tmp_path / "tensors.safetensors")["x"], tensor)


def test_damaged_json_names_the_file_and_the_line(tmp_path: Path):
    path = tmp_path / "manifest.json"
    path.write_text('{\n "kind": "run",\n "id": \n}')
    with pytest.raises(InputError, match=r"manifest\.json, line 4"):
        read_json(path)


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.booleans()))
def test_content_hash_does_not_depend_on_the_order_of_keys(document: dict):
    assert content_hash(document) == content_hash(dict(reversed(document.items())))


@given(st.lists(st.text(), min_size=2, max_size=4))
def test_content_hash_tells_parts_apart(parts: list[str]):
    assert content_hash(*parts) != content_hash("".join(parts))


def test_content_hash_is_the_same_in_every_process():
    command = [sys.executable, "-c", "from core.storage import content_hash; print(content_hash({'b': 1, 'a': [2.5, 'é']}, 'x', b'y'))"]
    found = {
        subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    }
    assert found == {content_hash({"a": [2.5, "é"], "b": 1}, "x", b"y") + "\n"}


def test_file_hash_is_sha256(tmp_path: Path):
    (tmp_path / "empty").touch()
    assert file_hash(tmp_path / "empty").startswith("e3b0c44298fc1c149afbf4c8996fb924")


WRITER = """
import sys
from pathlib import Path
from core.storage import write_json
path = Path(sys.argv[1])
print("ready", flush=True)
version = 0
while True:
    version += 1
    write_json(path, {"version": version, "rows": [version] * 20_000})
"""


def test_killed_writer_leaves_a_whole_file(tmp_path: Path):
    path = tmp_path / "figures.json"
    generator = random.Random(0)
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.02 + generator.random() * 0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if path.exists():
            document = read_json(path)
            assert document["rows"] == [document["version"]] * 20_000
    assert path.exists()
