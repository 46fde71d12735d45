"""What the first figures of a run are set beside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app import session
from app.components.headline import peer_of
from core.workspace import Artefact, Manifest, Workspace


def run(name: str, model: str, recall: float | None, backbone: str = "lightgcn") -> Artefact:
    summary: dict[str, Any] = {"model": model, "backbone": backbone}
    if recall is not None:
        summary["validation"] = {"recall@20": recall}
    return Artefact(Manifest(kind="run", id=name, name=name, created_at="2026-01-01T00:00:00+00:00", summary=summary), Path(name))


LMMREC = run("lmmrec", "lmmrec", 0.48)
ON_SIMGCL = run("on-simgcl", "lmmrec", 0.47, "simgcl")
LIGHTGCN = run("lightgcn", "lightgcn", 0.44)
HASTY = run("hasty", "lightgcn", 0.28)
SIMGCL = run("simgcl", "simgcl", 0.46, "simgcl")
UNMEASURED = run("popularity", "popularity", None)


@pytest.mark.parametrize(
    ("shown", "others", "peer"),
    [
        (LMMREC, [HASTY, SIMGCL, LIGHTGCN], "lightgcn"),
        (LMMREC, [UNMEASURED, SIMGCL], "simgcl"),
        (ON_SIMGCL, [LIGHTGCN, SIMGCL], "simgcl"),
        (run("con", "rlmrec-con", 0.45), [LMMREC, HASTY], "hasty"),
        (LIGHTGCN, [SIMGCL, ON_SIMGCL, LMMREC], "lmmrec"),
        (LIGHTGCN, [HASTY, SIMGCL, ON_SIMGCL], "on-simgcl"),
        (LIGHTGCN, [HASTY, UNMEASURED], "popularity"),
        (LMMREC, [ON_SIMGCL], None),
    ],
)
def test_a_run_stands_beside_its_backbone_at_its_best(
    shown: Artefact, others: list[Artefact], peer: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(session, "runs_of", lambda space, dataset: [shown, *others])
    found = peer_of(Workspace(tmp_path), LMMREC, shown)
    assert (found.id if found else None) == peer
