"""What the speed benchmarks share: the published split they run on, children to measure in, tables and JSON."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import typer

from core.data.unpickling import read_pickle
from core.models.graph import Interactions
from core.storage import write_json

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"


def published_split(folder: Path) -> dict[str, Interactions]:
    """ "train", "validation", "test" of a folder of RLMRec (trn_mat.pkl, val_mat.pkl, tst_mat.pkl)."""
    names = {"train": "trn_mat.pkl", "validation": "val_mat.pkl", "test": "tst_mat.pkl"}
    return {split: interactions_of(read_pickle(folder / name)) for split, name in names.items()}


def interactions_of(matrix: Any) -> Interactions:
    """From a scipy sparse matrix."""
    entries = matrix.tocoo()
    return Interactions(*matrix.shape, np.stack([entries.row, entries.col], axis=1).astype(np.int64))


def cpu_seconds(work: Callable[[], Any]) -> float:
    """Processor time of the whole process, which other processes on the machine disturb less than they do the clock."""
    began = time.process_time()
    work()
    return time.process_time() - began


def peak_mb() -> float:
    """Largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_child(script: str, task: dict[str, Any], threads: int) -> dict[str, Any]:
    """Run ``python SCRIPT --child TASK`` with so many threads; returns the JSON of its last line."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, script, "--child", json.dumps(task)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if ended.returncode:
        raise RuntimeError(f"{task} failed: {ended.stderr[-2000:]}")
    return json.loads(ended.stdout.splitlines()[-1])


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"cores": os.cpu_count(), "processor": platform.machine(), "torch": torch.__version__, "load_before": load}


def report(name: str, title: str, rows: list[dict[str, Any]], more: dict[str, Any] | None = None) -> None:
    """Print rows as a Markdown table and write ``benchmarks/results/NAME.json``."""
    typer.echo(f"\n{title}\n")
    columns = list(rows[0])
    typer.echo("| " + " | ".join(columns) + " |\n|" + " --- |" * len(columns))
    for row in rows:
        typer.echo("| " + " | ".join(_cell(row.get(column)) for column in columns) + " |")
    RESULTS.mkdir(exist_ok=True)
    write_json(RESULTS / f"{name}.json", {"title": title, "machine": machine(), "rows": rows, **(more or {})})


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return (
        f"{value:,.3g}" if isinstance(value, float) and abs(value) < 1000 else f"{value:,.0f}" if isinstance(value, float) else str(value)
    )
