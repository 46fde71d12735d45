"""`lmmrec extract`, `train` and `evaluate`: the stages between a dataset and what a run can answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from core.cli.console import answer, duration, table, working
from core.cli.options import DEFAULT_WORKSPACE, DatasetArgument, JsonOption, RunArgument, SetOption, WorkspaceOption, existing
from core.models.config import BackboneName, ModelName
from core.workspace import Artefact, Workspace

PromptOption = Annotated[str | None, typer.Option(metavar="NAME@V", help="Prompt that reads a review.  [default: by domain]")]


def extract(
    dataset: DatasetArgument,
    backend: Annotated[Literal["zero-shot", "ollama"], typer.Option(help="What reads the reviews.")] = "zero-shot",
    taxonomy: Annotated[str | None, typer.Option(help="A version NAME@V, a name (its newest), or a file.  [default: by domain]")] = None,
    model: Annotated[str | None, typer.Option(help="Language model on the Ollama server, as `ollama list` shows it.")] = None,
    prompt: PromptOption = None,
    user_prompt: Annotated[str | None, typer.Option(metavar="NAME@V", help="Also ask about each user with this prompt.")] = None,
    item_prompt: Annotated[str | None, typer.Option(metavar="NAME@V", help="Also ask about each item with this prompt.")] = None,
    merge_prompt: Annotated[str | None, typer.Option(metavar="NAME@V", help="Let the model merge statements with this prompt.")] = None,
    host: Annotated[str | None, typer.Option(metavar="URL", help="Ollama server.  [default: OLLAMA_HOST, else this machine]")] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, max=64, help="Questions in flight at once.  [default: 4]")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Read only so many training reviews.  [default: all]")] = None,
    sample_seed: Annotated[int | None, typer.Option(min=0, help="Seed of that draw.  [default: 0]")] = None,
    estimate: Annotated[bool, typer.Option("--estimate", help="Measure a few answers and say what the whole will take.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Ask those texts again that failed before.")] = False,
    background: Annotated[bool, typer.Option("--background", help="Start a job and return; see `lmmrec jobs`, `pause`, `stop`.")] = False,
    settings: SetOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Read motivations out of a dataset's reviews.

    Then the profiles of its users and items are built from those of the training reviews. A language model is asked each text
    once; what was stopped goes on where it was.
    """
    from core.cli.extraction_settings import extraction_config
    from core.jobs import steps
    from core.jobs.settings import assignments

    general = {"taxonomy": taxonomy, "sample": sample, "sample_seed": sample_seed}
    prompts = {"prompt": prompt, "user_prompt": user_prompt, "item_prompt": item_prompt, "merge_prompt": merge_prompt}
    asked = {"model": model, **prompts, "host": host, "concurrency": concurrency}
    config = extraction_config(backend, general, asked, assignments(settings or [], "--set"))
    place = existing(workspace)
    if estimate:
        _estimate(place, dataset, config, json)
        return
    if background:
        _launch(place, {"dataset": place.get("dataset", dataset).id, "config": config, "retry_failed": retry_failed}, json)
        return
    with working() as (progress, stop):
        made = steps.extract(place, dataset, config, progress, stop, retry_failed=retry_failed)
    document = {
        "extraction": made.extraction.id,
        "profiles": made.profiles.id,
        "dataset": made.extraction.manifest.sources["dataset"],
        "backend": backend,
        **made.extraction.manifest.summary,
        "profile_summary": made.profiles.manifest.summary,
    }
    answer(document, json, lambda: _listed(document) + _failed(document) + f"\n\nNext: lmmrec train {dataset}")


def _estimate(place: Workspace, dataset: str, config: dict[str, Any], json: bool) -> None:
    from core.cli.extraction_settings import estimate_text
    from core.jobs.steps import estimate_extraction

    with working() as (progress, stop):
        found = estimate_extraction(place, dataset, config, progress, stop)
    answer(found.model_dump() | {"tokens": found.tokens}, json, lambda: estimate_text(found))


def _launch(place: Workspace, arguments: dict[str, Any], json: bool) -> None:
    from core.jobs.launch import launch

    job = launch(place, "extract", arguments)
    answer({"job": job, "dataset": arguments["dataset"]}, json, lambda: f"Job {job} is on its way\n\nNext: lmmrec jobs")


def _failed(document: dict[str, Any]) -> str:
    lost = document.get("n_failed", 0)
    return f"\n\n{lost:,} questions failed; --retry-failed asks them again" if lost else ""


def train(
    dataset: DatasetArgument,
    model: Annotated[ModelName, typer.Option(help="What to train.")] = "lmmrec",
    backbone: Annotated[BackboneName, typer.Option(help="The graph encoder inside LMMRec and the models like it.")] = "lightgcn",
    seed: Annotated[int, typer.Option(help="Seed of initialisation, sampling and dropout.")] = 0,
    profiles: Annotated[str | None, typer.Option(metavar="ID", help="Profiles LMMRec reads.  [default: the dataset's newest]")] = None,
    preset: Annotated[str, typer.Option(help="default, fast, thorough, paper, or tuned: what `lmmrec search` found.")] = "default",
    settings: SetOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Train a run.

    One that was stopped goes on where it was. LMMRec extracts first where there are no profiles yet.
    """
    from core.jobs import steps
    from core.jobs.settings import assignments, validated
    from core.training.config import TrainingConfig
    from core.training.presets import dataset_kind, preset_settings

    said = {"model": model, "backbone": backbone, "seed": seed} | assignments(settings or [], "--set")
    validated(TrainingConfig, said, "training")  # a slip of the pen is told before anything is looked up
    place = existing(workspace)
    kind = dataset_kind(place.get("dataset", dataset))
    config = validated(TrainingConfig, preset_settings(kind, model, backbone, preset_name=preset) | said, "training")
    with working() as (progress, stop):
        run = steps.train(place, dataset, config, progress, stop, profiles=profiles)
    document = run_document(run)
    answer(document, json, lambda: _plain_run(document))


def run_document(run: Artefact) -> dict[str, Any]:
    """What is said of a run: ids, model, epochs, seconds and its validation and test figures."""
    manifest = run.manifest
    return {"run": run.id, "dataset": manifest.sources["dataset"], "profiles": manifest.sources.get("profiles"), **manifest.summary}


def _plain_run(document: dict[str, Any]) -> str:
    head = f"{document['model']}, seed {document['seed']}: {document['epochs']} epochs in {duration(document['seconds'])}"
    figures = figures_table({name: document[name] for name in ("validation", "test") if document.get(name)})
    return f"Run {document['run']}\n  {head}\n\n{figures}\n\nNext: lmmrec map {document['run']}"


def figures_table(splits: dict[str, dict[str, float]]) -> str:
    """Metrics down, splits across."""
    names = list(dict.fromkeys(name for figures in splits.values() for name in figures))
    return table(["metric", *splits], [[name, *(figures.get(name, float("nan")) for figures in splits.values())] for name in names])


def evaluate(
    run: RunArgument,
    split: Annotated[Literal["train", "validation", "test"], typer.Option(help="Which interactions have to be found.")] = "test",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Measure a run: Recall@K and NDCG@K.

    All items outside the training history are ranked for every user; K = 5, 10, 20.
    """
    from core.jobs.steps import evaluate_run

    place = existing(workspace)
    with working():
        evaluation = evaluate_run(place, run, split)
    figures = evaluation.pop("metrics")
    document = {**evaluation, **figures}
    head = f"Run {evaluation['run']}, {evaluation['users']:,} users with {split} interactions"
    answer(document, json, lambda: f"{head}\n\n{figures_table({split: figures})}")


def _listed(document: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {_value(value)}" for name, value in document.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(part)}" for name, part in value.items())
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
