"""Names and merges that people give the clusters of a map: kept beside it in the workspace, never in it, and taken back one by one.

    <workspace>/cluster-edits/<map id>.json
    {"revision": 3, "edits": [{"action": "rename", "clusters": [2], "name": "...", "at": "..."}]}

A map that is built again from the same inputs has the same id, and so its edits.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from core.errors import InputError
from core.maps.build import UNCLUSTERED, MotivationMap, read_map
from core.storage import disk_errors, read_json, write_json
from core.workspace import Artefact, now

_LONGEST_NAME = 80


@dataclass(frozen=True)
class ClusterEdit:
    """One edit: ``clusters`` are numbers as they were on the edited map just before; ``at`` is the moment, ISO 8601 in UTC."""

    action: Literal["rename", "merge"]
    clusters: tuple[int, ...]
    name: str
    at: str


def rename(drawn: Artefact, cluster: int, name: str) -> MotivationMap:
    """Give a cluster another name; the edited map.

    Raises:
        InputError: no such cluster, or the name is empty, too long or another cluster's. StorageError: the disk refused.
    """
    return _append(drawn, lambda made: ClusterEdit("rename", (_known(made, cluster),), _fresh(made, name, (cluster,)), now()))


def merge(drawn: Artefact, clusters: Sequence[int], name: str | None = None) -> MotivationMap:
    """Make one cluster of several; it keeps the smallest of their numbers. The edited map.

    Args:
        name: of the whole; None joins the names of its parts.

    Raises:
        InputError: fewer than two clusters, one that is not there, or a name that cannot be. StorageError: the disk refused.
    """
    chosen = tuple(sorted(set(clusters)))
    if len(chosen) < 2:
        raise InputError("Choose two clusters or more to merge", where=drawn.id)

    def edit(made: MotivationMap) -> ClusterEdit:
        parts = made.clusters.set_index("cluster")["name"].loc[[_known(made, one) for one in chosen]]
        return ClusterEdit("merge", chosen, _fresh(made, name if name is not None else " + ".join(parts)[:_LONGEST_NAME], chosen), now())

    return _append(drawn, edit)


def undo(drawn: Artefact) -> MotivationMap:
    """Take the last edit back; the map as it then is.

    Raises:
        InputError: there is none. StorageError: the disk refused.
    """
    with _held(drawn):
        edits = history(drawn)
        if not edits:
            raise InputError("There is no edit to take back", where=drawn.id)
        _write(drawn, edits[:-1])
    return edited(drawn)


def history(drawn: Artefact) -> list[ClusterEdit]:
    """The edits of a map that count, oldest first.

    Raises:
        InputError: the file of edits is damaged.
    """
    return [
        ClusterEdit(one["action"], tuple(int(number) for number in one["clusters"]), str(one["name"]), str(one["at"]))
        for one in _document(drawn)["edits"]
    ]


def revision(drawn: Artefact) -> int:
    """A number that grows with every edit and every edit taken back; with the map's id it is the key of what is kept in memory."""
    return int(_document(drawn)["revision"])


def edited(drawn: Artefact, read: MotivationMap | None = None) -> MotivationMap:
    """The map with the names and merges people gave it.

    Args:
        read: the map as `read_map` gives it, where it is in memory already; it is not changed.

    Raises:
        InputError: the file of edits is damaged.
    """
    made = read if read is not None else read_map(drawn)
    for edit in history(drawn):
        made = _applied(made, edit)
    return made


def _applied(made: MotivationMap, edit: ClusterEdit) -> MotivationMap:
    kept = edit.clusters[0]
    clusters = made.clusters.copy()
    if edit.action == "rename":
        clusters.loc[clusters["cluster"] == kept, "name"] = edit.name
        return replace(made, clusters=clusters)
    points = made.points.copy()
    points.loc[points["cluster"].isin(edit.clusters), "cluster"] = kept
    parts = clusters[clusters["cluster"].isin(edit.clusters)]
    rest = clusters[~clusters["cluster"].isin(edit.clusters)]
    joined = pd.concat([rest, _joined(parts, kept, edit.name)], ignore_index=True)
    in_order = joined.iloc[joined["cluster"].map(lambda one: (one == UNCLUSTERED, one)).argsort()]
    return replace(made, points=points, clusters=in_order.reset_index(drop=True))


def _joined(parts: pd.DataFrame, number: int, name: str) -> pd.DataFrame:
    """The row of merged clusters: sizes added, words of all in turn, the motivation of the largest."""
    parts = parts.sort_values("size", ascending=False, kind="stable")
    row: dict[Any, Any] = parts.iloc[0].to_dict()
    counts = [column for column in ("size", "users", "items") if column in parts]
    row |= {column: int(parts[column].sum()) for column in counts}
    lists = [list(words) for words in parts["words"]]
    longest = max((len(words) for words in lists), default=0)
    in_turn = dict.fromkeys(words[place] for place in range(longest) for words in lists if place < len(words))
    row |= {"cluster": number, "name": name, "words": list(in_turn)[:longest]}
    return pd.DataFrame([row]).astype({column: parts[column].dtype for column in ("cluster", *counts)})


def _known(made: MotivationMap, cluster: int) -> int:
    numbers = [int(number) for number in made.clusters["cluster"] if number != UNCLUSTERED]
    if cluster not in numbers:
        hint = "What is unclustered is no cluster: it keeps its name" if cluster == UNCLUSTERED else f"There are: {numbers}"
        raise InputError(f"No cluster {cluster} on this map", hint=hint)
    return int(cluster)


def _fresh(made: MotivationMap, name: str, own: Sequence[int]) -> str:
    """The name in one line, if it can be that of the clusters ``own``."""
    chosen = " ".join(name.split())
    if not chosen:
        raise InputError("A cluster needs a name", hint="Type a few words")
    if len(chosen) > _LONGEST_NAME:
        raise InputError("The name is too long", where=f"{len(chosen)} characters", hint=f"Use at most {_LONGEST_NAME}")
    others = made.clusters.loc[~made.clusters["cluster"].isin(own), "name"]
    if chosen.casefold() in {str(other).casefold() for other in others}:
        raise InputError("Another cluster has this name", where=chosen, hint="Choose another name, or merge the two")
    return chosen


def _append(drawn: Artefact, made: Callable[[MotivationMap], ClusterEdit]) -> MotivationMap:
    with _held(drawn):
        before = edited(drawn)
        edit = made(before)
        _write(drawn, [*history(drawn), edit])
    return _applied(before, edit)


def _path(drawn: Artefact) -> Path:
    return drawn.path.parent.parent / "cluster-edits" / f"{drawn.id}.json"


def _document(drawn: Artefact) -> dict[str, Any]:
    path = _path(drawn)
    if not path.exists():
        return {"revision": 0, "edits": []}
    document = read_json(path)
    if not isinstance(document, dict) or not isinstance(document.get("edits"), list):
        raise InputError(
            "The names and merges of this map are damaged", where=str(path), hint="Remove the file; the map is as it was built"
        )
    return document


def _write(drawn: Artefact, edits: Sequence[ClusterEdit]) -> None:
    plain = [vars(edit) | {"clusters": list(edit.clusters)} for edit in edits]
    write_json(_path(drawn), {"revision": revision(drawn) + 1, "edits": plain})


@contextmanager
def _held(drawn: Artefact) -> Iterator[None]:
    """One edit at a time: two open pages must not undo each other unseen."""
    path = _path(drawn).with_suffix(".lock")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("ab")
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
