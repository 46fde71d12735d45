"""`lmmrec report`: one self-contained HTML file to show to others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.cli.console import answer, working
from core.cli.options import DEFAULT_WORKSPACE, JsonOption, RunArgument, WorkspaceOption, existing


def report(
    run: RunArgument,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The HTML file to write.")],
    user: Annotated[str | None, typer.Option("--user", metavar="ID", help="A user: what moves this person, and why items fit.")] = None,
    item: Annotated[str | None, typer.Option("--item", metavar="ID", help="An item: what people seek in it.")] = None,
    segment: Annotated[int | None, typer.Option("--segment", metavar="N", help="A cluster of the run's newest map.")] = None,
    recommendations: Annotated[bool, typer.Option(help="With what is recommended, and why.")] = True,
    pseudonyms: Annotated[bool, typer.Option(help="Call users by stable made-up names.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Write a report about a user, an item or a segment.

    One HTML file that opens without a network, in light and dark, and prints.
    """
    from core.reports import written

    place = existing(workspace)
    request = written.Request(user=user, item=item, segment=segment, recommendations=recommendations, hidden=pseudonyms)
    with working():
        size = written.write_report(written.report(place, run, request), output.expanduser())
    document = {"file": str(output), "size_bytes": size}
    answer(document, json, lambda: f"Report {output}, {size / 1000:,.0f} kB")
