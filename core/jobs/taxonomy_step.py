"""Taxonomies of a dataset: which version an extraction is asked for, one applied to what was extracted, one discovered in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import InputError, NotFoundError
from core.progress import Progress, silent
from core.workspace import Artefact, Workspace

if TYPE_CHECKING:
    from core.motivations.coverage import Coverage
    from core.motivations.naming import NameCluster
    from core.motivations.taxonomy_store import TaxonomyVersion


@dataclass(frozen=True)
class AppliedTaxonomy:
    """A version applied to a dataset's extraction: what was made, and the coverage of the original extraction and of the new one."""

    version: TaxonomyVersion
    original: Artefact
    extraction: Artefact
    profiles: Artefact
    before: Coverage
    after: Coverage


def apply_taxonomy(
    workspace: Workspace, dataset: str, reference: str, extraction: str | None = None, progress: Progress = silent
) -> AppliedTaxonomy:
    """Name the statements of a dataset's extraction with a version of a taxonomy, and build its profiles from them.

    Both become the newest of the dataset, so what is trained next is trained on them, also where they were made long before.

    Args:
        reference: "NAME@V", or "NAME" for the newest. extraction: which one; None takes the dataset's newest.

    Raises:
        NotFoundError: no such dataset, version or extraction. InputError: see `core.motivations.relabel.relabel`.
    """
    from core.data.dataset import ReviewDataset
    from core.motivations.build import build_profiles
    from core.motivations.relabel import coverage_of, original, relabel
    from core.motivations.taxonomy_store import TaxonomyVersions

    reviews = ReviewDataset.open(workspace, dataset)
    source = extraction_of(workspace, dataset, extraction)
    versions = TaxonomyVersions(workspace)
    version = versions.get(reference)
    made = _newest(workspace, reviews.id, relabel(workspace, source, versions, version, progress))
    profiles = _newest(workspace, reviews.id, build_profiles(workspace, made, reviews, progress))
    origin = original(workspace, source)
    return AppliedTaxonomy(version, origin, made, profiles, coverage_of(origin), coverage_of(made))


def discover_version(
    workspace: Workspace,
    dataset: str,
    *,
    name: str | None = None,
    extraction: str | None = None,
    n_motivations: int | None = None,
    seed: int = 0,
    note: str = "",
    name_cluster: NameCluster | None = None,
    progress: Progress = silent,
) -> TaxonomyVersion:
    """Discover a taxonomy in a dataset's statements and keep it as the next version of ``name`` ("DATASET-discovered").

    Raises:
        NotFoundError: no such dataset or extraction. InputError: there are too few statements, or the name cannot be one.
    """
    from core.motivations.discovery import discover_taxonomy
    from core.motivations.taxonomy_edits import Discovered
    from core.motivations.taxonomy_store import TaxonomyVersions
    from core.workspace import checked_name

    source = extraction_of(workspace, dataset, extraction)
    called = checked_name(name or f"{source.manifest.name[:53]}-discovered")
    found = discover_taxonomy(source, n_motivations=n_motivations, seed=seed, name_cluster=name_cluster, progress=progress)
    origin = Discovered(extraction=source.id, n_motivations=n_motivations, seed=seed)
    return TaxonomyVersions(workspace).save(called, found, note=note, edit=origin)


def discover_and_try(
    workspace: Workspace,
    dataset: str,
    *,
    name: str | None = None,
    extraction: str | None = None,
    n_motivations: int | None = None,
    seed: int = 0,
    note: str = "",
    progress: Progress = silent,
) -> Artefact:
    """Discover a taxonomy, keep it as a version, and name the statements with it to see what it covers.

    Returns:
        The extraction so named, a byproduct until `apply_taxonomy` makes it the newest; its ``config["taxonomy"]`` is the version.

    Raises:
        NotFoundError, InputError: see `discover_version`.
    """
    from core.motivations.relabel import relabel
    from core.motivations.taxonomy_store import TaxonomyVersions

    source = extraction_of(workspace, dataset, extraction)
    version = discover_version(
        workspace, dataset, name=name, extraction=source.id, n_motivations=n_motivations, seed=seed, note=note, progress=progress
    )
    return relabel(workspace.for_byproducts(), source, TaxonomyVersions(workspace), version, progress)


def extraction_of(workspace: Workspace, dataset: str, reference: str | None = None) -> Artefact:
    """The extraction of a dataset called ``reference``; None takes the newest, one of a mere sample only where there is no other.

    Raises:
        NotFoundError: there is none. InputError: it is another dataset's.
    """
    source = workspace.get("dataset", dataset)
    if reference is not None:
        found = workspace.get("extraction", reference)
        if found.manifest.sources.get("dataset") != source.id:
            raise InputError("The extraction is of another dataset", where=found.id, hint=f"This one is {source.id}")
        return found
    known = workspace.made_from("extraction", source)
    if not known:
        raise NotFoundError("Nothing is extracted yet", where=f"dataset {source.id}", hint=f"Run `lmmrec extract {source.manifest.name}`")
    return next((one for one in known if one.manifest.config.get("sample") is None), known[0])


def chosen_label(workspace: Workspace, reference: str | None) -> str | None:
    """The setting ``taxonomy`` of an extraction with "NAME" resolved to its newest version; a path, or none, stays as it is.

    The first version of a shipped taxonomy goes by its bare name, as it always did: its extractions keep their ids.

    Raises:
        NotFoundError: no such version.
    """
    from core.extraction.taxonomy import LABEL
    from core.motivations.taxonomy_store import TaxonomyVersions, shipped_names

    if reference is None or "/" in reference or Path(reference).is_file():
        return reference
    versions = TaxonomyVersions(workspace)
    if not LABEL.fullmatch(reference) and reference not in versions.names():
        return reference
    version = versions.get(reference)
    if version.number == 1 and version.name in shipped_names():
        return version.name
    versions.file(version)
    return version.label


def _newest(workspace: Workspace, dataset: str, artefact: Artefact) -> Artefact:
    """``artefact`` as the newest of its kind made from the dataset of this id; left alone where only byproducts are made."""
    if workspace.byproducts:
        return artefact
    newest = workspace.made_from(artefact.manifest.kind, workspace.get("dataset", dataset))[0]
    return workspace.wanted(artefact) if newest.id == artefact.id else workspace.renew(artefact)
