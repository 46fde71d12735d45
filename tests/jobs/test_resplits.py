"""Which datasets are random re-splits of another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.jobs.resplits import import_again, resplit
from core.jobs.steps import import_dataset
from core.workspace import Artefact, Workspace


@pytest.fixture
def shop(workspace: Workspace, tmp_path: Path) -> Artefact:
    generator = np.random.default_rng(3)
    lines = ["user,item", *(f"u{user},i{item}" for user in range(12) for item in generator.choice(10, size=6, replace=False))]
    (tmp_path / "shop.csv").write_text("\n".join(lines), encoding="utf-8")
    return import_dataset(workspace, {"path": str(tmp_path / "shop.csv"), "format": "table", "name": "shop", "min_interactions": 1})


def test_a_resplit_is_a_byproduct_and_its_original_is_none(workspace: Workspace, shop: Artefact) -> None:
    assert resplit(workspace, "shop", 2).manifest.byproduct
    assert not shop.manifest.byproduct
    assert not workspace.get("dataset", "shop").manifest.byproduct


def test_the_request_of_a_dataset_finds_it_again(workspace: Workspace, shop: Artefact) -> None:
    request = import_again(shop)
    assert request is not None
    assert import_dataset(workspace, request).id == shop.id
    Path(shop.manifest.config["path"]).unlink()
    assert import_again(shop) is None
