"""Versions of prompts: numbered, never changed, kept in the workspace's database.

A name ("review-places") holds versions 1, 2, 3 ... of one kind of prompt for one domain; "review-places@2" is the label of one. The
prompts that ship are version 1 of twelve names. They are written down like any other when a workspace first needs them, so a label keeps
its text when a later release ships another: that becomes a further version, unless people have gone on from the old one by then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from difflib import get_close_matches, unified_diff
from typing import TypeAlias

from core.database import Database
from core.errors import InputError, NotFoundError
from core.extraction.prompts.defaults import default_templates
from core.extraction.prompts.template import PromptKind, PromptTemplate
from core.extraction.prompts.versions import SCHEMA, PromptVersion, added, insert, newest_version, next_version, version_of
from core.workspace import Workspace, checked_name

__all__ = ["SHIPPED_NOTE", "PromptStore", "PromptVersion"]

SHIPPED_NOTE = "Ships with the program"
Versions: TypeAlias = list[PromptVersion]


class PromptStore:
    """The prompts of one workspace.

    Raises:
        StorageError: the database cannot be read or written (any method).
    """

    def __init__(self, workspace: Workspace) -> None:
        # FULL: a version is what people wrote, it cannot be computed again
        self._database = Database(workspace, SCHEMA, of="prompt", synchronous="FULL")
        with self._database.connection() as connection:
            shipping = bool(_to_ship(connection))
        if shipping:
            with self._database.writing() as connection:
                for name, template in _to_ship(connection).items():
                    insert(connection, next_version(connection, name, template, SHIPPED_NOTE, None, shipped=True))

    def names(self, kind: PromptKind | None = None, domain: str | None = None) -> list[str]:
        """All names, sorted; only those of a kind or for a domain where that is given."""
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT DISTINCT name FROM prompt_versions WHERE kind = coalesce(?, kind) AND domain = coalesce(?, domain) ORDER BY name",
                (kind, domain),
            ).fetchall()
        return [str(row["name"]) for row in rows]

    def versions(self, name: str) -> Versions:
        """All versions of a name, newest first.

        Raises:
            NotFoundError: there is no such name.
        """
        with self._database.connection() as connection:
            rows = connection.execute("SELECT * FROM prompt_versions WHERE name = ? ORDER BY number DESC", (name,)).fetchall()
        if not rows:
            raise self._missing(name)
        return [version_of(row) for row in rows]

    def get(self, reference: str) -> PromptVersion:
        """The version with this label ("NAME@V"), or the newest of this name.

        Raises:
            NotFoundError: there is none. InputError: what follows the "@" is no number.
        """
        name, at, number = reference.partition("@")
        if at and not (number.isascii() and number.isdigit() and len(number) < 10):
            raise InputError(f"No label of a prompt: '{reference}'", hint="Labels look like review-places@2")
        versions = self.versions(name)
        if not at:
            return versions[0]
        for version in versions:
            if version.number == int(number):
                return version
        there = ", ".join(version.label for version in versions[:5])
        raise NotFoundError(f"No prompt '{reference}' in this workspace", where=str(self._database.path.parent), hint=f"There are: {there}")

    def save(self, name: str, template: PromptTemplate, *, note: str = "", parent: str | None = None) -> PromptVersion:
        """Keep a template as the next version of a name; one that is the same as the newest stays that one.

        Args:
            note: what changed and why.
            parent: label of the version it was made from; none: the newest of the name, where there is one.

        Raises:
            InputError: the name or the template is not usable, or the name holds another kind of prompt.
            NotFoundError: there is no such parent.
        """
        checked_name(name)
        template.check()
        parent = self.get(parent).label if parent else None
        with self._database.writing() as connection:
            newest = newest_version(connection, name)
            if newest is not None and newest.template == template:
                return newest
            version = next_version(connection, name, template, note, parent)
            insert(connection, version)
        return version

    def restore(self, label: str, note: str = "") -> PromptVersion:
        """Make an old version's template the newest again, as a further version whose parent it is.

        Raises:
            NotFoundError: there is no such version.
        """
        old = self.get(label)
        return self.save(old.name, old.template, note=note or f"{old.label} again", parent=old.label)

    def add(self, versions: Sequence[PromptVersion], *, renumber: bool = False) -> Versions:
        """Take versions in as they are (number, parent, note and time): all of them, or none where one is refused.

        One without a number (0) gets the next of its name, unless the name holds the very template already.

        Args:
            renumber: do the same with one whose label is taken by another template, instead of refusing it.

        Returns:
            The versions as they stand here, in the order given; those that were here already are left as they are.

        Raises:
            InputError: a label is taken by another template, or a version is not usable.
        """
        for version in versions:
            checked_name(version.name)
            version.template.check()
        with self._database.writing() as connection:
            return [added(connection, version, renumber) for version in versions]

    def diff(self, a: str, b: str) -> str:
        """What changed from version ``a`` to ``b``, as a unified diff of both parts; empty where they say the same.

        Raises:
            NotFoundError: there is no such version.
        """
        old, new = self.get(a), self.get(b)
        lines: list[str] = []
        for part in ("system", "user"):
            before, after = (getattr(version.template, part).split("\n") for version in (old, new))
            lines += unified_diff(before, after, f"{old.label} {part}", f"{new.label} {part}", lineterm="")
        return "\n".join(lines)

    def _missing(self, name: str) -> NotFoundError:
        names = self.names()
        close = get_close_matches(name, names, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(names)}"
        return NotFoundError(f"No prompt '{name}' in this workspace", where=str(self._database.path.parent), hint=hint)


def _to_ship(connection: sqlite3.Connection) -> dict[str, PromptTemplate]:
    """The default prompts still to be written down: those never seen, and newer ones whose name nobody has gone on with."""
    newest = {name: newest_version(connection, name) for name in default_templates()}
    return {
        name: template
        for name, template in default_templates().items()
        if (known := newest[name]) is None or (known.shipped and known.hash != template.hash)
    }
