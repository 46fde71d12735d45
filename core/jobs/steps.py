"""The calls the command line, the pages and the jobs share: one function a stage, each ending in an artefact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from core.errors import InputError
from core.jobs.extraction_step import Extracted, build_profiles_of, ensure_profiles, estimate_extraction, extract
from core.jobs.locks import exclusive
from core.jobs.settings import validated
from core.jobs.taxonomy_step import apply_taxonomy, discover_and_try
from core.progress import Progress, ProgressEvent, never_stop, silent
from core.training.config import TrainingConfig
from core.workspace import Artefact, Workspace

if TYPE_CHECKING:
    from core.data.dataset import Split
    from core.recommend.explanation import Explanation, Recommendations

Stop = Callable[[], bool]

__all__ = [
    "Extracted",
    "apply_taxonomy",
    "build_demo",
    "build_epoch_maps",
    "build_map",
    "build_profiles_of",
    "discover_and_try",
    "ensure_profiles",
    "estimate_extraction",
    "evaluate_run",
    "explain",
    "extract",
    "import_dataset",
    "pipeline",
    "recommend",
    "train",
]


def import_dataset(
    workspace: Workspace, request: dict[str, Any] | BaseModel, progress: Progress = silent, stop: Stop = never_stop
) -> Artefact:
    """Read raw reviews into a dataset.

    Args:
        request: a `core.data.importing.ImportRequest`, or the same as plain data.

    Raises:
        InputError: the file or a setting is wrong; nothing was written. StoppedError: ``stop`` said so.
    """
    from core.data.importing import ImportRequest, import_reviews

    return import_reviews(workspace, validated(ImportRequest, request, "import"), progress, stop)


def train(
    workspace: Workspace,
    dataset: str,
    config: TrainingConfig,
    progress: Progress = silent,
    stop: Stop = never_stop,
    *,
    profiles: str | None = None,
) -> Artefact:
    """Train a run on a dataset; LMMRec first gets the profiles it needs. A perturbed run stays a byproduct.

    Args:
        profiles: which of the dataset's profiles LMMRec reads; None takes the newest, and extracts where there are none.

    Raises:
        NotFoundError: no such dataset or profiles. InputError: another process trains this very run, the profiles are of another
            dataset, or the model reads none. StoppedError: ``stop`` said so.
    """
    from core.jobs.training_step import run_id
    from core.jobs.training_step import train as train_run
    from core.training.perturbation import perturbations

    if not config.reads_text and profiles is not None:
        raise InputError(
            f"{config.model} reads no profiles", where=profiles, hint="Leave the profiles out, or train a model that reads them"
        )
    chosen = ensure_profiles(workspace, dataset, progress, stop, profiles=profiles) if config.reads_text else None
    with exclusive(workspace, run_id(workspace.get("dataset", dataset), chosen, config)):
        run = train_run(workspace, dataset, config, progress, stop, profiles=chosen.id if chosen else None)
    return run if perturbations(config) else workspace.wanted(run)


def evaluate_run(workspace: Workspace, run: str, split: Split = "test") -> dict[str, Any]:
    """All-rank figures of a run on one split: ``{run, dataset, split, users, metrics: {"recall@5": ...}}``.

    Raises:
        NotFoundError: no such run.
    """
    from core.data.dataset import ReviewDataset
    from core.jobs.training_step import interactions_of_run, measure
    from core.training.run import RunVectors

    artefact = workspace.get("run", run)
    dataset = ReviewDataset.open(workspace, artefact.manifest.sources["dataset"])
    vectors = RunVectors.load(artefact.path / "vectors.safetensors")
    tensors = vectors.tensors()
    evaluation = measure(tensors, interactions_of_run(dataset, artefact), split)
    return {"run": artefact.id, "dataset": dataset.id, "split": split, "users": len(evaluation.users), "metrics": evaluation.means}


def recommend(workspace: Workspace, run: str, user: str, k: int = 10) -> Recommendations:
    """The top k of one user.

    Raises:
        NotFoundError: no such run or user.
    """
    from core.recommend.recommender import Recommender

    return Recommender.open(workspace, run).recommend(user, k)


def explain(workspace: Workspace, run: str, user: str, item: str) -> Explanation:
    """Why a run scores an item for a user as it does.

    Raises:
        NotFoundError: no such run, user or item.
    """
    from core.recommend.recommender import Recommender

    return Recommender.open(workspace, run).explain(user, item)


def build_map(
    workspace: Workspace,
    run: str,
    config: dict[str, Any] | BaseModel | None = None,
    progress: Progress = silent,
    stop: Stop = never_stop,
) -> Artefact:
    """Lay out the map of a run.

    Raises:
        NotFoundError: no such run. InputError: a wrong setting. StoppedError: ``stop`` said so.
    """
    from core.maps.build import MapConfig
    from core.maps.build import build_map as build

    return build(workspace, run, validated(MapConfig, config or {}, "map"), progress, stop)


def build_epoch_maps(
    workspace: Workspace,
    run: str,
    config: dict[str, Any] | BaseModel | None = None,
    progress: Progress = silent,
    stop: Stop = never_stop,
) -> Artefact:
    """Lay out a run's map over its training epochs.

    Raises:
        NotFoundError: no such run. InputError: a wrong setting, or the run kept no snapshots. StoppedError: ``stop`` said so.
    """
    from core.maps.epochs import EpochMapConfig
    from core.maps.epochs import build_epoch_maps as build

    return build(workspace, run, validated(EpochMapConfig, config or {}, "map over epochs"), progress, stop)


def build_demo(workspace: Workspace, *, rebuild: bool = False, progress: Progress = silent, stop: Stop = never_stop) -> Artefact:
    """The demo: dataset, extraction, profiles, runs and map; unpacked from what ships, or computed. Ends in the LMMRec run."""
    from core.jobs.demo import build_demo as build

    return build(workspace, rebuild=rebuild, progress=progress, stop=stop)


def pipeline(
    workspace: Workspace,
    request: dict[str, Any] | BaseModel,
    extraction: dict[str, Any] | None = None,
    training: TrainingConfig | None = None,
    layout: dict[str, Any] | None = None,
    progress: Progress = silent,
    stop: Stop = never_stop,
    *,
    paused: Stop = never_stop,
) -> Artefact:
    """One file of raw reviews to a trained run with its map; the run.

    Args:
        paused: while it says so, a batch of a language model asks nothing new.

    Raises:
        InputError: the file or a setting is wrong. StoppedError: ``stop`` said so; finished stages are kept.
    """
    dataset = import_dataset(workspace, request, staged(progress, 1, 4, "Importing"), stop).id
    config = training or TrainingConfig()
    profiles = None
    if config.reads_text:
        profiles = extract(workspace, dataset, extraction, staged(progress, 2, 4, "Extracting"), stop, paused=paused).profiles.id
    run = train(workspace, dataset, config, staged(progress, 3, 4, "Training"), stop, profiles=profiles)
    build_map(workspace, run.id, layout, staged(progress, 4, 4, "Mapping"), stop)
    return run


def staged(progress: Progress, step: int, steps: int, title: str) -> Progress:
    """Progress of one step of several: the stage says which, and ``step`` and ``steps`` join the measures."""

    def report(event: ProgressEvent) -> None:
        stage = f"{step}/{steps} {title}: {event.stage}"
        progress(replace(event, stage=stage, measures={**event.measures, "step": step, "steps": steps}))

    return report
