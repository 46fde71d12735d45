"""Snapshots of a run's vectors at a few epochs of its training, for maps that show how it came about.

<run>/snapshots/epoch-8.safetensors      user, item: float16 [n, K, s]; user_rows, item_rows: int32, which nodes, where not all
"""

from __future__ import annotations

from pathlib import Path

_FOLDER = "snapshots"


def snapshot_epochs(directory: Path) -> list[int]:
    """The epochs of which a run, or a training under way, keeps a snapshot, ascending."""
    return sorted(int(path.stem.removeprefix("epoch-")) for path in (directory / _FOLDER).glob("epoch-*.safetensors"))
