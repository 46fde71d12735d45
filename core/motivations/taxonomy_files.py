"""Taxonomies as files a team can keep in git, and what differs between two versions."""

from __future__ import annotations

import difflib
from pathlib import Path

from core.errors import InputError
from core.extraction.taxonomy import Taxonomy
from core.motivations.taxonomy_edits import Imported
from core.motivations.taxonomy_store import TaxonomyVersion, TaxonomyVersions
from core.storage import write_json


def import_taxonomy(versions: TaxonomyVersions, path: Path, name: str | None = None, note: str = "") -> TaxonomyVersion:
    """Keep the taxonomy of a JSON file as the next version of ``name``, or of the name it has in the file.

    Raises:
        InputError: there is no such file, it is no taxonomy, or its name cannot be one.
    """
    if not path.is_file():
        raise InputError("No such file", where=str(path))
    taxonomy = Taxonomy.read(path)
    return versions.save(name or taxonomy.name, taxonomy, note=note, edit=Imported(file=path.name))


def export_taxonomy(version: TaxonomyVersion, path: Path) -> None:
    """Write the taxonomy of a version as the JSON file that `import_taxonomy` and ``lmmrec extract --taxonomy`` read.

    Raises:
        StorageError: the disk refused.
    """
    write_json(path, version.taxonomy)


def difference(first: TaxonomyVersion, second: TaxonomyVersion) -> str:
    """Unified diff of two versions, a line a name, description or example; empty where they say the same."""
    lines = difflib.unified_diff(_lines(first), _lines(second), first.label, second.label, lineterm="")
    return "\n".join(lines)


def _lines(version: TaxonomyVersion) -> list[str]:
    lines = []
    for entry in version.taxonomy.motivations:
        lines += [f"[{entry.key}] {entry.name}", f"  {entry.description}", *(f"  - {example}" for example in entry.examples)]
    return lines
