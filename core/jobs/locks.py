"""One process at a time: a lock that the system lets go of when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import InputError
from core.storage import disk_errors
from core.workspace import Workspace


class TakenError(InputError):
    """Another process holds the lock."""


@contextmanager
def exclusive(workspace: Workspace, name: str) -> Iterator[None]:
    """Hold the lock called ``name`` (a run's id) while the block runs.

    Raises:
        TakenError: another process holds it.
    """
    path = workspace.root / "locks" / f"{name}.lock"
    with disk_errors(path):
        path.parent.mkdir(exist_ok=True)
        handle = path.open("ab")
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "`lmmrec jobs` shows what runs; wait for it, or stop it"
            raise TakenError("Another process is making this very artefact", where=name, hint=hint) from error
        yield


def is_taken(workspace: Workspace, name: str) -> bool:
    """Whether a process holds the lock called ``name`` now; only to say so, as it may be let go of a moment later."""
    if not (workspace.root / "locks" / f"{name}.lock").exists():
        return False
    try:
        with exclusive(workspace, name):
            return False
    except TakenError:
        return True
