"""What ranking all items costs: an all-rank evaluation the usual way and here, and the best 20 items of a large catalogue.

    python benchmarks/evaluation.py FOLDER [--rounds 3] [--catalogue 100000] [--users 100000]

FOLDER holds a published split of RLMRec (rlmrec/yelp: 11,091 users, 11,010 items); the vectors are random, so only time is measured;
both ways give the same figures (`tests/benchmarks/test_usual_way.py`). The catalogue has as many items and users as asked for, 64
dimensions each, and its score matrix (40 GB for 100,000 x 100,000) is never whole; its process tells its largest resident memory. Every
measurement has a process of its own. Writes `benchmarks/results/evaluation.json`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from speed_report import cpu_seconds, in_child, peak_mb, published_split, report
from usual_way import MaskedUsers
from usual_way import evaluate as evaluate_usually

from core.evaluation.protocol import CUTOFFS, evaluate
from core.models.top_k import top_k

DIM, USUAL_BATCH = 64, 256
WAYS = {
    "topk": "usual way: dense mask, torch.topk, metrics per user",
    "sort": "usual way: dense mask, all items sorted, metrics per user",
    "ours": "ours",
}


def evaluation(folder: Path, way: str) -> dict[str, float]:
    """Processor time of one evaluation of the test part; the least of three of ours, which take no time to speak of."""
    split = published_split(folder)
    generator = torch.Generator().manual_seed(0)
    users, items = (torch.randn(n, DIM, generator=generator) for n in (split["train"].n_users, split["train"].n_items))
    if way == "ours":
        return {"seconds": min(cpu_seconds(lambda: evaluate(users, items, split["test"], split["train"])) for _ in range(3))}
    rows = MaskedUsers(split["test"], split["train"])
    return {"seconds": cpu_seconds(lambda: evaluate_usually(users, items, rows, CUTOFFS, USUAL_BATCH, full_sort=way == "sort"))}


def catalogue(n_users: int, n_items: int) -> dict[str, float]:
    """Time and memory of the best 20 of ``n_items`` for every user."""
    generator = torch.Generator().manual_seed(0)
    users, items = torch.randn(n_users, DIM, generator=generator), torch.randn(n_items, DIM, generator=generator)
    before, began, cpu = peak_mb(), time.perf_counter(), time.process_time()
    ranked, _ = top_k(users, items, 20)
    assert ranked.shape == (n_users, 20)
    return {"wall_seconds": time.perf_counter() - began, "seconds": time.process_time() - cpu, "before_mb": before, "peak_mb": peak_mb()}


def main(
    folder: Annotated[Path, typer.Argument(help="A folder with trn_mat.pkl, val_mat.pkl and tst_mat.pkl")],
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    items: Annotated[int, typer.Option("--catalogue", min=20)] = 100_000,
    users: Annotated[int, typer.Option(min=1)] = 100_000,
    threads: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Measure and report."""
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            found[way].append(in_child(__file__, {"folder": str(folder), "way": way}, threads)["seconds"])
    least = {way: min(values) for way, values in found.items()}
    rows: list[dict[str, Any]] = [
        {"evaluation": WAYS[way], "processor seconds": least[way], "times as long as ours": least[way] / least["ours"]} for way in WAYS
    ]
    large = in_child(__file__, {"users": users, "items": items}, threads)
    large |= {"users": users, "items": items, "users_per_second": users / large["seconds"], "threads": threads}
    typer.echo(
        f"\nBest 20 of {items:,} items for {users:,} users: {large['seconds']:.0f} s of processor time ({large['wall_seconds']:.0f} s by"
        f" the clock), {large['users_per_second']:,.0f} users a second, at most {large['peak_mb']:,.0f} MB resident"
    )
    title = f"All-rank evaluation, {folder.name}, d = {DIM}, {threads} thread(s), least of {rounds} round(s)"
    report("evaluation", title, rows, {"measured": found, "catalogue": large, "threads": threads})


def child(task: dict[str, Any]) -> None:
    """One measurement in a process of its own."""
    found = evaluation(Path(task["folder"]), task["way"]) if "way" in task else catalogue(task["users"], task["items"])
    typer.echo(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(json.loads(sys.argv[2]))
    else:
        typer.run(main)
