"""What a comparison will take, told before the start: from what earlier work in the workspace took, without asking anybody anything."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from core.jobs.comparison_config import ComparisonConfig
from core.workspace import Artefact, Workspace


class ComparisonCost(BaseModel):
    """What is ahead of a comparison.

    Args:
        n_reviews: of the sample. n_questions: to language models, at most: what was asked before is not asked again.
        n_trainings: of at most ``epochs`` epochs each.
        seconds_asking, seconds_training: expected at most; None where nothing in the workspace tells how long one takes.
    """

    model_config = ConfigDict(frozen=True)

    n_reviews: int
    n_questions: int
    n_trainings: int
    epochs: int
    seconds_asking: float | None
    seconds_training: float | None


def comparison_cost(workspace: Workspace, dataset: Artefact, config: ComparisonConfig, n_with_text: int) -> ComparisonCost:
    """Count what a comparison asks and trains.

    Args:
        n_with_text: training reviews of the dataset that have text.
    """
    n_reviews = min(config.sample, n_with_text)
    models = [variant.model for variant in config.variants if variant.model]
    per_question = [_seconds_per_question(workspace, model) for model in models]
    per_epoch = _seconds_per_epoch(workspace, dataset)
    n_trainings = 2 * config.seeds
    known = [seconds for seconds in per_question if seconds is not None]
    return ComparisonCost(
        n_reviews=n_reviews,
        n_questions=n_reviews * len(models),
        n_trainings=n_trainings,
        epochs=config.training.epochs,
        seconds_asking=n_reviews * sum(known) if len(known) == len(models) else None,
        seconds_training=None if per_epoch is None else n_trainings * config.training.epochs * per_epoch,
    )


def _seconds_per_question(workspace: Workspace, model: str) -> float | None:
    """Seconds a question took in the newest extraction that asked this model some, with its concurrency."""
    found = [one.manifest.summary for one in workspace.list("extraction") if one.manifest.summary.get("model") == model]
    asked = [one for one in found if one.get("n_asked")]
    return float(asked[0]["seconds_asking"]) / int(asked[0]["n_asked"]) if asked else None


def _seconds_per_epoch(workspace: Workspace, dataset: Artefact) -> float | None:
    """Seconds an epoch took in the newest LMMRec run of the dataset."""
    found = [one.manifest.summary for one in workspace.made_from("run", dataset) if one.manifest.summary.get("model") == "lmmrec"]
    known = [one for one in found if one.get("epochs") and one.get("seconds") is not None]
    return float(known[0]["seconds"]) / int(known[0]["epochs"]) if known else None
