"""Progress of long work, reported the same way to a terminal, a job and a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ProgressEvent:
    """One report of progress.

    Args:
        stage: what is being done, as a person would say it ("Embedding sentences").
        done: units finished so far.
        total: units in all; 0 where it is not known.
        measures: named numbers of this moment, e.g. the losses of an epoch.
    """

    stage: str
    done: int = 0
    total: int = 0
    measures: dict[str, Any] = field(default_factory=dict)


Progress = Callable[[ProgressEvent], None]


def silent(event: ProgressEvent) -> None:
    """Report nothing: the default where nobody listens."""


def never_stop() -> bool:
    """The stop request of work that cannot be asked to stop."""
    return False
