"""The report of an import: what was read, what was dropped and why, what is kept."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

EXAMPLES = 5


class Dropped(BaseModel):
    """How many rows a reason cost, and the first lines it happened at."""

    model_config = ConfigDict(extra="forbid")

    count: int = 0
    lines: list[int] = []


class ImportReport(BaseModel):
    """Counts of one import; filled while reading, stored as ``report.json`` of the dataset.

    Args:
        format: the format that was read. files: the names of the files, without their folders.
        lines_read: lines (rows of a table, interactions of a matrix) that were looked at.
        dropped: reason -> rows lost to it and example lines (1-based) of the first of them.
        without_text, without_rating, without_timestamp: kept interactions that lack one.
        users, items, interactions: what is kept. titled_items, profiled_users, profiled_items: how much of it has text.
        splits: kept interactions per split.
        notes: sentences on what was decided on the way.
    """

    model_config = ConfigDict(extra="forbid")

    format: str = ""
    files: list[str] = []
    lines_read: int = 0
    dropped: dict[str, Dropped] = {}
    without_text: int = 0
    without_rating: int = 0
    without_timestamp: int = 0
    users: int = 0
    items: int = 0
    interactions: int = 0
    titled_items: int = 0
    profiled_users: int = 0
    profiled_items: int = 0
    splits: dict[str, int] = {}
    notes: list[str] = []

    def drop(self, reason: str, count: int, lines: Iterable[int] = ()) -> None:
        """Count ``count`` rows lost to ``reason``; the first few line numbers are kept as examples."""
        if not count:
            return
        entry = self.dropped.setdefault(reason, Dropped())
        entry.count += count
        for line in lines:
            if len(entry.lines) == EXAMPLES:
                break
            entry.lines.append(int(line))

    def note(self, sentence: str) -> None:
        """Add a sentence, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    @property
    def text_coverage(self) -> float:
        """Share of the kept interactions that have a review text."""
        return 1.0 - self.without_text / self.interactions if self.interactions else 0.0

    def render(self) -> str:
        """The report as a few lines for a person."""
        lines = [f"Read {self.lines_read:,} lines of {', '.join(self.files) or 'a table'} ({self.format or 'table'})."]
        for reason, entry in sorted(self.dropped.items(), key=lambda pair: -pair[1].count):
            where = f" (first at line {', '.join(map(str, entry.lines))})" if entry.lines else ""
            lines.append(f"  dropped {entry.count:,}: {reason}{where}")
        lines.append(
            f"Kept {self.users:,} users, {self.items:,} items, {self.interactions:,} interactions; {self.text_coverage:.1%} have a text."
        )
        if self.splits:
            lines.append("Split: " + ", ".join(f"{count:,} {split}" for split, count in self.splits.items()) + ".")
        lines += [f"Note: {sentence}" for sentence in self.notes]
        return "\n".join(lines)
