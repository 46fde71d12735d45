"""LMMRec with its default settings against LightGCN with its own best ones, on random re-splits that no setting was chosen on.

    python benchmarks/compare.py music yelp-llm [--workspace DIR] [--splits 1 2 3 4 5]

Each dataset is imported again from its own file under each split seed (3:1:1 per user), its motivations are extracted anew, and both
models are trained with that seed. LightGCN has the best of the trials recorded in `benchmarks/results` for the dataset, LMMRec the
defaults of `lmmrec train`; both were chosen on the validation part of other splits. Prints test figures, the differences within the
splits and their p-value (paired t-test), and writes `benchmarks/results/compare-DATASET.json`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from scipy import stats

from core.jobs import steps
from core.jobs.resplits import resplit
from core.jobs.search_trials import FIGURES
from core.storage import read_json, write_json
from core.training.config import TrainingConfig
from core.workspace import Workspace

RESULTS = Path(__file__).parent / "results"


def recorded_best(name: str) -> dict[str, Any]:
    """LightGCN's settings with the highest validation recall@20 + ndcg@20 of the recorded trials of a dataset."""
    trials = read_json(RESULTS / f"search-lightgcn-{name}.json")["trials"]
    return dict(max(trials, key=lambda trial: sum(trial["validation"][figure] for figure in FIGURES))["settings"])


def figures(values: list[float]) -> dict[str, Any]:
    """Mean and standard deviation (n - 1) over the splits."""
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1)), "values": values}


def difference(reference: list[float], ours: list[float]) -> dict[str, float]:
    """Gain of the mean, standard deviation of the gains within the splits, p-value of a paired t-test over the splits."""
    gains = np.array(ours) / np.array(reference) - 1
    p_value = stats.ttest_rel(ours, reference).pvalue
    return {"gain": float(np.mean(ours) / np.mean(reference) - 1), "sd": float(gains.std(ddof=1)), "p": float(p_value)}


def compare(workspace: Workspace, name: str, splits: list[int]) -> dict[str, Any]:
    """Train and measure both models on every split of one dataset."""
    best = recorded_best(name)
    configs = {"LightGCN": TrainingConfig.model_validate({"model": "lightgcn", **best}), "LMMRec": TrainingConfig()}
    summaries: dict[str, list[dict[str, Any]]] = {label: [] for label in configs}
    for split in splits:
        dataset = resplit(workspace, name, split)
        steps.extract(workspace, dataset.id)
        for label, config in configs.items():
            run = steps.train(workspace, dataset.id, config.model_copy(update={"seed": split}))
            summaries[label].append(run.manifest.summary)
            typer.echo(f"{name}, split {split}, {label}: trained in {run.manifest.summary['seconds']:.0f} s", err=True)
    document: dict[str, Any] = {
        "dataset": name,
        "splits": splits,
        "settings": {label: config.model_dump() for label, config in configs.items()},
    }
    document["models"] = {
        label: {figure: figures([summary["test"][figure] for summary in made]) for figure in made[0]["test"]}
        | {"seconds": [summary["seconds"] for summary in made], "epochs": [summary["epochs"] for summary in made]}
        for label, made in summaries.items()
    }
    reference, ours = document["models"].values()
    document["difference"] = {figure: difference(reference[figure]["values"], ours[figure]["values"]) for figure in FIGURES}
    return document


def report(document: dict[str, Any]) -> None:
    """Print the table as Markdown."""
    typer.echo(f"\n{document['dataset']}, test, mean ± sd of {len(document['splits'])} random re-splits\n")
    typer.echo("| model | " + " | ".join(FIGURES) + " | seconds a training |\n| --- | --- | --- | --- |")
    for label, table in document["models"].items():
        cells = [f"{table[figure]['mean']:.4f} ± {table[figure]['sd']:.4f}" for figure in FIGURES]
        typer.echo(f"| {label} | {' | '.join(cells)} | {np.median(table['seconds']):.0f} |")
    gains = [f"{one['gain']:+.1%} ± {one['sd']:.1%}, p = {one['p']:.3f}" for one in document["difference"].values()]
    typer.echo(f"| difference | {' | '.join(gains)} | |")


def main(
    datasets: list[str],
    workspace: Annotated[Path, typer.Option(envvar="LMMREC_WORKSPACE")] = Path("workspace"),
    splits: Annotated[str, typer.Option(help="Seeds of the splits")] = "1 2 3 4 5",
) -> None:
    """Compare on each dataset of the workspace."""
    for name in datasets:
        document = compare(Workspace(workspace, create=False), name, [int(seed) for seed in splits.split()])
        write_json(RESULTS / f"compare-{name}.json", document)
        report(document)


if __name__ == "__main__":
    typer.run(main)
