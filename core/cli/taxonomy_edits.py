"""`lmmrec taxonomy rename`, `merge`, `split`, `add`, `remove`, `restore`: each makes the next version of a taxonomy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.console import working
from core.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, existing
from core.cli.taxonomy_answers import ExtractionOption, NoteOption, VersionArgument, answer_version

if TYPE_CHECKING:
    from core.motivations.taxonomy_edits import TaxonomyEdit
    from core.workspace import Workspace

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="Key of the motivation, as `taxonomy show` lists them.")]
AsOption = Annotated[str | None, typer.Option("--as", metavar="NAME", help="Keep the result under another name.")]
EffectOption = Annotated[str | None, typer.Option("--dataset", metavar="DATASET", help="Show what changes in this dataset's coverage.")]


def rename(
    reference: VersionArgument,
    key: KeyArgument,
    to: Annotated[str | None, typer.Option("--to", metavar="NAME", help="Its new name.")] = None,
    description: Annotated[str | None, typer.Option(help="Its new description, one sentence.")] = None,
    example: Annotated[list[str] | None, typer.Option(help="A sentence people would write, in place of the old ones; repeat.")] = None,
    note: NoteOption = "",
    name: AsOption = None,
    dataset: EffectOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Give a motivation another name, description or examples.

    Its key stays, and its statements stay with it.
    """
    from core.motivations.taxonomy_edits import Rename

    edit = Rename(key=key, name=to, description=description, examples=tuple(example) if example else None)
    _edit(existing(workspace), reference, edit, note, name, dataset, json)


def merge(
    reference: VersionArgument,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="Keys of the motivations to merge.")],
    into: Annotated[str, typer.Option(metavar="KEY", help="The motivation that takes the others' statements.")],
    to: Annotated[str | None, typer.Option("--to", metavar="NAME", help="What it is called from now on.")] = None,
    description: Annotated[str | None, typer.Option(help="Its new description.  [default: theirs joined]")] = None,
    note: NoteOption = "",
    name: AsOption = None,
    dataset: EffectOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Make one motivation of several."""
    from core.motivations.taxonomy_edits import Merge

    edit = Merge(keys=tuple(keys), into=into, name=to, description=description)
    _edit(existing(workspace), reference, edit, note, name, dataset, json)


def split(
    reference: VersionArgument,
    key: KeyArgument,
    dataset: Annotated[str, typer.Option("--dataset", metavar="DATASET", help="Whose statements are clustered.")],
    parts: Annotated[int, typer.Option(min=2, max=8, help="How many parts.")] = 2,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="NAME", help="Name of a part, the largest first; repeat.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the clustering.")] = 0,
    extraction: ExtractionOption = None,
    note: NoteOption = "",
    name: AsOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Make several motivations of one.

    Its statements in a dataset are clustered; parts that get no name are named by their words.
    """
    from core.jobs.taxonomy_step import extraction_of
    from core.motivations.taxonomy_split import propose_split
    from core.motivations.taxonomy_store import TaxonomyVersions

    place = existing(workspace)
    versions = TaxonomyVersions(place)
    source = extraction_of(place, dataset, extraction)
    with working():
        edit = propose_split(source, versions, versions.get(reference), key, n_parts=parts, names=to or (), seed=seed)
    _edit(place, reference, edit, note, name, dataset, json, source.id)


def remove(
    reference: VersionArgument,
    key: KeyArgument,
    note: NoteOption = "",
    name: AsOption = None,
    dataset: EffectOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Take a motivation out; its statements become "other"."""
    from core.motivations.taxonomy_edits import Remove

    _edit(existing(workspace), reference, Remove(key=key), note, name, dataset, json)


def add(
    reference: VersionArgument,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="Its name.")],
    description: Annotated[str, typer.Option(help="What it is about, one sentence.")],
    example: Annotated[list[str], typer.Option(help="A sentence people would write; repeat.")],
    note: NoteOption = "",
    name: AsOption = None,
    dataset: EffectOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Add a motivation.

    Where the version is applied it takes those statements of "other" that fit it.
    """
    from core.extraction.taxonomy import TaxonomyEntry
    from core.motivations.naming import free_key
    from core.motivations.taxonomy_edits import Add
    from core.motivations.taxonomy_store import TaxonomyVersions

    place = existing(workspace)
    taken = TaxonomyVersions(place).get(reference).taxonomy.keys
    entry = TaxonomyEntry(key=free_key(to, taken), name=to, description=description, examples=tuple(example))
    _edit(place, reference, Add(entry=entry), note, name, dataset, json)


def restore(
    reference: VersionArgument, note: NoteOption = "", workspace: WorkspaceOption = DEFAULT_WORKSPACE, json: JsonOption = False
) -> None:
    """Make an older version the newest again."""
    from core.motivations.taxonomy_store import TaxonomyVersions

    answer_version(TaxonomyVersions(existing(workspace)).restore(reference, note), json)


def _edit(
    place: Workspace,
    reference: str,
    edit: TaxonomyEdit,
    note: str,
    name: str | None,
    dataset: str | None,
    json: bool,
    extraction: str | None = None,
) -> None:
    """Save an edit and answer the new version, with its effect on a dataset's coverage where one is named."""
    from core.jobs.taxonomy_step import extraction_of
    from core.motivations.relabel import preview_edit
    from core.motivations.taxonomy_store import TaxonomyVersions

    versions = TaxonomyVersions(place)
    version = versions.get(reference)
    effect = None
    if dataset is not None:
        with working():
            effect = preview_edit(extraction_of(place, dataset, extraction), versions, version, edit)
    saved = versions.edit(version.label, edit, note=note, name=name)
    answer_version(saved, json, f"Next: lmmrec taxonomy apply {dataset or 'DATASET'} {saved.label}", effect)
