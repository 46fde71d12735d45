"""Import: files of reviews -> a dataset in the workspace, with one report of what was read, dropped and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from core.data.assemble import assemble, publish_dataset
from core.data.dataset import Domain
from core.data.gather import SPILL_BYTES, gather
from core.data.lines import Reading
from core.data.readers import amazon, rlmrec, steam, table, yelp
from core.data.report import ImportReport
from core.data.splits import THREE_ONE_ONE, Ratio, SplitRule
from core.errors import InputError
from core.progress import Progress, ProgressEvent, never_stop, silent
from core.workspace import Artefact, Workspace, checked_name

Format = Literal["amazon", "yelp", "steam", "rlmrec", "table"]
DEFAULT_MIN_INTERACTIONS = 5
DOMAINS: dict[Format, Domain] = {"amazon": "products", "yelp": "places", "steam": "games", "rlmrec": "products", "table": "products"}


class ImportRequest(BaseModel):
    """What to import and how; the same object for the command line, the page and the dataset's manifest.

    Args:
        path: the file of reviews (a folder for "rlmrec"). items, users: files with their texts.
        columns: ours -> the table's, for "table": user, item, rating, timestamp, text, summary, split, title; for the
            other two files with a prefix, such as "items.title" or "users.profile_text". What is not named is guessed.
        domain: which default taxonomy fits; None = by format.
        min_interactions: k of the k-core; None = 5, or 1 where the split is given (a published split stays whole).
            RLMRec's folders are always taken whole.
        split: None = as given where the input has a split, else "ratio".
        ratio: parts of train, validation and test for "ratio" and "time".
        skip_broken: count broken lines and go on, instead of stopping at the first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    format: Format
    name: str
    items: Path | None = None
    users: Path | None = None
    columns: dict[str, str] = {}
    domain: Domain | None = None
    min_interactions: int | None = Field(default=None, ge=1)
    split: SplitRule | None = None
    seed: int = Field(default=0, ge=0)
    ratio: Ratio = THREE_ONE_ONE
    skip_broken: bool = False


@dataclass
class _Raw:
    """What the reader of a format gives: frames of reviews, and of items and users where there are such."""

    reviews: pd.DataFrame
    items: pd.DataFrame | None = None
    users: pd.DataFrame | None = None
    write_more: Callable[[Path], None] | None = None


def import_reviews(
    workspace: Workspace,
    request: ImportRequest,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
    *,
    spill_bytes: int = SPILL_BYTES,
) -> Artefact:
    """Read, filter, split and publish a dataset.

    Args:
        spill_bytes: reviews beyond this size in memory go through DuckDB on disk.

    Returns:
        The artefact of kind "dataset"; its ``report.json`` is the `ImportReport`.

    Raises:
        InputError: the request or a file is wrong; nothing was written.
        StorageError: the disk refused; nothing was written.
        StoppedError: a stop was requested; nothing was written.
    """
    checked_name(request.name)
    files = [path.expanduser() for path in (request.path, request.items, request.users) if path is not None]
    for path in files:
        if not path.exists():
            raise InputError("No such file", where=str(path), hint="Check the path")
    report = ImportReport(format=request.format, files=[path.name for path in files])
    reading = Reading(report=report, skip_broken=request.skip_broken, progress=progress, stop=stop)
    raw = _read_rlmrec(request, reading) if request.format == "rlmrec" else _read_lines(workspace, request, reading, spill_bytes)
    progress(ProgressEvent("Assembling the dataset"))
    given = "split" in raw.reviews
    split = request.split or ("given" if given else "ratio")
    if request.format == "table":
        raw.reviews = raw.reviews.assign(rating=_five_stars(raw.reviews["rating"], report))
    dataset = assemble(
        raw.reviews,
        raw.items,
        raw.users,
        name=request.name,
        domain=request.domain or DOMAINS[request.format],
        min_interactions=_core_size(request, given),
        split=split,
        seed=request.seed,
        ratio=request.ratio,
        keep_unseen=request.format == "rlmrec",
        report=report,
    )
    config = {**request.model_dump(mode="json"), "split": split}
    return publish_dataset(workspace, dataset, config, write_more=raw.write_more)


def _core_size(request: ImportRequest, given: bool) -> int:
    if request.format == "rlmrec":
        return 1
    if request.min_interactions is not None:
        return request.min_interactions
    return 1 if given and request.split in (None, "given") else DEFAULT_MIN_INTERACTIONS


def _side_columns(request: ImportRequest, side: str) -> dict[str, str]:
    """The part of the column mapping that is about the file of items or users; "" for that of reviews."""
    if not side:
        return {ours: theirs for ours, theirs in request.columns.items() if "." not in ours}
    return {ours.removeprefix(f"{side}."): theirs for ours, theirs in request.columns.items() if ours.startswith(f"{side}.")}


def _read_lines(workspace: Workspace, request: ImportRequest, reading: Reading, spill_bytes: int) -> _Raw:
    path = request.path.expanduser()
    titles: dict[str, str] = {}
    chunks: Iterator[pd.DataFrame]
    if request.columns and request.format != "table":
        raise InputError("A column mapping is for --format table", where=f"--format {request.format}", hint="Leave it out")
    if request.format == "table":
        chunks = table.read_reviews(path, reading, _side_columns(request, ""), titles)
    else:
        chunks = {"amazon": amazon, "yelp": yelp, "steam": steam}[request.format].read_reviews(path, reading)
    reviews = gather(chunks, reading.report, lambda given: _core_size(request, given), workspace.cache, spill_bytes)
    besides = replace(reading, counting=False)
    items = _read_items(request, besides, set(reviews["item_id"]))
    users = None
    if request.users is not None:
        users = table.read_users(request.users.expanduser(), besides, set(reviews["user_id"]), _side_columns(request, "users"))
    return _Raw(reviews, _with_titles(items, titles), users)


def _read_items(request: ImportRequest, reading: Reading, wanted: set[str]) -> pd.DataFrame | None:
    if request.items is None:
        return None
    path = request.items.expanduser()
    if request.format == "table":
        return table.read_items(path, reading, wanted, _side_columns(request, "items"))
    return {"amazon": amazon, "yelp": yelp, "steam": steam}[request.format].read_items(path, reading, wanted)


def _read_rlmrec(request: ImportRequest, reading: Reading) -> _Raw:
    if request.items is not None or request.users is not None or request.columns:
        raise InputError("An RLMRec folder brings its own items and users", where="--items, --users", hint="Leave them out")
    folder = rlmrec.read_folder(request.path.expanduser(), reading)
    return _Raw(folder.reviews, folder.items, folder.users, folder.write_embeddings if folder.embeddings else None)


def _with_titles(items: pd.DataFrame | None, titles: dict[str, str]) -> pd.DataFrame | None:
    """Titles the reviews brought along stand in where the items have none."""
    if not titles:
        return items
    brought = pd.DataFrame({"item_id": pd.Series(list(titles), dtype="str"), "title": pd.Series(list(titles.values()), dtype="str")})
    if items is None:
        return brought
    merged = items.merge(brought, on="item_id", how="outer", suffixes=("", "_brought"))
    if "title_brought" in merged:
        merged["title"] = merged["title"].where(merged["title"].fillna("") != "", merged["title_brought"])
    return merged.drop(columns=["title_brought"], errors="ignore")


def _five_stars(ratings: pd.Series, report: ImportReport) -> pd.Series:
    """Ratings of a table on the scale of 1 to 5: scales up to 10 and up to 100 are shrunk, 0/1 is stretched."""
    given = ratings.dropna()
    if given.empty or (given.min() >= 1 and 1 < given.max() <= 5):
        return ratings
    low, high = float(given.min()), float(given.max())
    if low == high <= 1:
        report.note(f"Every rating is {low:g}: taken as no rating.")
        return ratings.where(ratings.isna(), float("nan"))
    if low >= 0 and high <= 1:
        report.note("Ratings from 0 to 1 were stretched to 1 to 5.")
        return ratings * 4 + 1
    if 5 < high <= 100:
        top = 10 if high <= 10 else 100
        report.note(f"Ratings up to {top} were shrunk to 5.")
        return ratings * (5 / top)
    return ratings
