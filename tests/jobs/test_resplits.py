"""Which datasets are random re-splits of another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.jobs.resplits import import_again, is_resplit, resplit
from core.jobs.steps import import_dataset
from core.workspace import Artefact, Workspace


@pytest.fixture
def shop(workspace: Workspace, tmp_path: Path) -> Artefact:
    generator = np.random.default_rng(3)
    lines = ["user,item", *(f"u{user},i{item}" for user in range(12) for item in generator.choice(10, size=6, replace=False))]
    (tmp_path / "shop.csv").write_text("\n".join(lines), encoding="utf-8")
    return import_dataset(workspace, {"path": str(tmp_path / "shop.csv"), "format": "table", "name": "shop", "min_interactions": 1})


def test_a_resplit_is_told_from_its_original(workspace: Workspace, shop: Artefact) -> None:
    assert not is_resplit(shop)
    assert is_resplit(resplit(workspace.for_byproducts(), "shop", 2))
    assert is_resplit(resplit(workspace, "shop", 3))  # of a search, which asks for it by itself


def test_a_dataset_merely_called_like_a_resplit_is_none(workspace: Workspace, shop: Artefact) -> None:
    path = shop.manifest.config["path"]
    named = import_dataset(workspace, {"path": path, "format": "table", "name": "catan-r2", "min_interactions": 1})
    assert not is_resplit(named)


def test_the_request_of_a_dataset_finds_it_again(workspace: Workspace, shop: Artefact) -> None:
    request = import_again(shop)
    assert request is not None
    assert import_dataset(workspace, request).id == shop.id
    Path(shop.manifest.config["path"]).unlink()
    assert import_again(shop) is None
