"""`lmmrec search`: tune every model with the same budget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.console import answer, duration, table, working
from core.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, existing

if TYPE_CHECKING:
    from core.jobs.search import Found

_MODELS = "MODEL or MODEL@BACKBONE, several after each other.  [default: all]"


def search(
    datasets: Annotated[list[str], typer.Argument(metavar="DATASET...", help="Ids or names; trials of all are made in turns.")],
    models: Annotated[list[str] | None, typer.Option("--models", metavar="MODEL...", help=_MODELS)] = None,
    trials: Annotated[int, typer.Option(min=1, help="Trials of each model; the first one is its defaults.")] = 20,
    epochs_limit: Annotated[int | None, typer.Option(min=1, help="Most epochs of a trial.  [default: 300]")] = None,
    split_seed: Annotated[int, typer.Option(min=0, help="Split the dataset anew by this seed and search on that.")] = 101,
    splits: Annotated[int, typer.Option(min=1, max=20, help="So many splits, by this and the next seeds; means count.")] = 1,
    given_split: Annotated[bool, typer.Option("--given-split", help="Search on the dataset's own split instead.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Trials at once, one core each.  [default: all cores]")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the trainings and of the settings drawn.")] = 0,
    output: Annotated[Path | None, typer.Option(help="Where settings files go, KIND/MODEL.json.  [default: assets/settings]")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Tune models on validation figures, each with the same number of trials.

    The first trial of a model is its defaults; hopeless ones are given up early. Nothing is measured on the test split. What was
    stopped goes on where it was, and more --trials continue an earlier search. `lmmrec train --preset tuned` takes what was found.
    """
    import os

    from core.jobs.search import search as search_models
    from core.jobs.search_config import SearchConfig
    from core.jobs.settings import validated
    from core.models.config import MODELS
    from core.training.presets import ASSETS

    named = [name.strip() for written in models or [] for name in written.replace(",", " ").split()]
    asked: dict[str, Any] = {"models": tuple(named) or MODELS, "trials": trials, "seed": seed, "workers": workers or os.cpu_count() or 1}
    asked |= {"split_seed": None if given_split else split_seed, "splits": splits} | ({"epochs": epochs_limit} if epochs_limit else {})
    config = validated(SearchConfig, asked, "search")
    place = existing(workspace)
    with working() as (progress, stop):
        found = search_models(place, datasets, config, output=output or ASSETS, progress=progress, stop=stop)
    document = {"config": config.model_dump(mode="json"), "models": [_document(one) for one in found]}
    answer(document, json, lambda: _plain(found))
    if any(one.trouble or one.best is None for one in found):
        raise typer.Exit(1)


def _document(found: Found) -> dict[str, Any]:
    best = found.best
    return {
        "dataset": found.dataset,
        "splits": [dataset for dataset, _ in found.task.splits],
        "profiles": [profiles for _, profiles in found.task.splits if profiles],
        "model": found.label,
        "best": best.model_dump(mode="json") if best else None,
        "settings_file": str(found.path) if best and not found.trouble else None,
        "trouble": found.trouble,
        "trials": [trial.model_dump(mode="json") for trial in found.trials],
    }


def _plain(found: list[Found]) -> str:
    from core.jobs.search_judge import FIGURES

    rows = []
    for one in sorted(found, key=lambda one: (one.dataset, -one.best.value if one.best else 0.0)):
        first = next((trial for trial in one.trials if not trial.settings and trial.state == "complete"), None)
        pairs = [_figures(trial.validation, FIGURES) if trial else "-" for trial in (first, one.best)]
        gone = sum(trial.state != "complete" for trial in one.trials)
        rows.append([one.dataset, one.label, *pairs, len(one.trials), gone, duration(sum(trial.seconds for trial in one.trials))])
    headers = ["dataset", "model", "defaults", "best", "trials", "given up", "took"]
    lines = [f"Validation, {' / '.join(FIGURES)}", "", table(headers, rows), ""]
    lines += [
        f"{one.label} on {one.dataset} was not tuned: {one.trouble or 'every trial failed'}" for one in found if one.trouble or not one.best
    ]
    lines += [f"Written: {one.path}" for one in found if one.best and not one.trouble]
    return "\n".join(lines)


def _figures(validation: dict[str, float], names: tuple[str, ...]) -> str:
    return " / ".join(f"{validation[name]:.4f}" for name in names)
