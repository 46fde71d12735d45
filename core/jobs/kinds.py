"""What a job can be: each kind with the arguments it takes and the call it makes.

The arguments are checked before a process is started, so a typing error is told at once and not in a log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from core.errors import InputError
from core.jobs.kind_settings import config_of, extraction_config, import_request
from core.jobs.settings import validated
from core.progress import Progress, never_stop
from core.training.config import TrainingConfig
from core.workspace import Artefact, Workspace

JobKind = Literal[
    "import",
    "extract",
    "train",
    "map",
    "epoch-map",
    "demo",
    "pipeline",
    "compare-prompts",
    "relabel",
    "discover",
    "profiles",
    "benchmark",
    "sweep",
]
KINDS: tuple[JobKind, ...] = get_args(JobKind)


class _Arguments(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImportArguments(_Arguments):
    """``request``: an `core.data.importing.ImportRequest` as plain data."""

    request: dict[str, Any]


class ExtractArguments(_Arguments):
    """``config``: an `core.extraction.run.ExtractionConfig` as plain data, or what differs from its defaults.

    ``retry_failed``: ask a language model those texts again that failed before.
    """

    dataset: str
    config: dict[str, Any] = {}
    retry_failed: bool = False


class TrainArguments(_Arguments):
    """``config``: what differs from the default training configuration. ``profiles``: none takes the dataset's newest."""

    dataset: str
    config: TrainingConfig = TrainingConfig()
    profiles: str | None = None


class MapArguments(_Arguments):
    """``config``: a `core.maps.build.MapConfig` as plain data, or what differs from its defaults."""

    run: str
    config: dict[str, Any] = {}


class EpochMapArguments(_Arguments):
    """``config``: a `core.maps.epochs.EpochMapConfig` as plain data, or what differs from its defaults."""

    run: str
    config: dict[str, Any] = {}


class DemoArguments(_Arguments):
    """``rebuild``: compute everything anew instead of unpacking what ships."""

    rebuild: bool = False


class PipelineArguments(_Arguments):
    """A raw file to a run and its map: the arguments of each stage, as the single jobs take them."""

    request: dict[str, Any]
    extraction: dict[str, Any] = {}
    training: TrainingConfig = TrainingConfig()
    map: dict[str, Any] = {}


class CompareArguments(_Arguments):
    """``config``: a `core.jobs.comparison_config.ComparisonConfig` as plain data, or what differs from its defaults."""

    dataset: str
    config: dict[str, Any]


class RelabelArguments(_Arguments):
    """``taxonomy``: the version "NAME@V" to name statements with. ``extraction``: none takes the dataset's newest."""

    dataset: str
    taxonomy: str
    extraction: str | None = None


class DiscoverArguments(_Arguments):
    """``name``: none is "DATASET-discovered". ``n_motivations``: none chooses it by the silhouette."""

    dataset: str
    extraction: str | None = None
    name: str | None = None
    n_motivations: int | None = Field(None, ge=2, le=32)
    seed: int = 0
    note: str = ""


class ProfilesArguments(_Arguments):
    """``extraction``: the one whose statements are amassed."""

    dataset: str
    extraction: str


class BenchmarkArguments(_Arguments):
    """``config``: a `core.jobs.benchmark_config.BenchmarkConfig` as plain data, or what differs from its defaults.

    ``workers``: processes at once; none: one a core.
    """

    dataset: str
    config: dict[str, Any]
    workers: int | None = Field(None, ge=1)


class SweepArguments(_Arguments):
    """``config``: a `core.jobs.sweep_config.SweepConfig` as plain data. ``profiles``: none takes the dataset's newest.

    ``workers``: processes at once; none: one a core.
    """

    dataset: str
    config: dict[str, Any]
    profiles: str | None = None
    workers: int | None = Field(None, ge=1)


ARGUMENTS: dict[JobKind, type[_Arguments]] = {
    "import": ImportArguments,
    "extract": ExtractArguments,
    "train": TrainArguments,
    "map": MapArguments,
    "epoch-map": EpochMapArguments,
    "demo": DemoArguments,
    "pipeline": PipelineArguments,
    "compare-prompts": CompareArguments,
    "relabel": RelabelArguments,
    "discover": DiscoverArguments,
    "profiles": ProfilesArguments,
    "benchmark": BenchmarkArguments,
    "sweep": SweepArguments,
}


def checked_arguments(kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments as plain data with absolute paths, ready to be written down.

    Raises:
        InputError: there is no such kind, or an argument is missing, unknown or of the wrong type.
    """
    if kind not in ARGUMENTS:
        raise InputError("No such kind of job", where=kind, hint=f"There are: {', '.join(KINDS)}")
    checked = validated(ARGUMENTS[kind], arguments, f"{kind} job")
    plain = checked.model_dump(mode="json")
    if "request" in plain:
        plain["request"] = import_request(plain["request"])
    if kind == "extract":
        plain["config"] = extraction_config(plain["config"])
    if kind in ("compare-prompts", "benchmark", "sweep", "map", "epoch-map"):
        plain["config"] = config_of(kind, plain["config"])
    if kind == "pipeline":
        plain |= {"extraction": extraction_config(plain["extraction"]), "map": config_of("map", plain["map"])}
    return plain


def has_batch(kind: str, arguments: dict[str, Any]) -> bool:
    """Whether a job of these arguments asks a language model, and so can be paused."""
    if kind == "compare-prompts":
        return any(arguments.get("config", {}).get(side, {}).get("backend", "ollama") == "ollama" for side in ("a", "b"))
    config = arguments.get({"extract": "config", "pipeline": "extraction"}.get(kind, ""), {})
    return isinstance(config, dict) and config.get("backend") == "ollama"


def run_kind(
    kind: str,
    workspace: Workspace,
    arguments: dict[str, Any],
    progress: Progress,
    stop: Callable[[], bool],
    paused: Callable[[], bool] = never_stop,
) -> Artefact:
    """Do what a job of this kind does; the artefact it ends in.

    Args:
        paused: while it says so, a batch of a language model asks nothing new.

    Raises:
        StudioError: whatever the work itself raises.
    """
    from core.jobs import steps

    match ARGUMENTS[kind].model_validate(arguments):  # type: ignore[index]
        case ImportArguments(request=request):
            return steps.import_dataset(workspace, request, progress, stop)
        case ExtractArguments(dataset=dataset, config=config, retry_failed=again):
            return steps.extract(workspace, dataset, config, progress, stop, paused=paused, retry_failed=again).profiles
        case TrainArguments(dataset=dataset, config=training, profiles=profiles):
            return steps.train(workspace, dataset, training, progress, stop, profiles=profiles)
        case MapArguments() | EpochMapArguments() as wanted:
            build = steps.build_map if isinstance(wanted, MapArguments) else steps.build_epoch_maps
            return build(workspace, wanted.run, wanted.config, progress, stop)
        case DemoArguments(rebuild=rebuild):
            return steps.build_demo(workspace, rebuild=rebuild, progress=progress, stop=stop)
        case PipelineArguments(request=request, extraction=extraction, training=training, map=layout):
            return steps.pipeline(workspace, request, extraction, training, layout, progress, stop, paused=paused)
        case CompareArguments(dataset=dataset, config=config):
            from core.jobs.prompt_comparison import compare_prompts

            return compare_prompts(workspace, dataset, config, progress, stop, paused=paused)
        case RelabelArguments(dataset=dataset, taxonomy=taxonomy, extraction=extraction):
            return steps.apply_taxonomy(workspace, dataset, taxonomy, extraction, progress).profiles
        case DiscoverArguments() as wanted:
            return steps.discover_and_try(workspace, **wanted.model_dump(), progress=progress)
        case ProfilesArguments(dataset=dataset, extraction=extraction):
            return steps.build_profiles_of(workspace, dataset, extraction, progress)
        case BenchmarkArguments() | SweepArguments() as many:
            return _train_many(workspace, many, progress, stop)
    raise InputError("No such kind of job", where=kind)


def _train_many(
    workspace: Workspace, wanted: BenchmarkArguments | SweepArguments, progress: Progress, stop: Callable[[], bool]
) -> Artefact:
    """The jobs that train in several processes at once."""
    if isinstance(wanted, BenchmarkArguments):
        from core.jobs.benchmark import benchmark

        return benchmark(workspace, wanted.dataset, wanted.config, progress, stop, workers=wanted.workers)
    from core.jobs.sweep import sweep

    return sweep(workspace, wanted.dataset, wanted.config, progress, stop, profiles=wanted.profiles, workers=wanted.workers)
