"""`lmmrec benchmark`: models side by side on the same data, with tests, noise, controls and ablations."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from core.cli.console import answer, working
from core.cli.options import DEFAULT_WORKSPACE, DatasetArgument, JsonOption, SetOption, WorkspaceOption, existing
from core.workspace import Workspace

_MANY = ("--models", "--noise", "--text-noise")


class ManyValues(TyperCommand):
    """A command whose options named in `_MANY` take several values: "--models a b" is read as "--models a --models b"."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option before each value, then read on as usual."""
        return super().parse_args(ctx, spread(args))


def spread(arguments: list[str]) -> list[str]:
    """Arguments with the options of `_MANY` repeated before each of their values.

    >>> spread(["music", "--models", "ease", "lmmrec", "--json"])
    ['music', '--models', 'ease', '--models', 'lmmrec', '--json']
    """
    found: list[str] = []
    current, fresh = "", False
    for argument in arguments:
        if argument.startswith("-"):
            current, fresh = argument if argument in _MANY else "", True
            found.append(argument)
        elif current and not fresh:
            found += [current, argument]
        else:
            found.append(argument)
            fresh = False
    return found


def benchmark(
    dataset: DatasetArgument,
    models: Annotated[list[str], typer.Option(metavar="NAME[:BACKBONE]...", help="Models; the others are peers of the first.")],
    seeds: Annotated[int, typer.Option(min=1, max=50, help="Seeds of every model and variant.")] = 5,
    first_seed: Annotated[int, typer.Option(min=0, help="The first of them.")] = 1,
    splits: Annotated[Literal["random", "given"], typer.Option(help="A random split a seed, or the dataset's own for all.")] = "random",
    preset: Annotated[str, typer.Option(help="Settings of each model: tuned, default, ...")] = "tuned",
    noise: Annotated[list[float] | None, typer.Option(metavar="SHARE...", help="Also with random interactions added.")] = None,
    text_noise: Annotated[list[float] | None, typer.Option(metavar="SHARE...", help="Also with reviews swapped between users.")] = None,
    controls: Annotated[bool, typer.Option("--controls", help="Text models also with shuffled, random and no text.")] = False,
    ablations: Annotated[bool, typer.Option("--ablations", help="LMMRec also without each of its parts.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes at once.  [default: one a core]")] = None,
    extraction: Annotated[
        list[str] | None, typer.Option("--extraction", metavar="KEY=VALUE", help="How reviews are read, other than by default; repeat.")
    ] = None,
    background: Annotated[bool, typer.Option("--background", help="Start a job and return; see `lmmrec jobs`, `stop`.")] = False,
    settings: SetOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Train and measure models side by side.

    Every model gets the same splits and seeds; figures are of the test split, differences come with tests over users and over splits.
    --set changes the trainings of all. What was stopped goes on where it was.
    """
    from core.jobs.benchmark_config import BenchmarkConfig
    from core.jobs.settings import assignments, validated

    plain = {
        "models": models, "seeds": seeds, "first_seed": first_seed, "splits": splits, "preset": preset, "noise": noise or (),
        "text_noise": text_noise or (), "controls": controls, "ablations": ablations,
        "settings": assignments(settings or [], "--set"), "extraction": assignments(extraction or [], "--extraction"),
    }  # fmt: skip
    config = validated(BenchmarkConfig, plain, "benchmark")
    place = existing(workspace)
    if background:
        _launch(place, dataset, config.model_dump(mode="json"), workers, json)
        return
    from core.cli.benchmark_text import report_text
    from core.jobs.benchmark import benchmark as run
    from core.jobs.benchmark_report import read_benchmark

    with working() as (progress, stop):
        made = run(place, dataset, config, progress, stop, workers=workers)
    found = read_benchmark(made)
    answer({"benchmark": made.id, **found.model_dump(mode="json")}, json, lambda: f"Benchmark {made.id}\n\n{report_text(found)}")


def _launch(place: Workspace, dataset: str, config: dict[str, Any], workers: int | None, json: bool) -> None:
    from core.jobs.launch import launch

    source = place.get("dataset", dataset).id
    job = launch(place, "benchmark", {"dataset": source, "config": config, "workers": workers})
    answer({"job": job, "dataset": source}, json, lambda: f"Job {job} is on its way\n\nNext: lmmrec jobs")
