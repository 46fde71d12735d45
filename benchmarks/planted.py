"""How much of the demo's planted truth the pipeline finds again.

    python benchmarks/planted.py [--workspace DIR] [--seeds 5]

Scores the extraction (adjusted mutual information over reviews, macro-F1), the users' profiles (rank correlation with their
planted mixes) and the explanations (is the top contributing motivation of a top-5 recommendation one of the user's two
strongest planted ones, with chance beside it), with the default settings. Writes `benchmarks/results/planted.json`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from core.data.dataset import ReviewDataset
from core.evaluation.planted import Planted, score_extraction, score_profiles, score_top_contribution
from core.jobs import steps
from core.motivations.profiles import Profiles
from core.recommend.recommender import Recommender
from core.storage import write_json
from core.training.config import TrainingConfig
from core.workspace import Artefact, Workspace

RESULTS = Path(__file__).parent / "results"
TOP = 5


def top_contributions(workspace: Workspace, run: Artefact) -> pd.DataFrame:
    """user_id and the key of the motivation with the largest contribution, for the top 5 of every user."""
    recommender = Recommender.open(workspace, run.id)
    vectors, dataset = recommender.run.vectors, recommender.dataset
    ranked, _ = recommender.recommend_many(np.arange(dataset.n_users), TOP)
    users = np.repeat(np.arange(dataset.n_users), TOP)[ranked.ravel() >= 0]
    items = ranked.ravel()[ranked.ravel() >= 0]
    contributions = (vectors.user[users] * vectors.item[items]).sum(2)
    keys = np.array(vectors.motivations)[contributions.argmax(1).numpy()]
    return pd.DataFrame({"user_id": dataset.users["user_id"].to_numpy()[users], "motivation": keys})


def score(workspace: Workspace, seeds: int) -> dict[str, Any]:
    """All scores of the demo in a workspace that holds it."""
    artefact = workspace.get("dataset", "demo")
    dataset, planted = ReviewDataset.load(artefact), Planted.load(artefact)
    profiles = Profiles.load(steps.ensure_profiles(workspace, artefact.id))
    byproducts = workspace.for_byproducts()
    runs = [steps.train(byproducts, artefact.id, TrainingConfig(seed=seed)) for seed in range(seeds)]
    contributions = pd.DataFrame([score_top_contribution(planted, top_contributions(workspace, run)) for run in runs])
    return {
        "dataset": artefact.id,
        "extraction": score_extraction(dataset, planted, profiles.statements, profiles.taxonomy),
        "profiles": score_profiles(dataset, planted, profiles.user_table, profiles.taxonomy),
        "top_contribution": {
            name: {"mean": float(column.mean()), "sd": float(column.std(ddof=1))} for name, column in contributions.items()
        },
        "recall@20": [run.manifest.summary["test"]["recall@20"] for run in runs],
        "seeds": seeds,
    }


def main(workspace: Annotated[Path, typer.Option(envvar="LMMREC_WORKSPACE")] = Path("workspace"), seeds: int = 5) -> None:
    """Print the scores and write them down."""
    document = score(Workspace(workspace, create=False), seeds)
    RESULTS.mkdir(exist_ok=True)
    write_json(RESULTS / "planted.json", document)
    for stage in ("extraction", "profiles"):
        for name, value in document[stage].items():
            typer.echo(f"{stage:16} {name:24} {value:.3f}")
    for name, table in document["top_contribution"].items():
        typer.echo(f"{'top contribution':16} {name:24} {table['mean']:.3f} ± {table['sd']:.3f}")


if __name__ == "__main__":
    typer.run(main)
