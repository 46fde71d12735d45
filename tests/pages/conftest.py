"""Fixtures: a small workspace that holds one of everything, and no language model unless a test starts one."""

from collections.abc import Iterator

import pytest

from app.components import ollama_models
from tests.app.filled import filled, filled_copy

__all__ = ["filled", "filled_copy"]


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing answers, whatever runs on this machine, and nothing is known of an earlier server."""
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    ollama_models._look.clear()
    yield
    ollama_models._look.clear()
