"""The demo corpus -> a dataset of the workspace, with the truth it was made from kept beside it."""

from __future__ import annotations

from pathlib import Path

from core.data.assemble import assemble, publish_dataset
from core.data.demo.corpus import Corpus, make_corpus
from core.progress import Progress, ProgressEvent, silent
from core.storage import write_parquet
from core.workspace import Artefact, Workspace

NAME = "demo"
SEED = 0
PLANTED = "planted"
_STEPS = 3


def demo_dataset(workspace: Workspace, progress: Progress = silent) -> Artefact:
    """Generate the demo and publish it as the dataset "demo" (5-core, 3:1:1 per user), marked as generated.

    The truth goes into the artefact's own folder for it, in the frames of `core.data.demo.corpus.Corpus.planted`. Nothing in
    the pipeline reads it; `core.evaluation.planted` scores the pipeline by it.

    Raises:
        StorageError: the disk refused; nothing was changed.
    """
    progress(ProgressEvent("Writing the demo's reviews", 0, _STEPS))
    corpus = make_corpus(SEED)
    progress(ProgressEvent("Filtering and splitting", 1, _STEPS))
    dataset = assemble(corpus.reviews, corpus.items, corpus.users, name=NAME, domain="places", seed=SEED, generated=True)
    progress(ProgressEvent("Saving the demo", 2, _STEPS))
    config = {"source": "core.data.demo", "seed": SEED}
    artefact = publish_dataset(workspace, dataset, config, generated=True, write_more=lambda folder: _write_truth(corpus, folder))
    progress(ProgressEvent("Saving the demo", _STEPS, _STEPS))
    return artefact


def _write_truth(corpus: Corpus, folder: Path) -> None:
    for name, frame in corpus.planted.items():
        write_parquet(folder / PLANTED / f"{name}.parquet", frame)
