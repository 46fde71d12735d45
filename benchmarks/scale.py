"""Time and memory of one LightGCN epoch against the number of interactions, up to a million users.

    python benchmarks/scale.py [--sizes "100000 1000000 5000000 20000000"] [--dim 32] [--steps 20]

Each size n is a made-up graph of n / 20 users, n / 100 items and n distinct interactions (20,000,000: 1,000,000 x 200,000), users uniform,
items by a power law (density of popularity rank r proportional to r^-1/2). An epoch has 20 steps whatever the size, so batches of n / 20
interactions; 3 layers, BPR. Every size has a process of its own, which tells its largest resident memory, all of it: the making of the
graph, the index, the training. Close to linear means: an exponent near 1 in seconds ~ n^exponent. Writes `benchmarks/results/scale.json`
and a chart, `benchmarks/results/scale.html`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import plotly.graph_objects as go
import torch
import typer
from speed_report import RESULTS, in_child, peak_mb, report

from core.models.graph import Interactions
from core.training.config import TrainingConfig
from core.training.trainer import fit


def power_law_graph(n_users: int, n_items: int, n: int, seed: int = 0) -> Interactions:
    """``n`` distinct interactions, sorted; held as one key of 8 bytes each while they are made."""
    generator = np.random.default_rng(seed)
    keys = np.zeros(0, dtype=np.int64)
    while len(keys) < n:
        more = int((n - len(keys)) * 1.1) + 16
        drawn = generator.integers(n_users, size=more)
        drawn *= n_items
        drawn += (n_items * generator.random(more) ** 2).astype(np.int64)
        keys = np.unique(np.concatenate([keys, drawn]))
        del drawn
    keys = np.delete(keys, generator.choice(len(keys), len(keys) - n, replace=False))
    pairs = np.empty((n, 2), dtype=np.int64)
    np.floor_divide(keys, n_items, out=pairs[:, 0])
    np.remainder(keys, n_items, out=pairs[:, 1])
    return Interactions(n_users, n_items, pairs)


def one_epoch(n: int, dim: int, steps: int) -> dict[str, float]:
    """Make the graph, train an epoch, tell time and memory."""
    interactions = power_law_graph(n // 20, n // 100, n)
    made_mb = peak_mb()
    config = TrainingConfig(
        model="lightgcn", dim=dim, layers=3, loss="bpr", batch_size=-(-n // steps), epochs=1, evaluate_every=1, device="cpu"
    )
    marks: list[tuple[float, float]] = []

    def mark(*_: Any) -> bool:
        marks.append((time.process_time(), time.perf_counter()))
        return False

    began = time.process_time()
    result = fit(interactions, None, config, lambda vectors: {"recall@20": float(mark())}, stop=mark)
    (start_cpu, start), (end_cpu, end) = marks[0], marks[1]
    assert np.isfinite(result.history[0]["losses"]["recommendation"])
    return {
        "epoch_cpu_seconds": end_cpu - start_cpu,
        "epoch_wall_seconds": end - start,
        "index_cpu_seconds": start_cpu - began,
        "graph_peak_mb": made_mb,
        "peak_mb": peak_mb(),
        "threads": torch.get_num_threads(),
    }


def exponent(sizes: list[int], values: list[float]) -> float:
    """Slope of log value over log size, by least squares; 1 = linear."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def chart(rows: list[dict[str, Any]], path: Path) -> None:
    """Seconds and memory over interactions, both axes logarithmic."""
    figure = go.Figure()
    sizes = [row["interactions"] for row in rows]
    for column in ("epoch, processor seconds", "peak memory, MB"):
        figure.add_scatter(x=sizes, y=[row[column] for row in rows], name=column, mode="lines+markers")
    figure.update_xaxes(type="log", title="training interactions")
    figure.update_yaxes(type="log")
    figure.write_html(path, include_plotlyjs="cdn")


def main(
    sizes: str = "100000 1000000 5000000 20000000",
    dim: Annotated[int, typer.Option(min=2)] = 32,
    steps: Annotated[int, typer.Option(min=1)] = 20,
    threads: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Measure and report."""
    wanted = [int(size) for size in sizes.split()]
    found = [in_child(__file__, {"n": n, "dim": dim, "steps": steps}, threads) for n in wanted]
    rows = [
        {
            "interactions": n,
            "users": n // 20,
            "items": n // 100,
            "epoch, processor seconds": one["epoch_cpu_seconds"],
            "epoch by the clock, s": one["epoch_wall_seconds"],
            "index, s": one["index_cpu_seconds"],
            "peak memory, MB": one["peak_mb"],
            "microseconds an interaction": 1e6 * one["epoch_cpu_seconds"] / n,
        }
        for n, one in zip(wanted, found, strict=True)
    ]
    more: dict[str, Any] = {"measured": found, "threads": threads, "dim": dim, "steps": steps}
    if len(wanted) > 1:
        more["exponent"] = exponent(wanted, [one["epoch_cpu_seconds"] for one in found])
        typer.echo(f"\nSeconds grow with the number of interactions to the power of {more['exponent']:.2f}")
    RESULTS.mkdir(exist_ok=True)
    chart(rows, RESULTS / "scale.html")
    report("scale", f"One LightGCN epoch on made-up graphs, d = {dim}, 3 layers, {steps} steps, {threads} thread(s)", rows, more)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        task = json.loads(sys.argv[2])
        typer.echo(json.dumps(one_epoch(task["n"], task["dim"], task["steps"])))
    else:
        typer.run(main)
