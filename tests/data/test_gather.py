"""Files larger than memory: through DuckDB comes the same dataset, and memory holds what is kept, not the file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.data.frames import RAW_COLUMNS
from core.data.gather import gather
from core.data.importing import ImportRequest, import_reviews
from core.data.report import ImportReport
from core.errors import InputError


def random_rows(n: int, seed: int, given: bool) -> list[dict[str, object]]:
    generator = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        row = {
            "user": f"ü{generator.integers(40)}",
            "item": int(generator.integers(30)),
            "text": str(generator.choice(["", "a", "é", "b b"])),
        }
        row |= {"timestamp": int(generator.integers(1, 6)), "rating": [None, 1, 5][generator.integers(3)], "summary": ""}
        rows.append(row | ({"split": str(generator.choice(["train", "validation", "test"]))} if given else {}))
    return rows


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("k", [1, 4])
def test_both_ways_give_the_same_dataset_and_report(write_lines, workspace, given, k):
    path = write_lines("t.jsonl", random_rows(700, 3, given))
    request = ImportRequest(path=path, format="table", name="t", min_interactions=k)
    in_memory = import_reviews(workspace, request)
    report = (in_memory.path / "report.json").read_text()
    workspace.remove(in_memory)
    spilled = import_reviews(workspace, request, spill_bytes=0)
    assert spilled.id == in_memory.id
    assert (spilled.path / "report.json").read_text() == report
    assert list(workspace.cache.iterdir()) == []


def chunk(start: int, n: int, users: int) -> pd.DataFrame:
    numbers = np.arange(start, start + n)
    frame = pd.DataFrame({"line": numbers, "user_id": (numbers % users).astype(str), "item_id": (numbers // users).astype(str)})
    return frame.assign(rating=1.0, timestamp=0, summary="", text="x").astype(RAW_COLUMNS)


def test_many_chunks_are_spilled_and_only_the_core_comes_back(tmp_path):
    report = ImportReport()
    fringe = chunk(5000, 300, 10_000)
    frame = gather(iter([chunk(0, 1000, 50), chunk(1000, 1500, 50), fringe]), report, lambda given: 5, tmp_path, spill_bytes=1)
    assert len(frame) == 2500
    assert frame.dtypes.astype(str).to_dict() == RAW_COLUMNS
    assert sum(entry.count for entry in report.dropped.values()) == 300


def test_nothing_left_is_said_on_the_way_through_duckdb_too(tmp_path):
    with pytest.raises(InputError, match="Lower --min-interactions"):
        gather(iter([chunk(0, 10, 10)]), ImportReport(), lambda given: 5, tmp_path, spill_bytes=0)
    assert list(tmp_path.iterdir()) == []
