"""What a prompt does to recommendations: two ways to read reviews, followed down to the figures of the models trained on them.

    the same sample of training reviews -> one extraction a variant -> profiles -> trainings with the same settings and seeds
    -> per-user figures on the same held-out interactions -> their change with an interval, and a map of each variant

Only the extraction differs. Reviews are read as every extraction reads them, from the training split alone (METHOD 1.2), and profile
texts that came with the dataset by neither variant. Every stage ends in an artefact found again by the key of its inputs, and every
answer of a model is kept: what was stopped or killed goes on where it was, and nothing is asked or trained twice. What is made on the
way are byproducts: the newest profiles and runs of the dataset stay those people made themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from core.data.dataset import ReviewDataset
from core.errors import InputError, StoppedError
from core.evaluation.paired import paired_change
from core.extraction.ollama_plan import chosen_prompts, server_of
from core.extraction.prompts.store import PromptStore
from core.extraction.texts import SourceTexts
from core.jobs.comparison_config import ComparisonConfig
from core.jobs.comparison_quality import Reading, agreement
from core.jobs.comparison_result import FILE, METRICS, Change, Comparison, Outcome, note_of, summary_of
from core.jobs.extraction_step import Extracted
from core.jobs.settings import validated
from core.jobs.steps import build_map, extract, staged, train
from core.jobs.training_step import interactions_of, measure
from core.progress import Progress, ProgressEvent, never_stop, silent
from core.storage import content_hash, write_json
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace, artefact_id

VERSION = 1  # part of every comparison's key: raise it when the same inputs would give other figures
_SIDES = ("A", "B")
_NODES_ONLY = {"statements": 0, "views": False}  # the two maps are laid over each other, so both hold the same points


def compare_prompts(
    workspace: Workspace,
    dataset: str,
    config: dict[str, Any] | BaseModel,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
    *,
    paused: Callable[[], bool] = never_stop,
) -> Artefact:
    """Compare two variants; a comparison made before from the same inputs is returned as it is.

    Args:
        config: a `core.jobs.comparison_config.ComparisonConfig`, or the same as plain data.
        progress: "1/10 Reading with A: ..." and so on. paused: while it says so, no model is asked anything new.

    Returns:
        Artefact of kind "comparison": comparison.json (`core.jobs.comparison_result.Comparison`).

    Raises:
        NotFoundError: no such dataset or prompt. InputError: a wrong setting, nothing to read or to measure on, or a variant whose
            answers hold no motivation at all. OllamaError: the server failed. StoppedError: ``stop`` said so; finished stages are kept.
    """
    reviews = ReviewDataset.open(workspace, dataset)
    settings = settled(workspace, reviews, config)
    sample = sampled_reviews(reviews, settings)
    _check(reviews, settings, sample)
    work = _Work(workspace.for_byproducts(), reviews, settings, progress, stop, paused)
    extracted = (work.read(0), work.read(1))
    trainings = settings.trainings()
    sources = [[one.extraction.id, one.profiles.id] for one in extracted]
    key = content_hash(VERSION, reviews.id, sources, [one.model_dump(mode="json") for one in trainings], settings.split, settings.labels)
    identifier = artefact_id(reviews.name, key)
    known = workspace.find("comparison", identifier)
    if known is not None:
        return known
    runs = [[work.train(side, seed, extracted[side].profiles) for seed in range(settings.seeds)] for side in (0, 1)]
    maps = [work.draw(side, runs[side][0]) for side in (0, 1)]
    found = work.result(extracted, runs, maps, sample)
    plain = settings.model_dump(mode="json")
    with workspace.publish("comparison", identifier, name=reviews.name, sources={"dataset": reviews.id}, config=plain) as draft:
        write_json(draft.path / FILE, found)
        draft.summary |= summary_of(found)
        draft.generated = reviews.generated
    return workspace.get("comparison", identifier)


def settled(workspace: Workspace, dataset: ReviewDataset, config: dict[str, Any] | BaseModel) -> ComparisonConfig:
    """The settings with both prompts by their labels, so that they say the same tomorrow.

    Raises:
        NotFoundError: no such prompt. InputError: a wrong setting, a prompt that reads no reviews, or two variants that are one.
    """
    settings = validated(ComparisonConfig, config, "comparison")
    store = PromptStore(workspace)
    changes: dict[str, Any] = {}
    asked = []
    for name, variant in (("a", settings.a), ("b", settings.b)):
        asking = settings.extraction(variant).ollama
        if asking is None:
            continue
        version = chosen_prompts(store, asking, dataset.domain)["review"]
        changes[name] = variant.model_copy(update={"prompt": version.label})
        asked.append((version.hash, variant.model, variant.options))
    if len(asked) == 2 and asked[0] == asked[1]:
        labels = " and ".join(one.label for one in changes.values())
        raise InputError("Both variants say the same", where=labels, hint="Choose another prompt, model or setting for one of them")
    return settings.model_copy(update=changes)


def sampled_reviews(dataset: ReviewDataset, settings: ComparisonConfig) -> frozenset[int]:
    """interaction_idx of the training reviews both variants read."""
    source = SourceTexts.read(dataset).sampled(settings.sample, settings.sample_seed)
    return frozenset(row[0] for row in source.reviews)


def _check(dataset: ReviewDataset, settings: ComparisonConfig, sample: frozenset[int]) -> None:
    """Look at everything that would end the work half-way before anything is asked.

    Raises:
        InputError: no review to read, or no held-out interaction. OllamaError: the server is down or lacks a model.
    """
    if not sample:
        raise InputError("No text in the training reviews", where=f"dataset {dataset.id}", hint="A prompt reads reviews: import some")
    if not len(dataset.rows(settings.split)):
        hint = "Import the reviews again with another split, or compare on the other one"
        raise InputError(f"No interaction in the {settings.split} split", where=f"dataset {dataset.id}", hint=hint)
    for variant in settings.variants:
        asking = settings.extraction(variant).ollama
        if asking is not None:
            server_of(asking).card(asking.model)


class _Work:
    """The stages of one comparison, each told as one step of all."""

    def __init__(
        self,
        workspace: Workspace,
        dataset: ReviewDataset,
        settings: ComparisonConfig,
        progress: Progress,
        stop: Callable[[], bool],
        paused: Callable[[], bool],
    ) -> None:
        self._workspace = workspace
        self._dataset = dataset
        self._settings = settings
        self._progress = progress
        self._stop = stop
        self._paused = paused
        self._steps = 2 * settings.seeds + 5

    def _stage(self, step: int, title: str) -> Progress:
        if self._stop():
            hint = "What was finished is kept; start again to go on"
            raise StoppedError("The comparison was stopped", where=title, hint=hint)
        stage = staged(self._progress, step, self._steps, title)
        stage(ProgressEvent("Starting"))  # a stage that finds its artefact has nothing else to tell
        return stage

    def read(self, side: int) -> Extracted:
        """The extraction of a variant and its profiles."""
        return extract(
            self._workspace,
            self._dataset.id,
            self._settings.extraction(self._settings.variants[side]),
            self._stage(1 + side, f"Reading with {_SIDES[side]}"),
            self._stop,
            paused=self._paused,
            profile_texts=False,
        )

    def train(self, side: int, seed: int, profiles: Artefact) -> Artefact:
        """A training on the profiles of a variant."""
        stage = self._stage(3 + side * self._settings.seeds + seed, f"Training on {_SIDES[side]}, seed {seed}")
        config = self._settings.trainings()[seed]
        return train(self._workspace, self._dataset.id, config, stage, self._stop, profiles=profiles.id)

    def draw(self, side: int, run: Artefact) -> Artefact:
        """The map of a variant."""
        stage = self._stage(3 + 2 * self._settings.seeds + side, f"Map of {_SIDES[side]}")
        return build_map(self._workspace, run.id, _NODES_ONLY, stage, self._stop)

    def result(
        self, extracted: tuple[Extracted, Extracted], runs: list[list[Artefact]], maps: list[Artefact], sample: frozenset[int]
    ) -> Comparison:
        """Measure all runs on the same users and put everything together."""
        stage = self._stage(self._steps, "Comparing")
        stacked = []
        for side in (0, 1):
            stage(ProgressEvent("Measuring", side, 2))
            figures = [self._measured(run) for run in runs[side]]
            stacked.append({metric: np.stack([one[metric] for one in figures]) for metric in METRICS})
        readings = [Reading(one.extraction, sample) for one in extracted]
        changes = {metric: paired_change(stacked[0][metric], stacked[1][metric]) for metric in METRICS}
        outcomes = [
            Outcome(
                label=self._settings.labels[side],
                variant=self._settings.variants[side],
                extraction=extracted[side].extraction.id,
                profiles=extracted[side].profiles.id,
                runs=[run.id for run in runs[side]],
                map=maps[side].id,
                quality=readings[side].quality(),
                figures={metric: [float(value) for value in stacked[side][metric].mean(axis=1)] for metric in METRICS},
            )
            for side in (0, 1)
        ]
        return Comparison(
            dataset=self._dataset.id,
            config=self._settings,
            note=note_of(self._settings),
            n_users=changes[METRICS[0]].n_users,
            n_reviews=len(sample),
            agreement=agreement(*readings),
            a=outcomes[0],
            b=outcomes[1],
            changes={metric: Change.of(change) for metric, change in changes.items()},
        )

    def _measured(self, run: Artefact) -> dict[str, npt.NDArray[np.float64]]:
        """The figures of a run, metric -> float64 [n_users with held-out interactions], in the same order for every run."""
        vectors = RunVectors.load(run.path / "vectors.safetensors")
        tensors = vectors.tensors()
        return measure(tensors, interactions_of(self._dataset), self._settings.split).per_user
