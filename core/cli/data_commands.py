"""`lmmrec data ...`: raw reviews into datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from core.cli.console import answer, table, working
from core.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption
from core.workspace import Artefact, Workspace

app = typer.Typer(help="Bring reviews in.", no_args_is_help=True)


@app.callback()
def _data() -> None:
    """Keeps `import` a subcommand although it is the only one."""


@app.command("import")
def import_reviews(
    path: Annotated[Path, typer.Argument(help="The file of reviews (a folder for rlmrec).")],
    format: Annotated[Literal["amazon", "yelp", "steam", "rlmrec", "table"], typer.Option("--format", help="The layout of the file.")],
    name: Annotated[str, typer.Option(help="What to call the dataset.")],
    items: Annotated[Path | None, typer.Option(help="File with titles and descriptions of the items.")] = None,
    users: Annotated[Path | None, typer.Option(help="Table with texts of the users.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="OURS=THEIRS", help="Which column of a table is user, item, rating, text ...; repeat."),
    ] = None,
    domain: Annotated[
        Literal["products", "places", "games"] | None, typer.Option(help="Which taxonomy of motivations fits.  [default: by format]")
    ] = None,
    min_interactions: Annotated[
        int | None, typer.Option(min=1, help="Keep users and items with at least this many.  [default: 5, or 1 with a given split]")
    ] = None,
    split: Annotated[
        Literal["ratio", "leave-last-out", "time", "given"] | None,
        typer.Option(help="How to hold interactions out.  [default: given where the input has one, else 3:1:1 per user]"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of a random split.")] = 0,
    skip_broken: Annotated[bool, typer.Option("--skip-broken", help="Count broken lines and go on instead of stopping.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Read a file of reviews into a dataset.

    Ends with a report of what was read, dropped and why.
    """
    from core.jobs.settings import assignments
    from core.jobs.steps import import_dataset

    request: dict[str, Any] = {
        "path": path,
        "format": format,
        "name": name,
        "items": items,
        "users": users,
        "columns": assignments(column or [], "--column"),
        "domain": domain,
        "min_interactions": min_interactions,
        "split": split,
        "seed": seed,
        "skip_broken": skip_broken,
    }
    with working() as (progress, stop):
        dataset = import_dataset(Workspace(workspace), request, progress, stop)
    document = _document(dataset)
    answer(document, json, lambda: _plain(document))


def _document(dataset: Artefact) -> dict[str, Any]:
    from core.storage import read_json

    return {
        "dataset": dataset.id,
        "name": dataset.manifest.name,
        **dataset.manifest.summary,
        "report": read_json(dataset.path / "report.json"),
    }


def _plain(document: dict[str, Any]) -> str:
    report = document["report"]
    lines = [
        f"Dataset {document['dataset']}",
        f"  {report['users']:,} users, {report['items']:,} items, {report['interactions']:,} interactions"
        f" ({', '.join(f'{count:,} {split}' for split, count in report['splits'].items())})",
        f"  {report['lines_read']:,} lines read, {report['without_text']:,} interactions without text",
    ]
    dropped = [(reason, entry["count"], ", ".join(map(str, entry["lines"]))) for reason, entry in report["dropped"].items()]
    if dropped:
        lines += ["", table(["dropped because", "rows", "first lines"], dropped)]
    lines += [f"  {note}" for note in report["notes"]]
    return "\n".join([*lines, "", f"Next: lmmrec extract {document['name']}"])
