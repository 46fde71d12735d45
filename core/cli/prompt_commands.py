"""`lmmrec prompts ...`: the prompts of a workspace, their versions, and files of them for git."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from core.cli.console import answer, table
from core.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, existing
from core.cli.prompt_comparison_command import compare
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.extraction.prompts.versions import PromptVersion

app = typer.Typer(help="Prompts and their versions.", no_args_is_help=True)
app.command("compare")(compare)

LabelArgument = Annotated[str, typer.Argument(metavar="PROMPT", help="NAME@VERSION, or NAME for its newest version.")]


@app.command("list")
def list_prompts(
    kind: Annotated[Literal["review", "user", "item", "merge"] | None, typer.Option(help="Only what reads this.")] = None,
    domain: Annotated[Literal["products", "places", "games"] | None, typer.Option(help="Only what is for this domain.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """All prompts with their newest version."""
    from core.extraction.prompts.store import PromptStore

    store = PromptStore(existing(workspace))
    held = {name: store.versions(name) for name in store.names(kind, domain)}
    document = {
        "prompts": [
            {"name": name, "kind": versions[0].template.kind, "domain": versions[0].template.domain, "newest": versions[0].label}
            | {"versions": [_entry(version) for version in versions]}
            for name, versions in held.items()
        ]
    }
    rows = [_row(versions[0], len(versions)) for versions in held.values()]
    answer(document, json, lambda: table(["newest", "versions", "hash", "made (UTC)", "note"], rows) if rows else "No such prompts.")


def _entry(version: PromptVersion) -> dict[str, Any]:
    return {"label": version.label, **version.model_dump(mode="json", exclude={"name", "template"})}


def _row(version: PromptVersion, n_versions: int) -> list[Any]:
    note = " ".join(version.note.split())
    short = f"{note[:57]}…" if len(note) > 60 else note
    return [version.label, n_versions, version.hash, version.created_at[:16].replace("T", " "), short]


@app.command("show")
def show(label: LabelArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, json: JsonOption = False) -> None:
    """One version in full.

    Written as the file that `export` makes and `import` reads.
    """
    from core.extraction.prompts.files import file_text
    from core.extraction.prompts.store import PromptStore

    version = PromptStore(existing(workspace)).get(label)
    document = {
        "label": version.label,
        **version.model_dump(mode="json"),
        "variables": sorted(version.template.variables),
        "remarks": list(version.template.remarks),
    }
    answer(document, json, lambda: file_text(version).rstrip("\n"))


@app.command("diff")
def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="NAME@VERSION, or NAME for its newest version.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The same, for what it became.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """What changed from one version to another."""
    from core.extraction.prompts.store import PromptStore

    store = PromptStore(existing(workspace))
    old, new = store.get(a), store.get(b)
    changes = store.diff(old.label, new.label)
    document = {"a": old.label, "b": new.label, "same": old.template == new.template, "diff": changes}
    answer(document, json, lambda: changes or f"{old.label} and {new.label} say the same.")


@app.command("export")
def export_files(
    directory: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write the files; made where it is missing.")],
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[PROMPT]...", help="Names (all versions) and labels (that one).  [default: everything]")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Write versions as files to keep in git.

    One readable TOML file a version; no file that holds another version is written over.
    """
    from core.extraction.prompts.files import export_prompts
    from core.extraction.prompts.store import PromptStore

    paths = export_prompts(PromptStore(existing(workspace)), directory, names or None)
    document = {"folder": str(directory), "files": [str(path) for path in paths]}
    answer(document, json, lambda: "\n".join(document["files"]))


@app.command("import")
def import_files(
    path: Annotated[Path, typer.Argument(help="A file, or a folder of them.")],
    renumber: Annotated[bool, typer.Option("--renumber", help="Give a version whose label is taken here the next number.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Read versions from files.

    All of them or none: a label that holds another template here is refused.
    """
    from core.extraction.prompts.files import import_prompts
    from core.extraction.prompts.store import PromptStore

    store = PromptStore(Workspace(workspace))
    before = {version.label for name in store.names() for version in store.versions(name)}
    versions = import_prompts(store, path, renumber=renumber)
    labels = [version.label for version in versions]
    document = {"imported": [label for label in labels if label not in before], "known": [label for label in labels if label in before]}
    answer(document, json, lambda: table(["prompt", ""], [[label, "known" if label in before else "imported"] for label in labels]))
