"""From a dataset to its profiles: extraction and "amass" as one step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from core.jobs.settings import validated
from core.progress import Progress, never_stop, silent
from core.workspace import Artefact, Workspace


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
) -> Extracted:
    """Extract the motivations of a dataset's reviews and build its profiles; what exists already is returned as it is.

    Args:
        config: what differs from the default `core.extraction.run.ExtractionConfig`.

    Raises:
        NotFoundError: no such dataset. InputError: a wrong setting. StoppedError: ``stop`` said so.
    """
    from core.data.dataset import ReviewDataset
    from core.extraction.run import ExtractionConfig, extract_dataset
    from core.motivations.build import build_profiles

    settings = validated(ExtractionConfig, config or {}, "extraction")
    reviews = ReviewDataset.open(workspace, dataset)
    extraction = extract_dataset(workspace, reviews, settings, progress, stop)
    return Extracted(extraction, build_profiles(workspace, extraction, reviews, progress))


def ensure_profiles(workspace: Workspace, dataset: str, progress: Progress = silent, stop: Callable[[], bool] = never_stop) -> Artefact:
    """The newest profiles of a dataset; extracted with the default settings where there are none.

    Raises:
        NotFoundError: no such dataset. StoppedError: ``stop`` said so.
    """
    known = workspace.made_from("profiles", workspace.get("dataset", dataset))
    return known[0] if known else extract(workspace, dataset, None, progress, stop).profiles
