"""`lmmrec`: the command line, a thin skin over the same calls the pages make."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the `lmmrec` command."""
    from core.cli.commands import run

    sys.exit(run(sys.argv[1:]))
