"""`lmmrec taxonomy ...`: versions of taxonomies, where they are from, and one applied to what was extracted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli import taxonomy_edits
from core.cli.console import answer, table, working
from core.cli.options import DEFAULT_WORKSPACE, DatasetArgument, JsonOption, WorkspaceOption, existing
from core.cli.taxonomy_answers import (
    ExtractionOption,
    NoteOption,
    VersionArgument,
    answer_version,
    coverage_document,
    coverage_table,
    version_entry,
)

if TYPE_CHECKING:
    from core.motivations.naming import NameCluster

app = typer.Typer(help="Versions of taxonomies: look, edit, apply.", no_args_is_help=True)
app.command("rename")(taxonomy_edits.rename)
app.command("merge")(taxonomy_edits.merge)
app.command("split")(taxonomy_edits.split)
app.command("add")(taxonomy_edits.add)
app.command("remove")(taxonomy_edits.remove)
app.command("restore")(taxonomy_edits.restore)


@app.command("list")
def list_versions(workspace: WorkspaceOption = DEFAULT_WORKSPACE, json: JsonOption = False) -> None:
    """All taxonomies with their versions, oldest first."""
    from core.motivations.taxonomy_store import TaxonomyVersions

    versions = TaxonomyVersions(existing(workspace))
    found = [version_entry(version) for name in versions.names() for version in versions.versions(name)]
    rows = [[one["version"], one["n_motivations"], one["parent"] or "-", one["edit"] or one["note"] or "-"] for one in found]
    answer({"taxonomies": found}, json, lambda: table(["version", "motivations", "from", "what"], rows))


@app.command()
def show(reference: VersionArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, json: JsonOption = False) -> None:
    """The motivations of a version."""
    from core.motivations.taxonomy_store import TaxonomyVersions

    answer_version(TaxonomyVersions(existing(workspace)).get(reference), json)


@app.command()
def diff(
    first: VersionArgument,
    second: Annotated[str, typer.Argument(metavar="NAME[@V]", help="The version to compare with.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """What differs between two versions."""
    from core.motivations.taxonomy_files import difference
    from core.motivations.taxonomy_store import TaxonomyVersions

    versions = TaxonomyVersions(existing(workspace))
    left, right = versions.get(first), versions.get(second)
    found = difference(left, right)
    answer({"first": left.label, "second": right.label, "diff": found}, json, lambda: found or "They say the same.")


@app.command("export")
def export_version(
    reference: VersionArgument,
    path: Annotated[Path | None, typer.Argument(help="The file to write.  [default: NAME@V.json]")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Write a version to a JSON file."""
    from core.motivations.taxonomy_files import export_taxonomy
    from core.motivations.taxonomy_store import TaxonomyVersions

    version = TaxonomyVersions(existing(workspace)).get(reference)
    target = path or Path(f"{version.label}.json")
    export_taxonomy(version, target)
    answer({"version": version.label, "path": str(target)}, json, lambda: f"Wrote {version.label} to {target}")


@app.command("import")
def import_version(
    path: Annotated[Path, typer.Argument(help="A taxonomy as `taxonomy export` writes it.")],
    name: Annotated[str | None, typer.Option(help="What to call it.  [default: the name in the file]")] = None,
    note: NoteOption = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Read a taxonomy from a JSON file as a new version."""
    from core.motivations.taxonomy_files import import_taxonomy
    from core.motivations.taxonomy_store import TaxonomyVersions

    answer_version(import_taxonomy(TaxonomyVersions(existing(workspace)), path, name, note), json)


@app.command()
def discover(
    dataset: DatasetArgument,
    name: Annotated[str | None, typer.Option(help="What to call it.  [default: DATASET-discovered]")] = None,
    motivations: Annotated[int | None, typer.Option(min=2, max=32, help="How many.  [default: by the silhouette]")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the clustering.")] = 0,
    model: Annotated[str | None, typer.Option(help="Let this model on the Ollama server name them.  [default: their words do]")] = None,
    host: Annotated[str | None, typer.Option(metavar="URL", help="Ollama server.  [default: OLLAMA_HOST, else this machine]")] = None,
    extraction: ExtractionOption = None,
    note: NoteOption = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Find motivations in a dataset's own statements.

    They are clustered; each cluster is named by the words that set it apart, or by a language model that sees them.
    """
    from core.jobs.taxonomy_step import discover_version

    place = existing(workspace)
    with working() as (progress, stop):
        version = discover_version(
            place,
            dataset,
            name=name,
            extraction=extraction,
            n_motivations=motivations,
            seed=seed,
            note=note,
            name_cluster=_namer(model, host, stop),
            progress=progress,
        )
    answer_version(version, json, f"Next: lmmrec taxonomy apply {dataset} {version.label}")


def _namer(model: str | None, host: str | None, stop: Callable[[], bool]) -> NameCluster | None:
    if model is None:
        return None
    from core.extraction.ollama.cluster_names import cluster_namer
    from core.extraction.ollama.server import OllamaServer

    return cluster_namer(OllamaServer(host), model, stop)


@app.command()
def clusters(
    dataset: DatasetArgument,
    extraction: ExtractionOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """What a dataset's motivations look like from inside.

    Their words, figures and typical statements; which are most alike, and which may be two.
    """
    from dataclasses import asdict

    from core.data.dataset import ReviewDataset
    from core.jobs.taxonomy_step import extraction_of
    from core.motivations.taxonomy_clusters import taxonomy_clusters

    place = existing(workspace)
    source = extraction_of(place, dataset, extraction)
    with working():
        found = taxonomy_clusters(source, ReviewDataset.open(place, dataset))
    document = {"extraction": source.id, **{name: part for name, part in asdict(found).items() if name != "taxonomy"}}
    answer(document, json, lambda: _plain_clusters(document))


def _plain_clusters(document: dict[str, Any]) -> str:
    rows = [
        [one["key"], one["n_statements"], one["share"], one["confidence"] or 0.0, ", ".join(one["words"][:5])]
        for one in document["clusters"]
    ]
    parts = [table(["motivation", "statements", "share", "confidence", "words"], rows)]
    if document["merges"]:
        pairs = [[one["first"], one["second"], one["similarity"]] for one in document["merges"]]
        parts.append(table(["most alike", "", "cosine"], pairs))
    if document["splits"]:
        ways = [
            [one["key"], one["silhouette"], one["smaller"], " | ".join(", ".join(words[:3]) for words in one["words"])]
            for one in document["splits"]
        ]
        parts.append(table(["may be two", "silhouette", "smaller part", "words"], ways))
    return "\n\n".join([f"Extraction {document['extraction']}", *parts])


@app.command()
def apply(
    dataset: DatasetArgument,
    reference: VersionArgument,
    extraction: ExtractionOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Name a dataset's statements with a version.

    No review is read again. The profiles built from it are what the next training takes.
    """
    from core.jobs.taxonomy_step import apply_taxonomy

    place = existing(workspace)
    with working() as (progress, _):
        made = apply_taxonomy(place, dataset, reference, extraction, progress)
    document = {
        "version": made.version.label,
        "from": made.original.id,
        "extraction": made.extraction.id,
        "profiles": made.profiles.id,
        "dataset": made.extraction.manifest.sources["dataset"],
        "relabelled": made.extraction.manifest.summary.get("relabelled"),
        "before": coverage_document(made.before),
        "after": coverage_document(made.after),
    }
    head = f"Extraction {made.extraction.id}, profiles {made.profiles.id}: {made.version.label}"
    answer(document, json, lambda: f"{head}\n\n{coverage_table(made.before, made.after)}\n\nNext: lmmrec train {dataset}")
