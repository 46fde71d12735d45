"""LMMRec with its default settings against LightGCN with its own best ones.

    python benchmarks/compare.py music yelp-llm [--workspace DIR] [--seeds 3] [--trials 8]

LightGCN's settings are searched on validation figures alone (random search, same seed each time, with the defaults and the winners
of longer searches among the trials); LMMRec takes the defaults of `lmmrec train`. Then both train once per seed, and their test figures are
printed and written to `benchmarks/results/compare-DATASET.json`.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from core.data.dataset import ReviewDataset
from core.jobs import steps
from core.jobs.training_step import interactions_of, measure
from core.storage import write_json
from core.training.config import TrainingConfig
from core.training.trainer import fit
from core.workspace import Artefact, Workspace

RESULTS = Path(__file__).parent / "results"
FIGURES = ("recall@20", "ndcg@20")
SEARCHED: dict[str, list[Any]] = {
    "loss": ["bpr", "softmax"],
    "layers": [1, 2, 3],
    "learning_rate": [1e-3, 3e-3, 1e-2],
    "regularisation": [0.0, 1e-5, 1e-4, 1e-3],
    "temperature": [0.1, 0.15, 0.2, 0.3, 0.4],
    "negatives": [64, 256, 1024],
    "batch_size": [512, 2048],
}


# The winners of earlier, longer searches (24 random trials, patience 5) on musical instruments and on the Yelp profiles.
KNOWN_GOOD: list[dict[str, Any]] = [
    {"loss": "bpr", "layers": 3, "learning_rate": 3e-3, "regularisation": 0.0, "batch_size": 512},
    {"loss": "softmax", "layers": 3, "learning_rate": 3e-3, "regularisation": 1e-3, "temperature": 0.3, "negatives": 1024},
    {"loss": "bpr", "layers": 3, "learning_rate": 3e-3, "regularisation": 1e-4},
]


def trials(count: int) -> list[TrainingConfig]:
    """LightGCN's defaults, settings known to be good, and random ones up to ``count``."""
    generator = random.Random(0)
    drawn = [{name: generator.choice(values) for name, values in SEARCHED.items()} for _ in range(count - 1 - len(KNOWN_GOOD))]
    return [TrainingConfig(model="lightgcn"), *(TrainingConfig(model="lightgcn", **settings) for settings in [*KNOWN_GOOD, *drawn])]


def search(dataset: ReviewDataset, count: int) -> tuple[TrainingConfig, list[dict[str, Any]]]:
    """The settings with the best validation recall@20 + ndcg@20, and all trials."""
    splits = interactions_of(dataset)
    tried = []
    for config in trials(count):
        result = fit(splits["train"], None, config, lambda vectors: measure(vectors, splits, "validation").means)
        settings = {name: getattr(config, name) for name in SEARCHED}
        tried.append({"settings": settings, "validation": result.validation, "epochs": result.epochs})
        typer.echo(f"  trial {len(tried)}/{count}: {result.validation['recall@20']:.4f} / {result.validation['ndcg@20']:.4f}", err=True)
    best = max(tried, key=lambda trial: sum(trial["validation"][figure] for figure in FIGURES))
    return TrainingConfig(model="lightgcn", **best["settings"]), tried


def figures(runs: list[Artefact]) -> dict[str, Any]:
    """Mean and standard deviation (over seeds, n - 1) of the test figures, and the seconds of each training."""
    summaries = [run.manifest.summary for run in runs]
    table: dict[str, Any] = {"seconds": [summary["seconds"] for summary in summaries], "runs": [run.id for run in runs]}
    for name in summaries[0]["test"]:
        values = [summary["test"][name] for summary in summaries]
        table[name] = {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1)) if len(values) > 1 else 0.0, "values": values}
    return table


def compare(workspace: Workspace, name: str, seeds: int, count: int) -> dict[str, Any]:
    """Search, train and measure on one dataset."""
    dataset = ReviewDataset.open(workspace, name)
    best, tried = search(dataset, count)
    models = {"LightGCN, best of its search": best, "LMMRec, default settings": TrainingConfig()}
    document: dict[str, Any] = {"dataset": dataset.id, "seeds": seeds, "lightgcn_search": tried, "lightgcn_settings": best.model_dump()}
    document["models"] = {
        label: figures([steps.train(workspace, dataset.id, config.model_copy(update={"seed": seed})) for seed in range(seeds)])
        for label, config in models.items()
    }
    return document


def report(document: dict[str, Any]) -> None:
    """Print the table as Markdown."""
    typer.echo(f"\n{document['dataset']}, test split, mean ± sd of {document['seeds']} seeds\n")
    typer.echo("| model | " + " | ".join(FIGURES) + " | seconds |\n| --- | --- | --- | --- |")
    for label, table in document["models"].items():
        cells = [f"{table[figure]['mean']:.4f} ± {table[figure]['sd']:.4f}" for figure in FIGURES]
        typer.echo(f"| {label} | {' | '.join(cells)} | {np.median(table['seconds']):.0f} |")
    reference, ours = document["models"].values()
    gains = [f"{ours[figure]['mean'] / reference[figure]['mean'] - 1:+.1%}" for figure in FIGURES]
    typer.echo(f"| difference | {' | '.join(gains)} | |")


def main(
    datasets: list[str],
    workspace: Annotated[Path, typer.Option(envvar="LMMREC_WORKSPACE")] = Path("workspace"),
    seeds: int = 3,
    trials_each: Annotated[int, typer.Option("--trials")] = 8,
) -> None:
    """Compare on each dataset of the workspace."""
    for name in datasets:
        document = compare(Workspace(workspace, create=False), name, seeds, trials_each)
        RESULTS.mkdir(exist_ok=True)
        write_json(RESULTS / f"compare-{name}.json", document)
        report(document)


if __name__ == "__main__":
    typer.run(main)
