"""`python -m core.cli`, where the `lmmrec` command is not on PATH."""

from core.cli import main

main()
