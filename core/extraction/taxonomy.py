"""The taxonomy: the named motivations an extraction may use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import InputError
from core.extraction.schema import OTHER
from core.storage import content_hash, read_json

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "taxonomies"


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


def taxonomy_reference(taxonomy: Taxonomy, label: str | None = None) -> dict[str, Any]:
    """How a manifest names the taxonomy an artefact was made with: ``{"name", "version", "hash"}``.

    Args:
        label: "NAME@V" where it is a version of the workspace; None where it was a file (version None) or ships (version 1).
    """
    name, _, number = (label or "").partition("@")
    ships = taxonomy.name in {path.stem for path in ASSETS.glob("*.json")} and Taxonomy.default(taxonomy.name) == taxonomy
    version = int(number) if number else 1 if ships else None
    return {"name": name or taxonomy.name, "version": version, "hash": taxonomy.hash}
