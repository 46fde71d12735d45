"""`lmmrec prompts compare`: what a prompt does to recommendations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from core.cli.console import answer, duration, table, working
from core.cli.options import DEFAULT_WORKSPACE, DatasetArgument, JsonOption, SetOption, WorkspaceOption, existing
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.jobs.comparison_result import Comparison, Outcome

_VARIANT = "NAME@V[:MODEL]"


def compare(
    dataset: DatasetArgument,
    a: Annotated[str, typer.Option("--a", metavar=_VARIANT, help="The first variant, or zero-shot for the embedded backend.")],
    b: Annotated[str, typer.Option("--b", metavar=_VARIANT, help="The second one.")],
    model: Annotated[str | None, typer.Option(help="Language model of the variants that name none.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Training reviews both read.  [default: 500]")] = None,
    sample_seed: Annotated[int, typer.Option(min=0, help="Seed of that draw.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, max=20, help="Trainings of each variant, with the same seeds.")] = 3,
    epochs: Annotated[int | None, typer.Option(min=1, help="Most epochs of a training.  [default: 60]")] = None,
    split: Annotated[Literal["validation", "test"], typer.Option(help="Held-out interactions the figures are of.")] = "validation",
    taxonomy: Annotated[str | None, typer.Option(help="Taxonomy of both variants.  [default: by domain]")] = None,
    host: Annotated[str | None, typer.Option(metavar="URL", help="Ollama server.  [default: OLLAMA_HOST, else this machine]")] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, max=64, help="Questions in flight at once.  [default: 4]")] = None,
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say what it will take; a few answers are measured and kept.")] = False,
    background: Annotated[bool, typer.Option("--background", help="Start a job and return; see `lmmrec jobs`, `stop`.")] = False,
    settings: SetOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Follow two prompts down to the recommendations.

    Both read the same reviews; models are trained on what they made of them, and the change of NDCG and Recall is told with its
    interval. --set changes the trainings. What was stopped goes on where it was.
    """
    given = {"sample": sample, "taxonomy": taxonomy, "host": host, "concurrency": concurrency}
    config = _config(a, b, model, epochs, settings or []) | {name: value for name, value in given.items() if value is not None}
    config |= {"sample_seed": sample_seed, "seeds": seeds, "split": split}
    place = existing(workspace)
    if estimate:
        _estimate(place, dataset, config, json)
        return
    if background:
        _launch(place, dataset, config, json)
        return
    from core.jobs.comparison_result import read_comparison
    from core.jobs.prompt_comparison import compare_prompts

    with working() as (progress, stop):
        made = compare_prompts(place, dataset, config, progress, stop)
    found = read_comparison(made)
    answer({"comparison": made.id, **found.model_dump(mode="json")}, json, lambda: _plain(made.id, found))


def _config(a: str, b: str, model: str | None, epochs: int | None, settings: list[str]) -> dict[str, Any]:
    from core.errors import InputError
    from core.jobs.comparison_config import SHORT, variant_of
    from core.jobs.settings import assignments, validated
    from core.training.config import TrainingConfig

    training: dict[str, Any] = dict(assignments(settings, "--set"))
    if "seed" in training:
        raise InputError("The seeds of a comparison are 0, 1, ...", where="--set seed", hint="--seeds says how many")
    if epochs is not None and "epochs" in training:
        raise InputError("Given twice: epochs", where="--set epochs")
    training = {"epochs": epochs or SHORT.epochs} | training
    return {"a": variant_of(a, model), "b": variant_of(b, model), "training": validated(TrainingConfig, training, "training")}


def _estimate(place: Workspace, dataset: str, config: dict[str, Any], json: bool) -> None:
    from core.cli.extraction_settings import estimate_text
    from core.data.dataset import ReviewDataset
    from core.jobs.comparison_cost import comparison_cost
    from core.jobs.prompt_comparison import sampled_reviews, settled
    from core.jobs.steps import estimate_extraction

    source = place.get("dataset", dataset)
    reviews = ReviewDataset.load(source)
    checked = settled(place, reviews, config)
    with working() as (progress, stop):
        asking = [checked.extraction(variant) for variant in checked.variants if variant.backend == "ollama"]
        found = [estimate_extraction(place, source.id, one, progress, stop) for one in asking]
    cost = comparison_cost(place, source, checked, len(sampled_reviews(reviews, checked)))
    known = "" if cost.seconds_training is None else f", about {duration(cost.seconds_training)} by the last run of this dataset"
    trainings = f"{cost.n_trainings} trainings of at most {cost.epochs:,} epochs{known}"
    document = {"extractions": [one.model_dump() | {"tokens": one.tokens} for one in found], **cost.model_dump()}
    answer(document, json, lambda: "\n".join([*map(estimate_text, found), trainings]))


def _launch(place: Workspace, dataset: str, config: dict[str, Any], json: bool) -> None:
    from core.data.dataset import ReviewDataset
    from core.jobs.launch import launch
    from core.jobs.prompt_comparison import settled

    reviews = ReviewDataset.open(place, dataset)
    checked = settled(place, reviews, config)
    job = launch(place, "compare-prompts", {"dataset": reviews.id, "config": checked.model_dump(mode="json")})
    answer({"job": job, "dataset": reviews.id}, json, lambda: f"Job {job} is on its way\n\nNext: lmmrec jobs")


def _plain(identifier: str, found: Comparison) -> str:
    from core.jobs.comparison_result import sentence

    rows = []
    for metric, change in found.changes.items():
        spread = "-" if change.seed_sd is None else f"{change.seed_sd:.4f}"
        interval = f"{change.low:+.4f} to {change.high:+.4f}"
        rows.append([metric, change.mean_a, change.mean_b, f"{change.change:+.4f}", interval, spread])
    level = f"{100 * found.changes['ndcg@20'].level:.0f}% interval over users"
    figures = table([found.config.split, "A", "B", "change", level, "sd over seeds"], rows)
    quality = table(["extraction", "A", "B"], _quality_rows(*found.outcomes))
    head = f"Comparison {identifier}\n  A: {found.a.label}\n  B: {found.b.label}"
    words = "\n".join(sentence(found, metric) for metric in found.changes)
    made = "\n".join(
        f"  {name}: {outcome.extraction}, {', '.join(outcome.runs)}" for name, outcome in zip("AB", found.outcomes, strict=True)
    )
    return f"{head}\n\n{words}\n\n{figures}\n\n{quality}\n\n{found.note}\n\nMade on the way:\n{made}"


def _quality_rows(a: Outcome, b: Outcome) -> list[list[str]]:
    words = {
        "valid_share": "usable answers",
        "grounded_share": "statements that stand in the review",
        "coverage": "reviews with a named motivation",
        "share_other": "statements named other",
    }
    rows = [["reviews", *(f"{one.quality.n_reviews:,}" for one in (a, b))]]
    rows += [[text, *(_share(getattr(one.quality, name)) for one in (a, b))] for name, text in words.items()]
    per_review = [one.quality.per_review for one in (a, b)]
    return [*rows, ["statements a review", *("-" if value is None else f"{value:.2f}" for value in per_review)]]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
