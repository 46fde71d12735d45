"""The log of a training: one JSON record an epoch, readable while it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.storage import disk_errors, write_atomic


def append_history(directory: Path, record: dict[str, Any]) -> None:
    """Add one epoch to ``history.jsonl``."""
    path = directory / "history.jsonl"
    with disk_errors(path):
        directory.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(record) + "\n")


def rewrite_history(directory: Path, records: list[dict[str, Any]]) -> None:
    """Set ``history.jsonl`` back to these records (when a training resumes from a checkpoint)."""
    lines = "".join(json.dumps(record) + "\n" for record in records)
    write_atomic(directory / "history.jsonl", lambda target: _write(target, lines))


def read_history(directory: Path) -> list[dict[str, Any]]:
    """The records so far; a line that is still being written is left out."""
    path = directory / "history.jsonl"
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _write(target: Path, text: str) -> None:
    target.write_text(text, encoding="utf-8")
