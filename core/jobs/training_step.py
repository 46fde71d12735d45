"""One training as an artefact: dataset and profiles in, a run out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from core.data.dataset import ReviewDataset, Split
from core.errors import InputError
from core.evaluation.protocol import Evaluation, evaluate
from core.jobs.extraction_step import profiles_of_dataset, usual_profiles
from core.jobs.perturbed_text import text_to_read
from core.models.base import flat
from core.models.config import BACKBONES, WRAPPERS, BackboneName, ModelConfig
from core.models.graph import Interactions
from core.models.text_features import TextFeatures
from core.progress import Progress, never_stop, silent
from core.storage import content_hash, write_json, write_tensors
from core.training.config import TrainingConfig
from core.training.perturbation import check_perturbations, noise, perturbations
from core.training.run import RunVectors
from core.training.snapshots import Snapshots, hand_over
from core.training.trainer import TrainingResult, fit
from core.training.used_settings import keyed_settings
from core.workspace import Artefact, Workspace, artefact_id

TRAINING_VERSION = 3
"""Part of every run's key: raised when the same configuration would train another model."""
_CHANGES: dict[BackboneName, int] = {"dccf": 2}
"""What changed for one backbone alone is counted here and added, so that runs on the others keep their keys."""
_NOISE_LABELS = {"interaction_noise": "noise", "text_noise": "textnoise"}


def training_version(backbone: BackboneName) -> int:
    """The version of what a training with a backbone gives."""
    return TRAINING_VERSION + _CHANGES.get(backbone, 0)


def train(
    workspace: Workspace,
    dataset: str,
    config: TrainingConfig,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
    *,
    profiles: str | None = None,
) -> Artefact:
    """Train on a dataset and publish the run; a run of the same inputs and settings is returned as it is.

    A training that was stopped or killed goes on from its last checkpoint. A run whose training was perturbed (noise, controls) is a
    byproduct and is called after its perturbations: nothing takes it for the newest run.

    Args:
        profiles: which profiles of the dataset LMMRec reads; None takes the newest.

    Raises:
        NotFoundError: no such dataset or profiles. InputError: LMMRec without profiles or with those of another dataset, no
            training interactions, or a perturbation that is impossible. StoppedError: ``stop`` said so.
    """
    check_perturbations(config)
    source = workspace.get("dataset", dataset)
    chosen = profiles_for(workspace, source, config, profiles)
    identifier = run_id(source, chosen, config)
    if (finished := workspace.find("run", identifier)) is not None:
        return finished
    reviews = ReviewDataset.load(source)
    splits = interactions_of(reviews)
    if len(splits["train"].pairs) == 0:
        raise InputError("The training split is empty", where=source.id, hint="Import the reviews again with another split")
    splits = _with_noise(splits, config.interaction_noise, config.seed)
    directory = running_directory(workspace, identifier)
    write_json(directory / "config.json", config)
    text = text_to_read(workspace, chosen, config) if chosen else None
    # What was trained on the way to something else is never looked at epoch by epoch.
    snapshots = None if workspace.byproducts or perturbations(config) else Snapshots(directory)
    result = fit(
        splits["train"],
        text,
        config,
        lambda vectors: measure(vectors, splits, "validation").means,
        directory=directory,
        progress=progress,
        stop=stop,
        snapshots=snapshots,
    )
    published_in = workspace.for_byproducts() if perturbations(config) else workspace
    return _publish(published_in, identifier, source, chosen, config, result, splits, text)


def running_directory(workspace: Workspace, identifier: str) -> Path:
    """Where a training keeps its live files until the run is published."""
    return workspace.root / "running" / identifier


def run_id(dataset: Artefact, profiles: Artefact | None, config: TrainingConfig) -> str:
    """The id of the run that these inputs and settings make."""
    key = content_hash(training_version(config.backbone), dataset.id, profiles.id if profiles else None, keyed_settings(config))
    return artefact_id(_run_name(dataset, config), key)


def interactions_of(dataset: ReviewDataset) -> dict[Split, Interactions]:
    """The interactions of each split."""
    splits: tuple[Split, ...] = ("train", "validation", "test")
    return {split: Interactions(dataset.n_users, dataset.n_items, dataset.pairs(split)) for split in splits}


def interactions_of_run(dataset: ReviewDataset, run: Artefact) -> dict[Split, Interactions]:
    """The interactions of each split as a run saw them: its noise is part of "train", so that rankings leave it out as in its figures."""
    config = run.manifest.config
    return _with_noise(interactions_of(dataset), config.get("interaction_noise", 0.0), config.get("seed", 0))


def _with_noise(splits: dict[Split, Interactions], share: float, seed: int) -> dict[Split, Interactions]:
    """The splits with random interactions in the training split; what is held out stays as it is."""
    if share == 0:
        return splits
    train = splits["train"]
    added = noise(train, np.concatenate([split.pairs for split in splits.values()]), share, seed)
    return {**splits, "train": replace(train, pairs=np.concatenate([train.pairs, added]))}


def measure(vectors: dict[str, torch.Tensor], splits: dict[Split, Interactions], split: Split) -> Evaluation:
    """All-rank figures of vectors on one split; what was trained on, noise included, is left out of the ranking."""
    return evaluate(flat(vectors, "user"), flat(vectors, "item"), splits[split], splits["train"], item_bias=vectors.get("item_bias"))


def profiles_for(workspace: Workspace, dataset: Artefact, config: ModelConfig, reference: str | None = None) -> Artefact | None:
    """The profiles a training reads: those named, or the dataset's usual ones; None for a model that reads none.

    Raises:
        NotFoundError: no such profiles. InputError: they are of another dataset, or there are none yet.
    """
    if not config.reads_text:
        return None
    if reference is not None:
        return profiles_of_dataset(workspace, dataset, reference)
    usual = usual_profiles(workspace, dataset)
    if usual is None:
        raise InputError(
            f"{config.model} needs the profiles of the dataset",
            where=dataset.id,
            hint=f"Run `lmmrec extract {dataset.manifest.name}` first",
        )
    return usual


def _run_name(dataset: Artefact, config: TrainingConfig) -> str:
    """DATASET-MODEL[-BACKBONE]-sSEED[-PERTURBATION...]; the dataset's name is cut where the whole would be too long."""
    parts = [config.model] + ([config.backbone] if config.model in WRAPPERS else []) + [f"s{config.seed}"]
    if "text_control" in (changed := perturbations(config)):
        parts.append({"none": "no-text", "random": "random-text"}.get(config.text_control, config.text_control))
    parts += [f"{label}{100 * changed[name]:g}" for name, label in _NOISE_LABELS.items() if name in changed]
    rest = "-".join(parts)
    return f"{dataset.manifest.name[: max(1, min(32, 63 - len(rest)))]}-{rest}"


def _publish(
    workspace: Workspace,
    identifier: str,
    source: Artefact,
    profiles: Artefact | None,
    config: TrainingConfig,
    result: TrainingResult,
    splits: dict[Split, Interactions],
    text: TextFeatures | None,
) -> Artefact:
    sources = {"dataset": source.id} | ({"profiles": profiles.id} if profiles else {})
    named = config.model == "lmmrec" and config.form == "slots"
    vectors = dict(result.vectors)
    run_vectors = RunVectors(
        user=vectors.pop("user"),
        item=vectors.pop("item"),
        motivations=text.motivations if named and text else (),
        item_bias=vectors.pop("item_bias", torch.zeros(splits["train"].n_items)),
        views=vectors,
    )
    with workspace.publish(
        "run", identifier, name=_run_name(source, config), sources=sources, config=config.model_dump(mode="json")
    ) as draft:
        draft.generated = source.manifest.generated
        write_json(draft.path / "config.json", config)
        history = "".join(json.dumps(record) + "\n" for record in result.history)
        (draft.path / "history.jsonl").write_text(history, encoding="utf-8")
        run_vectors.save(draft.path / "vectors.safetensors")
        parameters = {name: tensor for name, tensor in result.model.state_dict().items() if not name.startswith("teacher.")}
        write_tensors(draft.path / "model.safetensors", parameters)
        hand_over(running_directory(workspace, identifier), draft.path, before=result.best_epoch)
        draft.summary |= {
            "model": config.model,
            "backbone": config.backbone if config.model in (*BACKBONES, *WRAPPERS) else None,
            "form": config.form if config.model == "lmmrec" else "vector",
            "seed": config.seed,
            "epochs": result.epochs,
            "best_epoch": result.best_epoch,
            "seconds": round(result.seconds, 2),
            "device": result.device,
            "validation": result.validation,
            "test": measure(result.vectors, splits, "test").means,
        } | perturbations(config)
    shutil.rmtree(running_directory(workspace, identifier), ignore_errors=True)
    published = workspace.find("run", identifier)
    assert published is not None
    return published
