"""What Streamlit's collection need not look at is set apart once, and again when modules were loaded."""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Iterator

import pytest

from app.collector import set_modules_apart


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_what_is_alive_is_set_apart_only_when_modules_were_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.collector._looked_at", 0)
    set_modules_apart()
    assert gc.get_freeze_count() > 1000

    gc.unfreeze()
    set_modules_apart()
    assert gc.get_freeze_count() == 0

    monkeypatch.setitem(sys.modules, "a_module_loaded_just_now", types.ModuleType("a_module_loaded_just_now"))
    set_modules_apart()
    assert gc.get_freeze_count() > 1000


def test_garbage_is_collected_before_and_not_kept_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.collector._looked_at", 0)
    ended = []

    class Knot:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            ended.append(True)

    Knot()
    set_modules_apart()
    assert ended
