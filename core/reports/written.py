"""A report on demand: of which node or segment, made from a workspace, written as one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from core.maps.catalogue import joint_map
from core.maps.cluster_edits import edited
from core.recommend.recommender import Recommender
from core.recommend.segments import Segments
from core.reports.item_report import item_report
from core.reports.segment_report import segment_report
from core.reports.source import ReportSource
from core.reports.user_report import user_report
from core.storage import write_atomic
from core.workspace import Workspace


@dataclass(frozen=True)
class Request:
    """What a report is about: exactly one of user, item and segment.

    Args:
        user, item: ids of the dataset. segment: number of a cluster of the run's newest map.
        recommendations: with what is recommended, and why. hidden: users go by pseudonyms.
    """

    user: str | None = None
    item: str | None = None
    segment: int | None = None
    recommendations: bool = True
    hidden: bool = False

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.user, self.item, self.segment)) != 1:
            raise InputError("A report is about one user, one item or one segment", hint="Give one of --user, --item and --segment")


def report(workspace: Workspace, run_ref: str, request: Request, *, source: ReportSource | None = None) -> str:
    """The HTML document.

    Args:
        source: of this run and of the same ``hidden``, where it is at hand.

    Raises:
        NotFoundError: no such run, user, item or segment. InputError: the run has no map to take segments from.
    """
    opened = source or ReportSource.open(workspace, run_ref, hidden=request.hidden)
    if request.user is not None:
        return user_report(opened, request.user, recommendations=request.recommendations)
    if request.item is not None:
        return item_report(opened, request.item, recommendations=request.recommendations)
    assert request.segment is not None
    segments = segments_of(workspace, opened.recommender)
    if segments is None:
        raise InputError("The run has no map, so no segments", where=f"run {opened.run}", hint=f"Run `lmmrec map {opened.run}` first")
    return segment_report(opened, segments, request.segment, recommendations=request.recommendations)


def segments_of(workspace: Workspace, recommender: Recommender) -> Segments | None:
    """The segments of a run: the clusters of its newest joint map in two dimensions, as people named and merged them; None without one."""
    drawn = joint_map(workspace, workspace.get("run", recommender.run.id))
    return Segments(recommender, edited(drawn)) if drawn is not None else None


def write_report(document: str, path: Path) -> int:
    """Write a document; its size in bytes.

    Raises:
        InputError: the path is a folder. StorageError: the disk refused.
    """
    if path.is_dir():
        raise InputError("The report needs the name of a file", where=str(path), hint="Give -o FILE, such as report.html")
    content = document.encode("utf-8")
    write_atomic(path, lambda target: _write(target, content))
    return len(content)


def _write(target: Path, content: bytes) -> None:
    target.write_bytes(content)
    target.chmod(0o644)
