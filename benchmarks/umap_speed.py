"""Drawing a motivation map of 50,000 points: UMAP as it comes, and as `core.maps` runs it; and opening a map that is stored.

    python benchmarks/umap_speed.py [--points 50000] [--dim 64] [--rounds 1]

The points are unit vectors around 40 centres. Both ways have the same seed, 15 neighbours and a minimal distance of 0.1; umap-learn's own
defaults otherwise, on its side. Each has a process of its own, where it first draws 5,000 points (more than the 4,096 below which
umap-learn takes another way), so that everything is imported and compiled, and then all: "with warm-up" counts both. Trustworthiness is
measured on 2,000 sampled points against all others. Then a stored map of so many points is opened as the page does it. Writes
`benchmarks/results/umap_speed.json`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
import typer
from speed_report import in_child, report

from core.maps.build import read_map
from core.maps.layout import draw
from core.maps.quality import trustworthiness
from core.maps.space import nearest
from core.storage import write_parquet
from core.workspace import Workspace

NEIGHBOURS, SEED, WARM_UP = 15, 0, 5_000
WAYS = {"default": "umap-learn's defaults", "ours": "ours: exact neighbours, PCA start, 200 epochs"}


def points_of(n: int, dim: int) -> torch.Tensor:
    """float32 [n, dim], unit length, around 40 centres."""
    generator = torch.Generator().manual_seed(0)
    centres = torch.randn(40, dim, generator=generator)
    spread = centres[torch.randint(40, (n,), generator=generator)] + torch.randn(n, dim, generator=generator)
    return torch.nn.functional.normalize(spread, dim=1)


def drawing_of(vectors: torch.Tensor, way: str) -> np.ndarray:
    """float32 [n, 2], by one way or the other."""
    if way == "ours":
        return draw(vectors, nearest(vectors, NEIGHBOURS), seed=SEED)
    from umap import UMAP

    return UMAP(n_neighbors=NEIGHBOURS, random_state=SEED, n_jobs=1).fit_transform(vectors.numpy())


def draw_timed(way: str, n: int, dim: int) -> dict[str, float]:
    """Seconds, by the clock and of the processor, without and with the warm-up, and how far the drawing can be trusted."""
    vectors = points_of(n, dim)
    marks = [(time.process_time(), time.perf_counter())]
    for part in (vectors[:WARM_UP], vectors):
        drawing = drawing_of(part, way)
        marks.append((time.process_time(), time.perf_counter()))
    (cpu_0, wall_0), (cpu_1, wall_1), (cpu_2, wall_2) = marks
    return {
        "cpu_seconds": cpu_2 - cpu_1,
        "wall_seconds": wall_2 - wall_1,
        "cpu_seconds_with_warm_up": cpu_2 - cpu_0,
        "wall_seconds_with_warm_up": wall_2 - wall_0,
        "trustworthiness": trustworthiness(vectors, drawing, NEIGHBOURS, seed=SEED),
    }


def opening(n: int) -> dict[str, float]:
    """Seconds to open a stored map: the first time in this process, and the least of five."""
    generator = np.random.default_rng(0)
    sides = np.where(np.arange(n) < n // 2, "user", "item")
    columns: dict[str, Any] = {"side": sides, "node_idx": np.arange(n, dtype=np.int32)}
    columns |= {name: [f"{name} of point {row}" for row in range(n)] for name in ("id", "label")}
    columns |= {name: generator.normal(size=n).astype(np.float32) for name in ("x", "y", "confidence", "trust")}
    columns |= {name: generator.choice(["sound", "price", "other"], n) for name in ("motivation", "distinctive", "said")}
    columns |= {name: generator.integers(40, size=n).astype(np.int32) for name in ("cluster", "activity")}
    clusters = pd.DataFrame({"cluster": np.arange(40, dtype=np.int32), "name": [f"Cluster {row}" for row in range(40)]})
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        with workspace.publish("map", "large", name="large") as draft:
            write_parquet(draft.path / "points.parquet", pd.DataFrame(columns))
            write_parquet(draft.path / "clusters.parquet", clusters)
            draft.summary.update(trustworthiness=0.9, mixing=0.9)
        seconds, cpu = [], []
        for _ in range(6):
            began, cpu_began = time.perf_counter(), time.process_time()
            assert len(read_map(Workspace(Path(folder)).get("map", "large")).points) == n
            seconds.append(time.perf_counter() - began)
            cpu.append(time.process_time() - cpu_began)
    return {"first": seconds[0], "first_cpu": cpu[0], "least": min(seconds[1:])}


def main(
    points: Annotated[int, typer.Option(min=100)] = 50_000,
    dim: Annotated[int, typer.Option(min=2)] = 64,
    rounds: Annotated[int, typer.Option(min=1)] = 1,
    threads: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Measure and report."""
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            found[way].append(in_child(__file__, {"way": way, "n": points, "dim": dim}, threads))
    least = {way: {name: min(one[name] for one in values) for name in values[0]} for way, values in found.items()}
    rows: list[dict[str, Any]] = [
        {
            "drawing": WAYS[way],
            "processor seconds": figures["cpu_seconds"],
            "with warm-up": figures["cpu_seconds_with_warm_up"],
            "by the clock": figures["wall_seconds"],
            "share of the defaults' processor time": figures["cpu_seconds"] / least["default"]["cpu_seconds"],
            "trustworthiness": f"{figures['trustworthiness']:.4f}",
        }
        for way, figures in least.items()
    ]
    opened = in_child(__file__, {"way": "open", "n": points}, threads)
    typer.echo(
        f"\nA stored map of {points:,} points opens in {opened['first']:.3f} s the first time"
        f" ({opened['first_cpu']:.3f} s of processor time), then in {opened['least']:.3f} s"
    )
    report("umap_speed", f"UMAP of {points:,} points, d = {dim}, {threads} thread(s)", rows, {"measured": found, "opening": opened})


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        task = json.loads(sys.argv[2])
        typer.echo(json.dumps(opening(task["n"]) if task["way"] == "open" else draw_timed(task["way"], task["n"], task["dim"])))
    else:
        typer.run(main)
