"""Settings of a model, searched on validation figures alone; every trial is recorded, and no test figure is computed.

    python benchmarks/search.py lightgcn music yelp-llm [--workspace DIR] [--trials 24] [--split-seed 101]
    python benchmarks/search.py lmmrec music yelp-llm

Random search over `SEARCHED`, the defaults first, the same trials for every dataset. Each dataset is split anew (seed 101), so that the
splits of `benchmarks/compare.py` stay unseen. Trials are written to `benchmarks/results/search-MODEL-DATASET.json` as they end, and
a search that was interrupted goes on from there.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from core.data.dataset import ReviewDataset, Split
from core.data.importing import ImportRequest
from core.jobs import steps
from core.jobs.training_step import interactions_of, measure
from core.models.graph import Interactions
from core.models.text_features import text_features
from core.motivations.profiles import Profiles
from core.storage import read_json, write_json
from core.training.config import TrainingConfig
from core.training.trainer import fit
from core.workspace import Artefact, Workspace

RESULTS = Path(__file__).parent / "results"
FIGURES = ("recall@20", "ndcg@20")
SEARCHED: dict[str, dict[str, list[Any]]] = {
    "lightgcn": {
        "loss": ["bpr", "softmax"],
        "layers": [1, 2, 3],
        "learning_rate": [1e-3, 3e-3, 1e-2],
        "regularisation": [0.0, 1e-5, 1e-4, 1e-3],
        "temperature": [0.1, 0.15, 0.2, 0.3, 0.4],
        "negatives": [64, 256, 1024],
        "batch_size": [512, 2048],
        "dim": [32, 64, 128],
    },
    "lmmrec": {
        "loss": ["bpr", "softmax"],
        "layers": [2, 3],
        "learning_rate": [1e-3, 3e-3],
        "regularisation": [0.0, 1e-4, 1e-3],
        "temperature": [0.3, 0.4],
        "negatives": [256, 1024],
        "slot_dim": [4, 8],
        "mcs_weight": [0.01, 0.03, 0.1],
        "mcs_temperature": [0.1, 0.2],
        "slot_mcs_weight": [0.003, 0.01, 0.03],
        "itcm_weight": [0.003, 0.01, 0.03],
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


@dataclass(frozen=True)
class Subject:
    """A dataset to search on, loaded once, and the file its trials are written to."""

    name: str
    artefact: Artefact
    splits: dict[Split, Interactions]
    profiles: Profiles | None
    path: Path

    @classmethod
    def open(cls, workspace: Workspace, model: str, name: str, seed: int) -> Subject:
        """Split the dataset anew; LMMRec gets its profiles."""
        artefact = resplit(workspace, name, seed)
        profiles = Profiles.load(steps.ensure_profiles(workspace, artefact.id)) if model == "lmmrec" else None
        splits = interactions_of(ReviewDataset.load(artefact))
        return cls(name, artefact, splits, profiles, RESULTS / f"search-{model}-{name}.json")

    def recorded(self) -> list[dict[str, Any]]:
        """The trials made so far."""
        return list(read_json(self.path)["trials"]) if self.path.exists() else []

    def attempt(self, config: TrainingConfig, settings: dict[str, Any]) -> None:
        """Train one trial and record its validation figures."""
        text = text_features(self.profiles, config.text_dim) if self.profiles else None
        result = fit(self.splits["train"], text, config, lambda vectors: measure(vectors, self.splits, "validation").means)
        record = {"settings": settings, "validation": result.validation, "epochs": result.epochs, "seconds": round(result.seconds, 1)}
        made = [*self.recorded(), record]
        write_json(self.path, {"dataset": self.artefact.id, "model": config.model, "trials": made})
        figures = " / ".join(f"{result.validation[figure]:.4f}" for figure in FIGURES)
        typer.echo(f"{self.name} {len(made)}: {figures} {result.seconds:.0f} s {settings}", err=True)


def main(
    model: str,
    datasets: list[str],
    workspace: Annotated[Path, typer.Option(envvar="LMMREC_WORKSPACE")] = Path("workspace"),
    count: Annotated[int, typer.Option("--trials")] = 24,
    seed: Annotated[int, typer.Option("--split-seed")] = 101,
) -> None:
    """Search on each dataset of the workspace."""
    RESULTS.mkdir(exist_ok=True)
    subjects = [Subject.open(Workspace(workspace, create=False), model, name, seed) for name in datasets]
    for number, settings in enumerate(trials(model, count)):
        config = TrainingConfig.model_validate({"model": model, **settings})
        for subject in subjects:
            if number >= len(subject.recorded()):
                subject.attempt(config, settings)
    for subject in subjects:
        best = best_of(subject.recorded())
        typer.echo(f"{subject.name}, best on validation: {best['validation']} with {best['settings']}")


if __name__ == "__main__":
    typer.run(main)
