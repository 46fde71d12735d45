"""How long a what-if takes on a large catalogue: from moved sliders to the new list, and the first split of a user's scores.

    python benchmarks/what_if.py [--items 100000] [--motivations 9] [--rounds 50]

Vectors are drawn at random: the time does not depend on what they hold. Prints a table and writes `benchmarks/results/what_if.json`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from core.models.config import ModelConfig
from core.recommend.scoring import Scorer
from core.recommend.user_terms import UserTerms
from core.recommend.what_if import what_if
from core.storage import write_json
from core.training.run import RunVectors

RESULTS = Path(__file__).parent / "results" / "what_if.json"
LIMIT_MS = 200.0


def made_scorer(items: int, motivations: int, seed: int = 0) -> Scorer:
    """A run's scores with the widths a training takes by default."""
    config, generator = ModelConfig(), torch.Generator().manual_seed(seed)
    user, item = (torch.randn(n, motivations, config.slot_dim + config.history_dim, generator=generator) for n in (4, items))
    views = {f"{side}_behaviour": torch.randn(n, config.behaviour_dim, generator=generator) for side, n in (("user", 4), ("item", items))}
    keys = tuple(f"m{number}" for number in range(motivations))
    return Scorer(RunVectors(user, item, keys, torch.zeros(items), views))


def times_ms(call: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each of several calls."""
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - started))
    return took


def measure(items: int, motivations: int, rounds: int) -> dict[str, dict[str, float]]:
    """Median, 95th percentile and slowest of each step, in ms."""
    scorer = made_scorer(items, motivations)
    history = np.arange(0, items, max(1, items // 50))
    terms = UserTerms.of(scorer, scorer.user(0), history)
    generator = np.random.default_rng(1)
    steps = {
        "split of a user's scores (once a user)": lambda: UserTerms.of(scorer, scorer.user(0), history),
        "weights moved to a new list of 10": lambda: what_if(terms, generator.uniform(0, 3, terms.n_terms), 10),
        "weights moved to a new list of 100": lambda: what_if(terms, generator.uniform(0, 3, terms.n_terms), 100),
    }
    found = {}
    for name, step in steps.items():
        took = times_ms(step, rounds)
        found[name] = {"median_ms": float(np.median(took)), "p95_ms": float(np.percentile(took, 95)), "slowest_ms": max(took)}
    return found


def main(
    items: Annotated[int, typer.Option(min=1)] = 100_000,
    motivations: Annotated[int, typer.Option(min=1)] = 9,
    rounds: Annotated[int, typer.Option(min=1)] = 50,
) -> None:
    """Measure, print and write down."""
    found = measure(items, motivations, rounds)
    typer.echo(f"{items:,} items, {motivations} motivations and behaviour, {torch.get_num_threads()} thread(s); limit {LIMIT_MS:g} ms\n")
    typer.echo("| step | median, ms | 95th percentile, ms | slowest, ms |\n| --- | --- | --- | --- |")
    for name, one in found.items():
        typer.echo(f"| {name} | {one['median_ms']:.1f} | {one['p95_ms']:.1f} | {one['slowest_ms']:.1f} |")
    RESULTS.parent.mkdir(exist_ok=True)
    settings = {"items": items, "motivations": motivations, "rounds": rounds, "threads": torch.get_num_threads()}
    write_json(RESULTS, {"settings": settings, "steps": found})


if __name__ == "__main__":
    typer.run(main)
