"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from core.data.dataset import SPLITS, ReviewDataset
from core.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]

# A check of one change has to give the same answer twice; new examples are looked for where people work.
settings.register_profile("repeatable", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("repeatable")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace of its own."""
    return Workspace(tmp_path / "workspace")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real datasets; the test is skipped where it is absent."""
    folder = Path(os.environ.get("LMMREC_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real datasets are absent: {folder} (set LMMREC_REAL_DATA)")
    return folder


@pytest.fixture(scope="session")
def small_dataset() -> ReviewDataset:
    """A checkerboard: 24 users, 16 items; even users act on even items, odd on odd; each review says so."""
    generator = np.random.default_rng(7)
    texts = ("The sound is rich and clear. It was worth every penny.", "Setup took two minutes. My daughter loves it.")
    rows = []
    for user in range(24):
        own = [item for item in range(16) if item % 2 == user % 2]
        order = generator.permutation(own)
        for position, item in enumerate(order):
            split = SPLITS[0] if position < 5 else SPLITS[1] if position < 6 else SPLITS[2]
            rows.append((user, int(item), 4.0 + user % 2, 1_600_000_000 + 86_400 * position, split, "A summary", texts[user % 2]))
    columns = ["user_idx", "item_idx", "rating", "timestamp", "split", "summary", "text"]
    interactions = pd.DataFrame(rows, columns=columns).astype({"user_idx": "int32", "item_idx": "int32", "rating": "float32"})
    interactions["split"] = pd.Categorical(interactions["split"], categories=list(SPLITS))
    users = pd.DataFrame({"user_id": [f"u{n}" for n in range(24)], "name": [f"User {n}" for n in range(24)], "profile_text": [""] * 24})
    items = pd.DataFrame({"item_id": [f"i{n}" for n in range(16)], "title": [f"Item {n}" for n in range(16)]})
    items = items.assign(description="", category="", profile_text="")
    return ReviewDataset("small-0", "small", "products", interactions, users, items, report={})


@pytest.fixture(autouse=True)
def _main_module_stays() -> Iterator[None]:
    """AppTest puts a page in the place of the main module and leaves it there; processes that a later test starts would run it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
