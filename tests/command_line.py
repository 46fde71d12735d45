"""Commands as a person gives them: what the tests of `lmmrec` subcommands share."""

from __future__ import annotations

import pytest

from core.cli.commands import run


def lmmrec(*arguments: object, status: int = 0, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Run a command in this process; stdout and stderr. Errors are one line."""
    capsys.readouterr()
    found = run([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert found == status, f"{out}\n{err}"
    if status:
        assert out == ""
        assert len(err.strip().splitlines()) == 1, err
    return out, err


def outcome(*arguments: object, status: int = 0, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command; its stdout, or its one line of stderr where it has to fail."""
    out, err = lmmrec(*arguments, status=status, capsys=capsys)
    return err if status else out
