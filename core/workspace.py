"""The workspace: the one directory all artefacts live in.

    <root>/workspace.json                    format version
    <root>/studio.sqlite                     live state (jobs, versions of prompts and taxonomies), WAL
    <root>/taxonomies/  <root>/cache/        versions of taxonomies as files; recomputable: sentence embeddings
    <root>/<kind>/<artefact id>/             manifest.json and the artefact's files

An artefact directory appears whole or not at all: it is written under ``.drafts`` and renamed into place. Its id ends in
the hash of what it was made from, so equal inputs give the same id and nothing is computed twice.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import InputError, NotFoundError, WorkspaceVersionError
from core.storage import disk_errors, exchange, read_json, sync_tree, write_json

FORMAT_VERSION = 1
Kind = Literal["dataset", "extraction", "profiles", "run", "map", "epoch-map", "comparison", "benchmark", "sweep"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_DRAFT_LIFE_S = 24 * 3600.0
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Manifest(BaseModel):
    """What an artefact is and what it was made from.

    ``sources`` maps a kind to the id of the artefact this one was made from; ``config`` is the configuration that made it;
    ``summary`` holds small figures for lists (counts, metrics); ``generated`` marks data no real person wrote, ``byproduct`` what
    was made on the way to something else: "the newest" is another one where there is one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    id: str
    name: str
    created_at: str
    sources: dict[str, str] = {}
    config: dict[str, Any] = {}
    summary: dict[str, Any] = {}
    generated: bool = False
    byproduct: bool = False


@dataclass(frozen=True)
class Artefact:
    """A finished artefact: its manifest and the directory its files are in."""

    manifest: Manifest
    path: Path

    @property
    def id(self) -> str:
        return self.manifest.id


Artefacts: TypeAlias = list[Artefact]  # inside `Workspace` the name `list` is the method


@dataclass
class Draft:
    """An artefact being written. Put files under ``path``, fill ``summary``; it is published when the block ends."""

    path: Path
    summary: dict[str, Any] = field(default_factory=dict)
    generated: bool = False


def checked_name(name: str) -> str:
    """``name`` itself if it can name an artefact.

    Raises:
        InputError: it has other characters than a-z, 0-9, '.', '_', '-', or is too long.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            "Not a usable name", where=repr(name), hint="Use up to 64 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit"
        )
    return name


def artefact_id(name: str, key: str) -> str:
    """Id of the artefact called ``name`` whose inputs and config hash to ``key``."""
    return f"{checked_name(name)}-{key}"


class Workspace:
    """Opens a workspace directory, lists its artefacts and publishes new ones.

    Raises:
        WorkspaceVersionError: the directory was made by a newer version.
        InputError: the directory exists, is not empty and is no workspace.
    """

    def __init__(self, root: Path | str, *, create: bool = True) -> None:
        self.root = Path(root).expanduser().resolve()
        self.byproducts = False  # whether what is published is one, see `for_byproducts`
        marker = self.root / "workspace.json"
        if marker.exists():
            document = read_json(marker)
            version = document.get("format_version") if isinstance(document, dict) else None
            if not isinstance(version, int):
                raise InputError("Damaged workspace", where=str(marker), hint="Choose another --workspace")
            if version > FORMAT_VERSION:
                raise WorkspaceVersionError(
                    f"This workspace has format {version}, this program knows {FORMAT_VERSION}",
                    where=str(self.root),
                    hint="Update the program or choose another --workspace",
                )
            return
        if not create:
            raise NotFoundError("There is no workspace here", where=str(self.root), hint="Run `lmmrec demo` or `lmmrec data import` first")
        if self.root.is_file() or (self.root.is_dir() and any(self.root.iterdir())):
            raise InputError("This is not a workspace and not an empty directory", where=str(self.root), hint="Choose another --workspace")
        write_json(marker, {"format_version": FORMAT_VERSION, "created_at": now()})

    @property
    def cache(self) -> Path:
        """Directory of what can be computed again at any time."""
        return self.root / "cache"

    @property
    def database(self) -> Path:
        """The SQLite file with the live state."""
        return self.root / "studio.sqlite"

    def directory(self, kind: Kind, identifier: str) -> Path:
        """Where the artefact of this kind and id lives, or will live."""
        return self.root / kind / identifier

    def list(self, kind: Kind) -> Artefacts:
        """All finished artefacts of a kind, newest first, byproducts last."""
        found = [self._read(path.parent) for path in (self.root / kind).glob("*/manifest.json")]
        return sorted(found, key=lambda one: (not one.manifest.byproduct, one.manifest.created_at, one.id), reverse=True)

    def find(self, kind: Kind, identifier: str) -> Artefact | None:
        """The artefact with exactly this id, or None."""
        path = self.directory(kind, identifier)
        return self._read(path) if (path / "manifest.json").exists() else None

    def get(self, kind: Kind, reference: str) -> Artefact:
        """The artefact with this id, or the newest with this name, or with an id that begins so (when only one does).

        Raises:
            NotFoundError: there is none; the message names those there are.
        """
        known = self.list(kind)
        for artefact in known:
            if artefact.id == reference:
                return artefact
        for artefact in known:
            if artefact.manifest.name == reference:
                return artefact
        starting = [artefact for artefact in known if reference and artefact.id.startswith(reference)]
        if len(starting) == 1:
            return starting[0]
        there = ", ".join(artefact.id for artefact in known[:5]) or "none yet"
        raise NotFoundError(f"No {kind} '{reference}' in this workspace", where=str(self.root), hint=f"There are: {there}")

    def made_from(self, kind: Kind, source: Artefact) -> Artefacts:
        """Artefacts of ``kind`` made from ``source``, newest first."""
        return [artefact for artefact in self.list(kind) if artefact.manifest.sources.get(source.manifest.kind) == source.id]

    @contextmanager
    def publish(
        self,
        kind: Kind,
        identifier: str,
        *,
        name: str,
        sources: dict[str, str] | None = None,
        config: dict[str, Any] | None = None,
    ) -> Iterator[Draft]:
        """Write an artefact: the block fills ``draft.path``, then the directory is renamed into place.

        An error inside the block leaves nothing behind. An artefact of the same id is replaced.

        Raises:
            StorageError: the disk refused.
        """
        draft = Draft(self.new_draft(kind))
        try:
            with disk_errors(draft.path):
                yield draft
                manifest = Manifest(
                    kind=kind,
                    id=identifier,
                    name=name,
                    created_at=now(),
                    sources=sources or {},
                    config=config or {},
                    summary=draft.summary,
                    generated=draft.generated,
                    byproduct=self.byproducts,
                )
                write_json(draft.path / "manifest.json", manifest)
                sync_tree(draft.path)
                self._move_into_place(draft.path, self.directory(kind, identifier))
        finally:
            shutil.rmtree(draft.path, ignore_errors=True)

    def adopt(self, directory: Path) -> Artefact:
        """Move a finished artefact that was made in another workspace on the same disk into this one.

        Args:
            directory: its folder, whose last part is its id, with its manifest.

        Raises:
            InputError: the folder holds no artefact, or not the one it is called after. StorageError: the disk refused.
        """
        artefact = self._read(directory)
        if artefact.id != directory.name or not _NAME.fullmatch(artefact.id[:64]):
            raise InputError("The folder is not called after the artefact in it", where=str(directory))
        target = self.directory(artefact.manifest.kind, artefact.id)
        with disk_errors(target):
            self._move_into_place(directory, target)
        return Artefact(artefact.manifest, target)

    def renew(self, artefact: Artefact) -> Artefact:
        """Make an artefact the newest of its kind: what goes by "the newest" then takes it. Only its manifest changes.

        Raises:
            StorageError: the disk refused.
        """
        renewed = Artefact(artefact.manifest.model_copy(update={"created_at": now(), "byproduct": False}), artefact.path)
        write_json(artefact.path / "manifest.json", renewed.manifest)
        return renewed

    def for_byproducts(self) -> Workspace:
        """This workspace for work on the way to something else: what is published through it is a byproduct."""
        (other := copy(self)).byproducts = True
        return other

    def wanted(self, artefact: Artefact) -> Artefact:
        """An artefact that was asked for by itself: no byproduct from now on."""
        return self.renew(artefact) if artefact.manifest.byproduct and not self.byproducts else artefact

    def remove(self, artefact: Artefact) -> None:
        """Delete an artefact; what was made from it stays but can no longer be traced."""
        self._set_aside(artefact.path)

    def new_draft(self, prefix: str) -> Path:
        """A new empty folder on the workspace's disk, for what is not finished; leftovers of killed processes are swept.

        Raises:
            StorageError: the disk refused.
        """
        drafts = self.root / ".drafts"
        with disk_errors(drafts):
            drafts.mkdir(parents=True, exist_ok=True)
            for left_over in drafts.iterdir():
                if _age_s(left_over) > _DRAFT_LIFE_S:
                    shutil.rmtree(left_over, ignore_errors=True)
            return Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=drafts))

    def _move_into_place(self, source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and exchange(source, target):
            return
        if target.exists():
            self._set_aside(target)
        source.replace(target)

    def _set_aside(self, path: Path) -> None:
        grave = self.new_draft("old")
        path.replace(grave / path.name)
        shutil.rmtree(grave, ignore_errors=True)

    @staticmethod
    def _read(path: Path) -> Artefact:
        try:
            return Artefact(Manifest.model_validate(read_json(path / "manifest.json")), path)
        except ValidationError as error:
            raise InputError("Damaged manifest", where=str(path), hint="Remove this directory and make the artefact again") from error


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def now() -> str:
    """The present moment in UTC, ISO 8601, to the microsecond (so that lists sort by it)."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
