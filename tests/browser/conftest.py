"""Fixtures: a small workspace that holds one of everything."""

from tests.app.filled import filled, filled_copy

__all__ = ["filled", "filled_copy"]
