"""The demo workspace: from generated reviews to two trained runs and the maps of one of them, computed or unpacked from what ships."""

from __future__ import annotations

import shutil
import sys
import tempfile
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
    n_steps = 4 + len(RUNS)
    dataset, extracted = _compute_text(workspace, n_steps, progress, stop)
    runs = []
    for number, config in enumerate(reversed(RUNS), start=3):
        title = f"Training {config.model}"
        runs.append(steps.train(workspace, dataset.id, config, steps.staged(progress, number, n_steps, title), stop))
    layout = steps.build_map(workspace, runs[-1].id, None, steps.staged(progress, n_steps - 1, n_steps, "Mapping"), stop)
    epochs = steps.build_epoch_maps(workspace, runs[-1].id, None, steps.staged(progress, n_steps, n_steps, "Mapping epochs"), stop)
    return [dataset, extracted.extraction, extracted.profiles, *runs[:-1], layout, epochs, runs[-1]]


def _compute_text(workspace: Workspace, n_steps: int, progress: Progress, stop: Callable[[], bool]) -> tuple[Artefact, steps.Extracted]:
    from core.data.demo.build import demo_dataset

    dataset = demo_dataset(workspace, steps.staged(progress, 1, n_steps, "Generating"))
    return dataset, steps.extract(workspace, dataset.id, None, steps.staged(progress, 2, n_steps, "Extracting"), stop)


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
    """Make the demo in an empty workspace and pack it into ``assets/``: `python -m core.jobs.demo WORKSPACE` (see `make demo-assets`)."""
    (root,) = arguments
    ship(Workspace(root), demo_archive.ARCHIVE)


def ship(workspace: Workspace, archive: Path) -> None:
    """Make the demo in a workspace and pack it.

    Embeddings ship rounded. What is trained on them is trained on the rounded ones, as whoever unpacks the demo has them: so a run's text
    encoders read there what they read in training, to the last bit.
    """
    with tempfile.TemporaryDirectory() as folder:
        exact, packed = Workspace(Path(folder) / "workspace"), Path(folder) / "text.tar.xz"
        dataset, extracted = _compute_text(exact, 2, silent, never_stop)
        demo_archive.pack([dataset, extracted.extraction, extracted.profiles], packed)
        demo_archive.unpack(workspace, packed)
    demo_archive.pack(compute_demo(workspace), archive)


if __name__ == "__main__":
    main(sys.argv[1:])
