from __future__ import annotations

from pathlib import Path

import pytest

from app.components.import_form import _name_of
from core.workspace import checked_name


@pytest.mark.parametrize("file", ["Reviews (2023).json.gz", "_x.csv", "é.csv", "Musical_Instruments_5.json", "..csv"])
def test_the_proposed_name_can_name_a_dataset(file: str) -> None:
    assert checked_name(_name_of(Path(file)))
