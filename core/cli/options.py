"""The options more than one command takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.workspace import Workspace

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", envvar="LMMREC_WORKSPACE", help="Directory all datasets, runs and maps live in.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout; progress goes to stderr.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Id, beginning of an id, or name (then the newest).")]
DatasetArgument = Annotated[str, typer.Argument(metavar="DATASET", help="Id, beginning of an id, or name (then the newest).")]
SetOption = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting other than its default; repeat.")]
DEFAULT_WORKSPACE = Path("workspace")


def existing(root: Path) -> Workspace:
    """The workspace there is; commands that only read make none.

    Raises:
        NotFoundError: there is none.
    """
    return Workspace(root, create=False)
