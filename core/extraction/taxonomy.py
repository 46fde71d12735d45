"""The taxonomy: the named motivations an extraction may use."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import InputError
from core.extraction.schema import OTHER
from core.storage import content_hash, read_json
from core.workspace import Artefact, Workspace

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "taxonomies"
LABEL = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]{0,63})@(?P<number>[1-9][0-9]{0,8})")  # a version: "places@2"


class TaxonomyEntry(BaseModel):
    """One motivation: ``key`` names it in files, ``name`` on pages; examples carry most of the zero-shot accuracy (METHOD 6)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    description: str
    examples: tuple[str, ...] = Field(min_length=1)


class Taxonomy(BaseModel):
    """Named motivations in a fixed order; the index after the last one means "other"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    motivations: tuple[TaxonomyEntry, ...] = Field(min_length=1)

    @field_validator("motivations")
    @classmethod
    def _distinct(cls, entries: tuple[TaxonomyEntry, ...]) -> tuple[TaxonomyEntry, ...]:
        keys = [entry.key for entry in entries]
        if len(set(keys)) < len(keys) or OTHER in keys:
            raise ValueError(f"motivation keys must be distinct and not '{OTHER}'")
        return entries

    def __len__(self) -> int:
        return len(self.motivations)

    @property
    def hash(self) -> str:
        """Content hash: part of the key of everything made with this taxonomy."""
        return content_hash(self)

    @property
    def keys(self) -> list[str]:
        """Keys of all slots in order, "other" last; length ``len(self) + 1``."""
        return [entry.key for entry in self.motivations] + [OTHER]

    @property
    def names(self) -> list[str]:
        """Names of all slots in order, "Other" last; length ``len(self) + 1``."""
        return [entry.name for entry in self.motivations] + ["Other"]

    @classmethod
    def read(cls, path: Path) -> Taxonomy:
        """Read a taxonomy from a JSON file.

        Raises:
            InputError: it is not a taxonomy.
        """
        try:
            return cls.model_validate(read_json(path))
        except ValidationError as error:
            first = error.errors()[0]
            raise InputError(f"Not a taxonomy: {first['msg']}", where=f"{path}, {'.'.join(map(str, first['loc']))}") from error

    @classmethod
    def default(cls, domain: str) -> Taxonomy:
        """The taxonomy that ships for a domain ("products", "places", "games")."""
        return cls.read(ASSETS / f"{domain}.json")


def version_file(workspace: Workspace, label: str) -> Path | None:
    """Where a workspace keeps the version "NAME@V" of a taxonomy as a file; None where ``label`` cannot be one."""
    return workspace.root / "taxonomies" / f"{label}.json" if LABEL.fullmatch(label) else None


def taxonomy_reference(taxonomy: Taxonomy, label: str | None = None) -> dict[str, Any]:
    """How a manifest's summary names the taxonomy an artefact was made with: ``{"name", "version", "hash"}``.

    Args:
        label: "NAME@V" where it is a version of the workspace. Anything else is not looked at: a taxonomy that ships is version 1
            of its name, one from a file has the version None.
    """
    match = LABEL.fullmatch(label or "")
    ships = taxonomy.name in {path.stem for path in ASSETS.glob("*.json")} and Taxonomy.default(taxonomy.name) == taxonomy
    version = int(match["number"]) if match else 1 if ships else None
    return {"name": match["name"] if match else taxonomy.name, "version": version, "hash": taxonomy.hash}


def reference_of(artefact: Artefact) -> dict[str, Any]:
    """The taxonomy that an artefact of kind "extraction" or "profiles" was made with; also of one made before that was noted."""
    return artefact.manifest.summary.get("taxonomy") or taxonomy_reference(Taxonomy.read(artefact.path / "taxonomy.json"))
