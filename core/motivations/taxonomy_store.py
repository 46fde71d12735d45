"""Versions of the taxonomies of a workspace: what people made of the shipped ones, and what was discovered or brought in.

A version never changes. It has a name and a number ("places@2"), the version it was made of and the edit that made it, so that a
taxonomy can be applied to statements that were named with one of its ancestors (`core.motivations.relabel`). The shipped
taxonomies are always there as version 1 of their names; later ones are rows of a table in the workspace's database (WAL), and each
is also a file in its folder ``taxonomies``, where an extraction reads it.
"""

from __future__ import annotations

import json
import sqlite3
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from core.database import Database
from core.errors import InputError, NotFoundError
from core.extraction.taxonomy import ASSETS, LABEL, Taxonomy, version_file
from core.motivations.taxonomy_edits import EDITS, Origin, TaxonomyEdit, apply_edit, checked
from core.storage import write_json
from core.workspace import Workspace, checked_name, now

_ORIGIN: TypeAdapter[object] = TypeAdapter(Origin | None)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS taxonomies (
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    hash TEXT NOT NULL,
    taxonomy TEXT NOT NULL,
    parent TEXT,
    edit TEXT NOT NULL,
    note TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (name, number)
)
"""


class TaxonomyVersion(BaseModel):
    """One version of a taxonomy.

    ``taxonomy.name`` is ``name``; ``hash`` is the taxonomy's content hash; ``parent`` is the label of the version it was made of and
    ``edit`` how, or where it is from; ``created_at`` is ISO 8601, UTC, None of a shipped one.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    number: int
    hash: str
    taxonomy: Taxonomy
    parent: str | None = None
    edit: Origin | None = None
    note: str = ""
    created_at: str | None = None

    @property
    def label(self) -> str:
        """How people refer to it: "places@2"."""
        return f"{self.name}@{self.number}"


class TaxonomyVersions:
    """The taxonomies of one workspace.

    Raises:
        StorageError: the database cannot be read or written (any method).
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._database = Database(workspace, _SCHEMA, of="taxonomy", synchronous="FULL")

    def names(self) -> list[str]:
        """Names of all taxonomies, in order; the shipped ones are always among them."""
        with self._database.connection() as connection:
            rows = connection.execute("SELECT DISTINCT name FROM taxonomies").fetchall()
        return sorted({str(row["name"]) for row in rows} | set(shipped_names()))

    def versions(self, name: str) -> list[TaxonomyVersion]:
        """All versions of a taxonomy, oldest first.

        Raises:
            NotFoundError: there is none of this name.
        """
        with self._database.connection() as connection:
            found = self._versions(connection, name)
        if not found:
            raise self._unknown(name)
        return found

    def get(self, reference: str) -> TaxonomyVersion:
        """The version "NAME@V", or the newest of "NAME".

        Raises:
            NotFoundError: there is none.
        """
        name, number = split_label(reference)
        found = self.versions(name)
        if number is None:
            return found[-1]
        for version in found:
            if version.number == number:
                return version
        hint = f"There are: {', '.join(version.label for version in found[-5:])}"
        raise NotFoundError(f"No version {number} of the taxonomy '{name}'", where=str(self._database.path.parent), hint=hint)

    def save(
        self, name: str, taxonomy: Taxonomy, *, note: str = "", parent: str | None = None, edit: Origin | None = None
    ) -> TaxonomyVersion:
        """Keep a taxonomy as the next version of ``name``; one that says the same as the newest version is that version.

        Args:
            name: also becomes the taxonomy's own name.
            parent: label of the version it was made of. edit: what was done to it, or where the taxonomy is from.

        Raises:
            InputError: the name cannot be one, or two motivations cannot be told apart. NotFoundError: there is no such parent.
        """
        taxonomy = checked(taxonomy.model_copy(update={"name": checked_name(name)}))
        if parent is not None:
            parent = self.get(parent).label
        with self._database.writing() as connection:
            known = self._versions(connection, name)
            if known and known[-1].hash == taxonomy.hash and not _another_way(known[-1], parent, edit):
                return known[-1]
            version = TaxonomyVersion(
                name=name,
                number=len(known) + 1,
                hash=taxonomy.hash,
                taxonomy=taxonomy,
                parent=parent,
                edit=edit,
                note=note,
                created_at=now(),
            )
            row = (
                version.name,
                version.number,
                version.hash,
                taxonomy.model_dump_json(),
                parent,
                _ORIGIN.dump_json(edit).decode(),
                note,
                version.created_at,
            )
            connection.execute("INSERT INTO taxonomies VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            self._write(version)  # also over what a save that was killed before its commit may have left
        return version

    def file(self, version: TaxonomyVersion) -> Path:
        """The file an extraction reads a version from; written where it is missing.

        Raises:
            StorageError: the disk refused.
        """
        path = version_file(self._workspace, version.label)
        assert path is not None, "every label names a file"
        return path if path.is_file() else self._write(version)

    def edit(self, reference: str, edit: TaxonomyEdit, *, note: str = "", name: str | None = None) -> TaxonomyVersion:
        """Edit a version and keep the result as the next version of its name, or of another ``name``.

        Raises:
            NotFoundError: no such version, or no motivation of a key in the edit. InputError: the edit makes no taxonomy.
        """
        version = self.get(reference)
        edited = apply_edit(version.taxonomy, edit)
        return self.save(name or version.name, edited.taxonomy, note=note, parent=version.label, edit=edit)

    def restore(self, reference: str, note: str = "") -> TaxonomyVersion:
        """Make an older version the newest again, as a new version of its name.

        Raises:
            NotFoundError: no such version.
        """
        version = self.get(reference)
        return self.save(version.name, version.taxonomy, note=note or f"restored {version.label}", parent=version.label)

    def edits_since(self, motivations: Taxonomy, version: TaxonomyVersion) -> tuple[TaxonomyEdit, ...] | None:
        """The edits that lead from a taxonomy to a version, first to last; None where it is none of the version's ancestors."""
        edits: list[TaxonomyEdit] = []
        at = version
        while at.taxonomy.motivations != motivations.motivations:
            if at.parent is None:
                return None
            above = self.get(at.parent)
            if isinstance(at.edit, EDITS):
                edits.append(at.edit)
            elif at.taxonomy.motivations != above.taxonomy.motivations:
                return None
            at = above
        return tuple(reversed(edits))

    def _write(self, version: TaxonomyVersion) -> Path:
        path = version_file(self._workspace, version.label)
        assert path is not None, "every label names a file"
        write_json(path, version.taxonomy)
        return path

    def _versions(self, connection: sqlite3.Connection, name: str) -> list[TaxonomyVersion]:
        rows = connection.execute("SELECT * FROM taxonomies WHERE name = ? ORDER BY number", (name,)).fetchall()
        return [*([_shipped(name)] if name in shipped_names() else []), *map(_version, rows)]

    def _unknown(self, name: str) -> NotFoundError:
        names = self.names()
        near = get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}"
        return NotFoundError(f"No taxonomy '{name}' in this workspace", where=str(self._database.path.parent), hint=hint)


def split_label(reference: str) -> tuple[str, int | None]:
    """Name and number of "NAME@V"; the number is None of "NAME".

    Raises:
        InputError: it is neither.
    """
    if "@" not in reference:
        return reference, None
    match = LABEL.fullmatch(reference)
    if match is None:
        raise InputError("Not a version of a taxonomy", where=repr(reference), hint="Write NAME@NUMBER, for example places@2")
    return match["name"], int(match["number"])


def shipped_names() -> list[str]:
    """Names of the taxonomies that ship."""
    return sorted(path.stem for path in ASSETS.glob("*.json"))


def _another_way(newest: TaxonomyVersion, parent: str | None, edit: Origin | None) -> bool:
    """Whether an edit leads to the taxonomy of the newest version by another way than that version went: statements may go elsewhere."""
    return isinstance(edit, EDITS) and parent != newest.label and (parent, edit) != (newest.parent, newest.edit)


def _shipped(name: str) -> TaxonomyVersion:
    taxonomy = Taxonomy.default(name)
    return TaxonomyVersion(name=name, number=1, hash=taxonomy.hash, taxonomy=taxonomy, note="ships with the program")


def _version(row: sqlite3.Row) -> TaxonomyVersion:
    columns = dict(row)
    return TaxonomyVersion.model_validate({**columns, "taxonomy": json.loads(columns["taxonomy"]), "edit": json.loads(columns["edit"])})
