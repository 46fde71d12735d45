"""Fixtures of the app's tests: a filled workspace that the pages read."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from core.workspace import Workspace


def _hand_made() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hand_made", Path(__file__).with_name("hand_made.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
