"""The filled workspace as fixtures; the conftest of every folder that needs them imports them from here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.workspace import Workspace
from tests.app.hand_made import fill


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a dataset, profiles, two runs and a map, for reading only."""
    return fill(Workspace(tmp_path_factory.mktemp("filled") / "workspace"))


@pytest.fixture
def filled_copy(filled: Workspace, tmp_path: Path) -> Workspace:
    """The same, of one's own."""
    shutil.copytree(filled.root, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")
