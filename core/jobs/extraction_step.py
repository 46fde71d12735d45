"""From a dataset to its profiles: extraction and "amass" as one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from core.errors import InputError
from core.jobs.locks import exclusive
from core.jobs.settings import validated
from core.jobs.taxonomy_step import chosen_label, extraction_of
from core.progress import Progress, never_stop, silent
from core.storage import content_hash
from core.workspace import Artefact, Workspace

if TYPE_CHECKING:
    from core.extraction.config import ExtractionConfig
    from core.extraction.ollama_estimate import Estimate


@dataclass(frozen=True)
class Extracted:
    """What extraction leaves: the statements of every review, and the profiles made of the training reviews' ones."""

    extraction: Artefact
    profiles: Artefact


def extract(
    workspace: Workspace,
    dataset: str,
    config: dict[str, Any] | BaseModel | None = None,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
    *,
    paused: Callable[[], bool] = never_stop,
    retry_failed: bool = False,
    profile_texts: bool = True,
) -> Extracted:
    """Extract the motivations of a dataset's reviews and build its profiles; what exists already is returned as it is.

    Args:
        config: what differs from the default `core.extraction.run.ExtractionConfig`.
        paused, retry_failed: of a batch of a language model, see `core.extraction.batch.run_batch`.
        profile_texts: False reads the reviews alone, so that the zero-shot backend reads no more than a language model.

    Raises:
        NotFoundError: no such dataset or prompt. InputError: a wrong setting, or another process asks the same of this dataset.
        OllamaError: the server failed. StoppedError: ``stop`` said so. Answers given so far are kept.
    """
    from core.data.dataset import ReviewDataset
    from core.extraction.run import ExtractionConfig, extract_dataset
    from core.motivations.build import build_profiles

    settings = validated(ExtractionConfig, config or {}, "extraction")
    reviews = ReviewDataset.open(workspace, dataset)
    if not profile_texts:
        reviews = replace(reviews, users=reviews.users.assign(profile_text=""), items=reviews.items.assign(profile_text=""))
    settings = settings.model_copy(update={"taxonomy": chosen_label(workspace, settings.taxonomy)})
    with _alone(workspace, reviews.id, settings):
        extraction = extract_dataset(workspace, reviews, settings, progress, stop, paused=paused, retry_failed=retry_failed)
    profiles = build_profiles(workspace, extraction, reviews, progress)
    return Extracted(workspace.wanted(extraction), workspace.wanted(profiles))


@contextmanager
def _alone(workspace: Workspace, dataset: str, settings: ExtractionConfig) -> Iterator[None]:
    """Hold the lock on asking a model about a dataset: two processes at once would put the same questions twice."""
    if settings.ollama is None:
        yield
        return
    asked = settings.ollama.model_dump(mode="json", exclude={"host", "concurrency", "retries", "read_timeout_s"})
    with exclusive(workspace, f"asking-{content_hash(dataset, asked, settings.taxonomy)}"):
        yield


def estimate_extraction(
    workspace: Workspace,
    dataset: str,
    config: dict[str, Any] | BaseModel,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
) -> Estimate:
    """What an extraction by a language model will take, measured on a few real answers, which are kept.

    Raises:
        NotFoundError: no such dataset or prompt. InputError: a wrong setting, or not the ollama backend.
        OllamaError: the server failed. StoppedError: ``stop`` said so.
    """
    from core.data.dataset import ReviewDataset
    from core.extraction.config import ExtractionConfig
    from core.extraction.ollama_estimate import estimate

    settings = validated(ExtractionConfig, config, "extraction")
    if settings.backend != "ollama":
        raise InputError(
            "Only the ollama backend has an estimate", where="--estimate", hint="The zero-shot backend takes seconds; just run it"
        )
    settings = settings.model_copy(update={"taxonomy": chosen_label(workspace, settings.taxonomy)})
    reviews = ReviewDataset.open(workspace, dataset)
    with _alone(workspace, reviews.id, settings):
        return estimate(workspace, reviews, settings, progress, stop)


def ensure_profiles(
    workspace: Workspace,
    dataset: str,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
    *,
    profiles: str | None = None,
) -> Artefact:
    """The profiles of a dataset that are named, else the usual ones; extracted with the default settings where there are none.

    Raises:
        NotFoundError: no such dataset or profiles. InputError: the profiles are of another dataset. StoppedError: ``stop`` said so.
    """
    source = workspace.get("dataset", dataset)
    if profiles is not None:
        return profiles_of_dataset(workspace, source, profiles)
    return usual_profiles(workspace, source) or extract(workspace, dataset, None, progress, stop).profiles


def usual_profiles(workspace: Workspace, dataset: Artefact) -> Artefact | None:
    """What a training reads by itself: the newest profiles; those of a mere sample of the reviews only where there are no others."""
    known = [one for one in workspace.made_from("profiles", dataset) if not one.manifest.byproduct]
    return next((one for one in known if not _of_sample(workspace, one)), known[0] if known else None)


def _of_sample(workspace: Workspace, profiles: Artefact) -> bool:
    extraction = workspace.find("extraction", profiles.manifest.sources.get("extraction", ""))
    return extraction is not None and extraction.manifest.config.get("sample") is not None


def build_profiles_of(workspace: Workspace, dataset: str, extraction: str, progress: Progress = silent) -> Artefact:
    """The profiles made of one extraction of a dataset; those that exist already are returned as they are.

    Raises:
        NotFoundError: no such dataset or extraction. InputError: the extraction is of another dataset.
    """
    from core.data.dataset import ReviewDataset
    from core.motivations.build import build_profiles

    source = extraction_of(workspace, dataset, extraction)
    return workspace.wanted(build_profiles(workspace, source, ReviewDataset.open(workspace, dataset), progress))


def profiles_of_dataset(workspace: Workspace, dataset: Artefact, reference: str) -> Artefact:
    """The profiles of this id (or the newest of this name), if they are the dataset's.

    Raises:
        NotFoundError: no such profiles. InputError: they are of another dataset.
    """
    found = workspace.get("profiles", reference)
    if found.manifest.sources.get("dataset") != dataset.id:
        own = ", ".join(one.id for one in workspace.made_from("profiles", dataset)[:5]) or "none yet"
        raise InputError("These profiles are of another dataset", where=found.id, hint=f"Those of {dataset.id}: {own}")
    return found
