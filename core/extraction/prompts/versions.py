"""One version of a prompt, and the table versions are kept in: rows are added, never changed, never deleted."""

from __future__ import annotations

import sqlite3

from pydantic import BaseModel, ConfigDict, Field

from core.errors import InputError
from core.extraction.prompts.template import PromptTemplate
from core.workspace import now

MAX_NUMBER = 1_000_000_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS prompt_versions (
    name TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    hash TEXT NOT NULL,
    kind TEXT NOT NULL,
    domain TEXT NOT NULL,
    system TEXT NOT NULL,
    user TEXT NOT NULL,
    parent TEXT,
    note TEXT NOT NULL,
    created_at TEXT NOT NULL,
    shipped INTEGER NOT NULL,
    PRIMARY KEY (name, number)
);
CREATE TRIGGER IF NOT EXISTS prompt_versions_stay BEFORE UPDATE ON prompt_versions
    BEGIN SELECT RAISE(ABORT, 'a prompt version never changes'); END;
CREATE TRIGGER IF NOT EXISTS prompt_versions_remain BEFORE DELETE ON prompt_versions
    BEGIN SELECT RAISE(ABORT, 'a prompt version is never deleted'); END;
"""


class PromptVersion(BaseModel):
    """One version of a prompt.

    Args:
        number: from 1; 0 for one that has none yet (a file someone wrote).
        hash: of the template: equal templates have equal hashes, whatever they are called.
        parent: label of the version it was made from. note: what people wrote about it. created_at: ISO 8601, UTC.
        shipped: it came with the program.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    number: int = Field(ge=0, lt=MAX_NUMBER)
    hash: str
    template: PromptTemplate
    parent: str | None
    note: str
    created_at: str
    shipped: bool = False

    @property
    def label(self) -> str:
        """What people call it: "review-places@2"."""
        return f"{self.name}@{self.number}"


def newest_version(connection: sqlite3.Connection, name: str) -> PromptVersion | None:
    """The version of a name with the highest number."""
    row = connection.execute("SELECT * FROM prompt_versions WHERE name = ? ORDER BY number DESC LIMIT 1", (name,)).fetchone()
    return None if row is None else version_of(row)


def next_version(
    connection: sqlite3.Connection, name: str, template: PromptTemplate, note: str, parent: str | None, *, shipped: bool = False
) -> PromptVersion:
    """The version that follows the newest of a name, not yet written.

    Raises:
        InputError: the name holds another kind of prompt.
    """
    newest = newest_version(connection, name)
    if newest is not None:
        _check_same_use(newest, template)
    return PromptVersion(
        name=name,
        number=newest.number + 1 if newest else 1,
        hash=template.hash,
        template=template,
        parent=parent or (newest.label if newest else None),
        note=note,
        created_at=now(),
        shipped=shipped,
    )


def added(connection: sqlite3.Connection, version: PromptVersion, renumber: bool) -> PromptVersion:
    """Write a version as it is; see `core.extraction.prompts.store.PromptStore.add`.

    Raises:
        InputError: its label is taken by another template, or its name by another kind of prompt.
    """
    rows = connection.execute("SELECT * FROM prompt_versions WHERE name = ? ORDER BY number DESC", (version.name,)).fetchall()
    here = [version_of(row) for row in rows]
    same = [one for one in here if one.template == version.template]
    taken = next((one for one in here if one.number == version.number), None)
    if taken is not None and taken in same:
        return taken
    if here:
        _check_same_use(here[0], version.template)
    if version.number == 0 or (taken is not None and renumber):
        if same:
            return same[0]
        parent = version.parent or (here[0].label if here else None)
        version = version.model_copy(update={"number": here[0].number + 1 if here else 1, "parent": parent})
    elif taken is not None:
        where = f"there {version.template.hash}, here {taken.hash}"
        hint = "Import it with a new number (--renumber), or under another name"
        raise InputError(f"{version.label} is another template in this workspace", where=where, hint=hint)
    fresh = version.model_copy(update={"hash": version.template.hash, "shipped": False})
    insert(connection, fresh)
    return fresh


def _check_same_use(newest: PromptVersion, template: PromptTemplate) -> None:
    old = newest.template
    if (old.kind, old.domain) != (template.kind, template.domain):
        what = f"{newest.name} holds {old.kind} prompts for {old.domain}, this is a {template.kind} prompt for {template.domain}"
        raise InputError(what, hint="Save it under another name")


def insert(connection: sqlite3.Connection, version: PromptVersion) -> None:
    """Write a row."""
    plain = version.model_dump(exclude={"template"}) | version.template.model_dump()
    connection.execute(
        "INSERT INTO prompt_versions (name, number, hash, kind, domain, system, user, parent, note, created_at, shipped)"
        " VALUES (:name, :number, :hash, :kind, :domain, :system, :user, :parent, :note, :created_at, :shipped)",
        plain,
    )


def version_of(row: sqlite3.Row) -> PromptVersion:
    """The version a row holds."""
    columns = dict(row)
    template = PromptTemplate(**{name: columns.pop(name) for name in ("kind", "domain", "system", "user")})
    return PromptVersion(**columns | {"shipped": bool(columns["shipped"])}, template=template)
