"""Snapshots of a run's vectors at a few epochs of its training, for maps that show how it came about.

    <run>/snapshots/epoch-8.safetensors      user [m, K, s] (see `users_apart`), item [l, K, s] float16; user_rows [m], item_rows [l] int32

Kept after epochs 1, 2, 4, 8, ...: a training changes most at its beginning. Of more than seven the first and the last six stay; the vectors
a run ends with are its own. Together they take 64 MiB at most: of a run that needs more, a part of the nodes drawn at random is kept,
in every snapshot the same.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core.models.base import RecommendationModel
from core.storage import disk_errors, read_tensors, write_tensors
from core.training.run import users_apart

FOLDER = "snapshots"
_MOST = 7
_MOST_BYTES = 64 * 2**20
_HALF_BYTES = 2


@dataclass(frozen=True)
class Snapshot:
    """Vectors of (some) users and items after an epoch.

    Args:
        user: float32 [m, K, s]; item: float32 [l, K, s]. user_rows: int64 [m], which users, ascending; item_rows: int64 [l].
    """

    user: torch.Tensor
    item: torch.Tensor
    user_rows: torch.Tensor
    item_rows: torch.Tensor


class Snapshots:
    """Keeps snapshots in the folder of a training under way."""

    def __init__(self, directory: Path, most_bytes: int = _MOST_BYTES) -> None:
        self._directory = directory
        self._most_bytes = most_bytes

    def begin(self, epoch: int) -> None:
        """Forget what an earlier attempt kept beyond the epoch that this one goes on from."""
        for kept in snapshot_epochs(self._directory):
            if kept > epoch:
                _path(self._directory, kept).unlink()

    def after(self, epoch: int, model: RecommendationModel) -> None:
        """Keep a snapshot where one is due; draws no random numbers, so that the training goes on as it would without.

        Raises:
            StorageError: the disk refused.
        """
        if epoch & (epoch - 1):
            return
        model.eval()
        vectors = model.vectors()
        user, item = users_apart(vectors["user"].detach(), vectors.get("user_interaction")), vectors["item"].detach()
        share = self._most_bytes / (_MOST * _HALF_BYTES * (user.numel() + item.numel()))
        rows = {"user": _drawn(len(user), share, 0), "item": _drawn(len(item), share, 1)}
        tensors = {side: full[chosen.to(full.device)].half() for (side, chosen), full in zip(rows.items(), (user, item), strict=True)}
        tensors |= {f"{side}_rows": chosen.int() for side, chosen in rows.items()}
        write_tensors(_path(self._directory, epoch), tensors)
        for old in snapshot_epochs(self._directory)[1 : 1 - _MOST]:
            _path(self._directory, old).unlink()


def _drawn(n: int, share: float, seed: int) -> torch.Tensor:
    """int64, ascending: all of n nodes, or that share of them."""
    if share >= 1:
        return torch.arange(n)
    return torch.from_numpy(np.sort(np.random.default_rng(seed).choice(n, size=min(n, max(2, int(n * share))), replace=False)))


def snapshot_epochs(directory: Path) -> list[int]:
    """The epochs of which a run, or a training under way, keeps a snapshot, ascending."""
    return sorted(int(path.stem.removeprefix("epoch-")) for path in (directory / FOLDER).glob("epoch-*.safetensors"))


def read_snapshot(directory: Path, epoch: int) -> Snapshot:
    """The snapshot a run kept after an epoch of `snapshot_epochs`."""
    tensors = read_tensors(_path(directory, epoch))
    return Snapshot(tensors["user"].float(), tensors["item"].float(), tensors["user_rows"].long(), tensors["item_rows"].long())


def hand_over(source: Path, target: Path, before: int) -> None:
    """Copy a training's snapshots of epochs before ``before`` into the run it became; later ones are of no model that was kept.

    Raises:
        StorageError: the disk refused.
    """
    for epoch in snapshot_epochs(source):
        if epoch < before:
            with disk_errors(target):
                (target / FOLDER).mkdir(exist_ok=True)
                shutil.copyfile(_path(source, epoch), _path(target, epoch))


def _path(directory: Path, epoch: int) -> Path:
    return directory / FOLDER / f"epoch-{epoch}.safetensors"
