"""What a batch of a language model costs on top of the model, and what is left of it after 20 times kill -9.

    python benchmarks/batch.py [--reviews 1000] [--kills 20] [--only rate|memory|kill]

Against the scripted server of the tests: the share of its possible rate (4 slots, 200 ms an answer) and the client's processor
time a review, by concurrency; the client's memory after 1,000 and 10,000 reviews without latency, each in a process of its own;
and a batch of 2,000 whose process is killed at random moments, with what the server's log says of it. Writes
`benchmarks/results/batch.json`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import psutil
import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.storage import read_json, write_json  # noqa: E402 - after the path
from core.workspace import Workspace  # noqa: E402
from tests.batches import kill_again_and_again, measure_batch  # noqa: E402
from tests.ollama_server.fixture import RunningServer  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "batch.json"
LATENCY_S, SLOTS = 0.2, 4


def rates(folder: Path, n: int) -> list[dict[str, Any]]:
    """Share of the possible rate and processor time, by concurrency."""
    found = []
    for concurrency in (4, 8):
        with RunningServer({"slots": SLOTS, "latency_s": LATENCY_S}, folder) as server:
            measure = measure_batch(Workspace(folder / f"rate-{concurrency}"), server, n, concurrency=concurrency, latency_s=LATENCY_S)
        found.append(asdict(measure))
        typer.echo(
            f"{n:,} reviews, {concurrency} in flight: {measure.share:.1%} of the possible rate, {measure.cpu_ms:.2f} ms of CPU a review"
        )
    return found


def memory(folder: Path) -> list[dict[str, Any]]:
    """Resident memory of the client before a batch and at its largest, by number of reviews."""
    found = []
    for n in (1_000, 10_000):
        with RunningServer({"slots": SLOTS}, folder) as server:
            command = [sys.executable, __file__, "--child", f"{n} {server.url} {folder / f'memory-{n}'}"]
            child = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
        found.append(json.loads(child.stdout))
        growth = found[-1]["peak_mb"] - found[-1]["before_mb"]
        typer.echo(
            f"{n:,} reviews without latency: {growth:+.1f} MB of {found[-1]['peak_mb']:.1f}, {found[-1]['cpu_ms']:.2f} ms of CPU a review"
        )
    return found


def _child(arguments: str) -> None:
    n, url, folder = arguments.split(" ", 2)

    class Elsewhere(RunningServer):
        """A server some other process looks after."""

        def __init__(self, address: str) -> None:
            self.url = address

    place = Workspace(folder)
    measure_batch(place, Elsewhere(url), 600, concurrency=4, latency_s=0.0)  # imports, connections and caches of fixed size
    process, sizes, ended = psutil.Process(), [], threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            sizes.append(process.memory_info().rss)

    sizes.append(process.memory_info().rss)
    watching = threading.Thread(target=watch)
    watching.start()
    measure = measure_batch(place, Elsewhere(url), int(n), concurrency=4, latency_s=0.0)
    ended.set()
    watching.join()
    figures = {"before_mb": round(sizes[0] / 2**20, 2), "peak_mb": round(max(sizes) / 2**20, 2), "cpu_ms": measure.cpu_ms}
    typer.echo(json.dumps({"n_reviews": int(n)} | figures))


def kills(folder: Path, n_reviews: int, n_kills: int) -> dict[str, Any]:
    """The batch that is killed again and again; lists of keys as their lengths."""
    began = time.monotonic()
    with RunningServer({"slots": SLOTS, "latency_s": 0.03}, folder) as server:
        report = asdict(kill_again_and_again(Workspace(folder / "kills"), server, n_reviews, n_kills))
    figures = {name: len(value) if isinstance(value, list) and name != "kept" else value for name, value in report.items()}
    for name, value in figures.items():
        typer.echo(f"{name:24} {value}")
    return figures | {"seconds": round(time.monotonic() - began, 1)}


def main(
    reviews: Annotated[int, typer.Option(min=1)] = 1_000,
    kill_reviews: Annotated[int, typer.Option(min=1)] = 2_000,
    n_kills: Annotated[int, typer.Option("--kills", min=1)] = 20,
    only: Annotated[Literal["rate", "memory", "kill"] | None, typer.Option()] = None,
    child: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Measure, print and write down; what is not measured keeps the figures it had."""
    if child:
        _child(child)
        return
    document = read_json(RESULTS) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if only in (None, "rate"):
            document["rate"] = rates(folder, reviews)
        if only in (None, "memory"):
            document["memory"] = memory(folder)
        if only in (None, "kill"):
            document["kill"] = kills(folder, kill_reviews, n_kills)
    RESULTS.parent.mkdir(exist_ok=True)
    write_json(RESULTS, document)


if __name__ == "__main__":
    typer.run(main)
