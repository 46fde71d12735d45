from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.cli.commands import run
from core.workspace import Workspace
from tests.app.filled import filled

__all__ = ["filled"]
RUN = "small-lmmrec-s0"


def test_the_command_writes_one_file(filled: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "report.html"
    place = ["--workspace", str(filled.root)]
    assert run(["report", RUN, "--user", "user-03", "-o", str(made), "--json", *place]) == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(made), "size_bytes": made.stat().st_size}
    assert "What is recommended" in made.read_text(encoding="utf-8")
    assert run(["report", RUN, "--user", "user-03", "-o", str(made), "--no-recommendations", *place]) == 0
    assert "What is recommended" not in made.read_text(encoding="utf-8")
    assert run(["report", RUN, "--segment", "2", "-o", str(made), *place]) == 0
    assert "Gifts &amp; family" in made.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "one user, one item or one segment"),
        (["--user", "user-03", "--segment", "1"], "one user, one item or one segment"),
        (["--user", "nobody"], "No user 'nobody'"),
        (["--segment", "77"], "No segment 77"),
    ],
)
def test_a_wrong_request_is_one_line(
    filled: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    made = tmp_path / "report.html"
    assert run(["report", RUN, *arguments, "-o", str(made), "--workspace", str(filled.root)]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words in line
    assert not made.exists()
