"""The demo workspace: from generated reviews to two trained runs and the maps of one of them, computed or unpacked from what ships."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from core.jobs import demo_archive, steps
from core.progress import Progress, never_stop, silent
from core.training.config import TrainingConfig
from core.workspace import Artefact, Workspace

RUNS = (TrainingConfig(), TrainingConfig(model="lightgcn"))
"""What is trained on the demo; the first is the run the demo ends in."""


def build_demo(
    workspace: Workspace,
    *,
    rebuild: bool = False,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
    archive: Path = demo_archive.ARCHIVE,
) -> Artefact:
    """Put the demo into a workspace; what it holds already is left as it is.

    Args:
        rebuild: compute everything anew from nothing and replace what is there.
        archive: the prebuilt demo; where the file is missing the demo is computed.

    Returns:
        The demo's LMMRec run.

    Raises:
        StorageError: the disk refused; nothing was changed. StoppedError: ``stop`` said so.
    """
    if rebuild:
        return _rebuild(workspace, progress, stop)
    if archive.exists():
        return demo_archive.unpack(workspace, archive, progress)
    return compute_demo(workspace, progress, stop)[-1]


def compute_demo(workspace: Workspace, progress: Progress = silent, stop: Callable[[], bool] = never_stop) -> list[Artefact]:
    """Make the demo's artefacts one by one, sources first, the LMMRec run last; what exists is not computed again."""
    from core.data.demo.build import demo_dataset

    n_steps = 4 + len(RUNS)
    dataset = demo_dataset(workspace, steps.staged(progress, 1, n_steps, "Generating"))
    extracted = steps.extract(workspace, dataset.id, None, steps.staged(progress, 2, n_steps, "Extracting"), stop)
    runs = []
    for number, config in enumerate(reversed(RUNS), start=3):
        title = f"Training {config.model}"
        runs.append(steps.train(workspace, dataset.id, config, steps.staged(progress, number, n_steps, title), stop))
    layout = steps.build_map(workspace, runs[-1].id, None, steps.staged(progress, n_steps - 1, n_steps, "Mapping"), stop)
    epochs = steps.build_epoch_maps(workspace, runs[-1].id, None, steps.staged(progress, n_steps, n_steps, "Mapping epochs"), stop)
    return [dataset, extracted.extraction, extracted.profiles, *runs[:-1], layout, epochs, runs[-1]]


def _rebuild(workspace: Workspace, progress: Progress, stop: Callable[[], bool]) -> Artefact:
    """Compute in a workspace of its own, then move everything in: a stopped rebuild leaves the old demo.

    Only the cache of sentence embeddings is shared: it is keyed by content, and what a stopped rebuild embedded is not lost.
    """
    staging = workspace.new_draft("demo")
    try:
        fresh = Workspace(staging / "workspace")
        workspace.cache.mkdir(exist_ok=True)
        fresh.cache.symlink_to(workspace.cache, target_is_directory=True)
        made = compute_demo(fresh, progress, stop)
        return [workspace.adopt(artefact.path) for artefact in made][-1]
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def main(arguments: list[str]) -> None:
    """Pack the demo of a workspace into ``assets/``: `python -m core.jobs.demo WORKSPACE` (see `make demo-assets`)."""
    (root,) = arguments
    demo_archive.pack(compute_demo(Workspace(root, create=False)), demo_archive.ARCHIVE)


if __name__ == "__main__":
    main(sys.argv[1:])
