"""Settings of a model, searched on validation figures alone; every trial is recorded, and no test figure is computed.

    python benchmarks/search.py lightgcn music yelp-llm [--workspace DIR] [--trials 24] [--split-seed 101]
    python benchmarks/search.py lmmrec music yelp-llm

Random search over `SEARCHED`, the defaults first, the same trials for every dataset. Each dataset is split anew (seed 101), so that the
splits of `benchmarks/compare.py` stay unseen. Trials are written to `benchmarks/results/search-MODEL-DATASET.json` as they end, and
a search that was interrupted goes on from there.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Annotated, Any

import typer

from core.data.dataset import ReviewDataset
from core.data.importing import ImportRequest
from core.jobs import steps
from core.jobs.training_step import interactions_of, measure
from core.models.text_features import text_features
from core.motivations.profiles import Profiles
from core.storage import read_json, write_json
from core.training.config import TrainingConfig
from core.training.trainer import fit
from core.workspace import Artefact, Workspace

RESULTS = Path(__file__).parent / "results"
FIGURES = ("recall@20", "ndcg@20")
_SHARED: dict[str, list[Any]] = {
    "loss": ["bpr", "softmax"],
    "layers": [1, 2, 3],
    "learning_rate": [1e-3, 3e-3, 1e-2],
    "regularisation": [0.0, 1e-5, 1e-4, 1e-3],
    "temperature": [0.1, 0.15, 0.2, 0.3, 0.4],
    "negatives": [64, 256, 1024],
    "batch_size": [512, 2048],
}
SEARCHED: dict[str, dict[str, list[Any]]] = {
    "lightgcn": _SHARED | {"dim": [32, 64, 128]},
    "lmmrec": _SHARED
    | {
        "batch_size": [2048],  # what a training may cost is bounded
        "mcs_weight": [0.03, 0.1, 0.3],
        "mcs_temperature": [0.1, 0.2],
        "slot_mcs_weight": [0.01, 0.03, 0.1],
        "itcm_weight": [0.01, 0.03],
        "motivation_gate": [0.25, 0.5, 1.0],
        "text_dropout": [0.2, 0.4],
    },
}


def resplit(workspace: Workspace, name: str, seed: int) -> Artefact:
    """The dataset ``name`` imported again from its own file under the random 3:1:1 split of a seed."""
    request = ImportRequest.model_validate(workspace.get("dataset", name).manifest.config)
    return steps.import_dataset(workspace, request.model_copy(update={"name": f"{name}-r{seed}", "split": "ratio", "seed": seed}))


def trials(model: str, count: int) -> list[dict[str, Any]]:
    """The defaults, then random settings up to ``count``."""
    generator = random.Random(0)
    return [{}, *({name: generator.choice(values) for name, values in SEARCHED[model].items()} for _ in range(count - 1))]


def best_of(tried: list[dict[str, Any]]) -> dict[str, Any]:
    """The trial with the highest validation recall@20 + ndcg@20."""
    return max(tried, key=lambda trial: sum(trial["validation"][figure] for figure in FIGURES))


def search(workspace: Workspace, model: str, name: str, count: int, seed: int) -> None:
    """Train every trial on one dataset and record its validation figures."""
    artefact = resplit(workspace, name, seed)
    dataset = ReviewDataset.load(artefact)
    splits = interactions_of(dataset)
    path = RESULTS / f"search-{model}-{name}.json"
    document = read_json(path) if path.exists() else {"dataset": artefact.id, "model": model, "trials": []}
    profiles = Profiles.load(steps.ensure_profiles(workspace, artefact.id)) if model == "lmmrec" else None
    for settings in trials(model, count)[len(document["trials"]) :]:
        config = TrainingConfig.model_validate({"model": model, **settings})
        text = text_features(profiles, config.text_dim) if profiles else None
        result = fit(splits["train"], text, config, lambda vectors: measure(vectors, splits, "validation").means)
        record = {"settings": settings, "validation": result.validation, "epochs": result.epochs, "seconds": round(result.seconds, 1)}
        document["trials"].append(record)
        write_json(path, document)
        figures = " / ".join(f"{result.validation[figure]:.4f}" for figure in FIGURES)
        typer.echo(f"{name} {len(document['trials'])}/{count}: {figures} {result.seconds:.0f} s {settings}", err=True)


def main(
    model: str,
    datasets: list[str],
    workspace: Annotated[Path, typer.Option(envvar="LMMREC_WORKSPACE")] = Path("workspace"),
    count: Annotated[int, typer.Option("--trials")] = 24,
    seed: Annotated[int, typer.Option("--split-seed")] = 101,
) -> None:
    """Search on each dataset of the workspace."""
    RESULTS.mkdir(exist_ok=True)
    for name in datasets:
        search(Workspace(workspace, create=False), model, name, count, seed)
        best = best_of(read_json(RESULTS / f"search-{model}-{name}.json")["trials"])
        typer.echo(f"{name}, best on validation: {best['validation']} with {best['settings']}")


if __name__ == "__main__":
    typer.run(main)
