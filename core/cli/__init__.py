"""`lmmrec`: the command line, a thin skin over the same calls the pages make."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Entry point of the `lmmrec` command."""
    from core.cli.commands import run

    status = run(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a further Ctrl-C while the process ends must not change how it ended
    sys.exit(status)
