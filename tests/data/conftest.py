"""Small files in the formats that are imported, written by tests."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from core.data.dataset import ReviewDataset
from core.data.importing import ImportRequest, import_reviews
from core.workspace import Workspace

WriteLines = Callable[..., Path]
Import = Callable[..., ReviewDataset]


@pytest.fixture
def write_lines(tmp_path: Path) -> WriteLines:
    """Write one record a line, as JSON or as a Python literal; a string is written as it is."""

    def write(name: str, records: Iterable[Any], *, literal: bool = False, zipped: bool = False) -> Path:
        lines = [record if isinstance(record, str) else repr(record) if literal else json.dumps(record) for record in records]
        content = ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if zipped else content)
        return path

    return write


@pytest.fixture
def imported(workspace: Workspace) -> Import:
    """Import a file and open the dataset."""

    def run(path: Path, format: str, *, spill_bytes: int = 1 << 30, **options: Any) -> ReviewDataset:
        request = ImportRequest.model_validate({"path": path, "format": format, "name": "sample", **options})
        return ReviewDataset.load(import_reviews(workspace, request, spill_bytes=spill_bytes))

    return run


@pytest.fixture(scope="session")
def amazon_records() -> list[dict[str, Any]]:
    """A full block of 6 users and 6 items in the layout of 2014 and 2018."""
    return [
        {
            "reviewerID": f"A{user}",
            "asin": f"B{item}",
            "overall": 4.0,
            "reviewText": f"It is a &#34;good&#34; thing {user} {item}.<br />Really.",
            "summary": "Fine",
            "unixReviewTime": 1_400_000_000 + 86_400 * item + user,
        }
        for user in range(6)
        for item in range(6)
    ]


@pytest.fixture(scope="session")
def table_records() -> list[dict[str, Any]]:
    """The same block as rows of a table."""
    return [
        {"user": f"u{user}", "item": f"i{item}", "rating": 3, "date": f"2020-01-{item + 1:02d}", "text": f"words {user} {item}"}
        for user in range(6)
        for item in range(6)
    ]
