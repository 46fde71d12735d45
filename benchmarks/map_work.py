"""What the map page asks of a stored map of 50,000 users and items with statements and both views: processor time of each.

    python benchmarks/map_work.py [--points 50000] [--rounds 5]

Opening, with the names and merges people gave; a lasso of 200 corners and a box that hold about a quarter; a sample for display; a search
through labels and names of clusters. Median of the rounds, and the first, after which files are in the system's memory. Writes
`benchmarks/results/map_work.json`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from speed_report import report

from core.maps.build import read_map
from core.maps.cluster_edits import edited, merge, rename
from core.maps.members import Outline, display_sample, inside, search
from core.storage import write_parquet
from core.workspace import Artefact, Workspace

N_CLUSTERS, N_STATEMENTS, SHOWN = 40, 1_500, 20_000


def points_of(n: int) -> pd.DataFrame:
    """A made-up table of points: n nodes, statements, and two views of every node."""
    generator = np.random.default_rng(0)
    rows = np.concatenate([np.arange(n), np.arange(N_STATEMENTS), np.arange(n), np.arange(n)])
    side = np.where(np.arange(n) < n // 2, "user", "item")
    columns: dict[str, Any] = {
        "side": np.concatenate([side, np.repeat("statement", N_STATEMENTS), side, side]),
        "view": np.repeat(["joint", "text", "interaction"], [n + N_STATEMENTS, n, n]),
        "node_idx": rows.astype(np.int32),
        "id": [f"ID{row:09d}" for row in rows],
        "label": [f"Label of point number {row}" for row in rows],
    }
    columns |= {name: generator.normal(size=len(rows)).astype(np.float32) for name in ("x", "y", "confidence", "trust")}
    columns |= {name: generator.choice(["sound", "price", "other"], len(rows)) for name in ("motivation", "distinctive", "said")}
    columns |= {name: generator.integers(N_CLUSTERS, size=len(rows)).astype(np.int32) for name in ("cluster", "activity")}
    return pd.DataFrame(columns | {"user_idx": rows.astype(np.int32), "item_idx": np.int32(-1)})


def stored(workspace: Workspace, n: int) -> Artefact:
    """A stored map of so many nodes, one of whose clusters was renamed and two merged."""
    numbers = np.arange(N_CLUSTERS, dtype=np.int32)
    clusters = pd.DataFrame({"cluster": numbers, "name": [f"Cluster {row}" for row in numbers], "motivation": "sound", "size": 1})
    clusters = clusters.assign(users=1, items=0, words=[["warm", "tone"]] * N_CLUSTERS)
    with workspace.publish("map", "large", name="large") as draft:
        write_parquet(draft.path / "points.parquet", points_of(n))
        write_parquet(draft.path / "clusters.parquet", clusters)
        draft.summary.update(trustworthiness=0.9, mixing=0.9)
    drawn = workspace.get("map", "large")
    rename(drawn, 3, "Gifts")
    merge(drawn, [4, 9], "Sound")
    return drawn


def measured(work: Callable[[], Any], rounds: int) -> dict[str, float]:
    """Seconds of processor time and by the clock."""
    cpu, clock = [], []
    for _ in range(rounds):
        began, cpu_began = time.perf_counter(), time.process_time()
        work()
        cpu.append(time.process_time() - cpu_began)
        clock.append(time.perf_counter() - began)
    return {"first": cpu[0], "median": median(cpu), "median by the clock": median(clock)}


def main(points: Annotated[int, typer.Option(min=100)] = 50_000, rounds: Annotated[int, typer.Option(min=1)] = 5) -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = stored(Workspace(Path(folder)), points)
        made = edited(drawn)
        nodes = made.nodes
        turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)
        lasso = Outline(tuple(0.76 * np.cos(turn)), tuple(0.76 * np.sin(turn)))
        box = Outline((-0.67, 0.67), (-0.67, 0.67), box=True)
        rows = [
            {"work": "open", **measured(lambda: read_map(drawn), rounds)},
            {"work": "open, with names and merges", **measured(lambda: edited(drawn), rounds)},
            {"work": f"lasso of 200 corners, {len(inside(nodes, lasso)):,} members", **measured(lambda: inside(nodes, lasso), rounds)},
            {"work": f"box, {len(inside(nodes, box)):,} members", **measured(lambda: inside(nodes, box), rounds)},
            {"work": f"sample of {SHOWN:,} to draw", **measured(lambda: display_sample(nodes, SHOWN), rounds)},
            {"work": "search", **measured(lambda: search(nodes, "number 123", made.clusters), rounds)},
        ]
        report("map_work", f"Map of {points:,} users and items, {len(made.points):,} points in all: seconds of processor time", rows)


if __name__ == "__main__":
    typer.run(main)
