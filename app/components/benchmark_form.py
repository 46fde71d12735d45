"""Setting a benchmark up: models, seeds, splits, what is varied, what it will take, and the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import artefacts
from app.components.benchmark_tables import spoken
from app.components.dataset_card import has_text
from app.components.page import duration, literal
from app.components.training_form import TUNED_NOTE
from core.errors import InputError
from core.jobs.benchmark_cells import check_request
from core.jobs.benchmark_config import ABLATIONS, CONTROLS, BenchmarkConfig, ModelSpec
from core.jobs.benchmark_report import read_benchmark
from core.jobs.launch import launch
from core.jobs.settings import validated
from core.models.config import BACKBONES, MODELS, TEXT_MODELS, WRAPPERS
from core.training.presets import TUNED, configured, dataset_kind, is_tuned, presets
from core.workspace import Artefact, Workspace

AWAITED = "benchmark awaited"
"""Session key: the settings of the benchmark that was started last, until it is there to be shown."""
LEVELS = (0.05, 0.1, 0.2, 0.3)
_SPLITS = {"random": "A random re-split each seed", "given": "The dataset's own split"}
_FIRST = ("lmmrec", "rlmrec-con", "lightgcn", "ease", "popularity")
_FIRST_WITHOUT_TEXT = ("lightgcn", "simgcl", "bpr-mf", "ease", "popularity")
_SMALL = ("lmmrec", "lightgcn", "ease", "popularity")
_SMALL_WITHOUT_TEXT = ("lightgcn", "ease", "popularity")


def benchmark_form(space: Workspace, dataset: Artefact) -> None:
    """The form with its count of trainings, the time they may take, and the button that starts the job."""
    text = has_text(artefacts.dataset(dataset))
    models = st.multiselect(
        "Models",
        offered(text),
        default=list(_FIRST if text else _FIRST_WITHOUT_TEXT),
        format_func=spoken,
        key="bench-models",
        help="The first one is compared with each of the others. Type to find a model on another backbone.",
        persist_state="session",
    )
    plain, workers = {"models": models, **_repeats(dataset)}, _workers_and_epochs()
    plain |= _variants(models)
    if workers["epochs"] is not None:
        plain["settings"] = {"epochs": workers["epochs"]}
    config, problem = _checked(dataset, plain)
    st.caption(f":material/error: {literal(problem)}" if config is None else cost_line(space, dataset, config, workers["workers"]))
    if st.button("Start the benchmark", key="bench-start", type="primary", icon=":material/play_arrow:", disabled=config is None) and (
        config is not None
    ):
        start(space, dataset, config, workers["workers"])


def start(space: Workspace, dataset: Artefact, config: BenchmarkConfig, workers: int | None = None) -> None:
    """Launch a benchmark, and have the page turn to it."""
    plain = config.model_dump(mode="json")
    launch(space, "benchmark", {"dataset": dataset.id, "config": plain, "workers": workers})
    st.session_state[AWAITED] = plain
    st.rerun()


def small_benchmark(dataset: Artefact) -> BenchmarkConfig:
    """A first benchmark: few models, two seeds on the dataset's own split, the fast preset."""
    models = _SMALL if has_text(artefacts.dataset(dataset)) else _SMALL_WITHOUT_TEXT
    return BenchmarkConfig(models=models, seeds=2, splits="given", preset="fast")


def offered(text: bool) -> list[str]:
    """Labels of all models, on LightGCN first, then those on other backbones; without text only models that need none."""
    known = [model for model in MODELS if text or model not in TEXT_MODELS]
    others = [backbone for backbone in BACKBONES if backbone != "lightgcn"]
    return [*known, *(f"{model}:{backbone}" for model in known if model in WRAPPERS for backbone in others)]


def cost_line(space: Workspace, dataset: Artefact, config: BenchmarkConfig, workers: int | None) -> str:
    """How many trainings a benchmark is, and about how long they took before."""
    cells = config.cells()
    per_seed = len(cells) // config.seeds
    count = (
        f"**{len(cells):,} trainings**: {per_seed:,} for each of {config.seeds:,} seeds."
        if config.seeds > 1
        else (f"**{len(cells):,} trainings** with one seed.")
    )
    known = seconds_by_model(space, dataset, config)
    expected = [known[cell.model] for cell in cells if cell.model in known]
    unknown = [spoken(model) for model in config.models if model not in known]
    if not expected:
        return f"{count} How long they take is not known yet: nothing like them was trained on this dataset."
    together = f"about {duration(sum(expected))} of training"
    beside = "one after another" if workers == 1 else "less on several cores at once" if workers is None else f"over {workers} at once"
    missing = f"; nothing is known of {', '.join(unknown)}" if unknown else ""
    return f"{count} By earlier runs on this dataset {together}, {beside}{missing}. What was trained before is not trained again."


def seconds_by_model(space: Workspace, dataset: Artefact, config: BenchmarkConfig) -> dict[str, float]:
    """Seconds a training of each model took in the newest run or benchmark of the dataset, as far as there is one.

    A run of more epochs than the benchmark allows counts for as many as it allows.
    """
    found: dict[str, tuple[float, float]] = {}
    for made in reversed(space.made_from("benchmark", dataset)):
        found |= {one.model: (one.seconds.mean, one.epochs.mean) for one in read_benchmark(made).outcomes if one.kind == "plain"}
    for run in reversed(space.made_from("run", dataset)):
        summary = run.manifest.summary
        if summary.get("seconds") is not None and (label := _label(summary)):
            found[label] = (float(summary["seconds"]), float(summary.get("epochs") or 0))
    kind = dataset_kind(dataset)
    return {model: seconds * _share(kind, model, config, epochs) for model, (seconds, epochs) in found.items() if model in config.models}


def _share(kind: str, model: str, config: BenchmarkConfig, epochs: float) -> float:
    """How much of an earlier training of so many epochs a training of this benchmark is, at most."""
    spec = ModelSpec.parse(model)
    allowed = configured(kind, spec.model, spec.backbone or "lightgcn", preset=config.preset, **config.settings).epochs
    return min(1.0, allowed / epochs) if epochs else 1.0


def _label(summary: Mapping[str, Any]) -> str:
    model, backbone = summary.get("model", ""), summary.get("backbone")
    return f"{model}:{backbone}" if model in WRAPPERS and backbone not in (None, "lightgcn") else str(model)


def _checked(dataset: Artefact, plain: dict[str, Any]) -> tuple[BenchmarkConfig | None, str]:
    """The settings, or why they cannot be used."""
    if not plain["models"]:
        return None, "Choose at least one model."
    try:
        config = validated(BenchmarkConfig, plain, "benchmark")
        check_request(dataset, config)
    except InputError as error:
        return None, f"{error.what}. {_advice(error)}"
    return config, ""


def _advice(error: InputError) -> str:
    """What to do on this page, where the error's own hint is for the command line."""
    if "split anew" in error.what:
        return "Choose the dataset's own split."
    return "Choose another preset." if "preset" in (error.hint or "") + error.what else ""


def can_resplit(dataset: Artefact) -> bool:
    """Whether random splits can be made of a dataset."""
    try:
        check_request(dataset, BenchmarkConfig(models=("popularity",), preset="default"))
    except InputError:
        return False
    return True


def _repeats(dataset: Artefact) -> dict[str, Any]:
    """Preset, splits and seeds."""
    fields, kind = BenchmarkConfig.model_fields, dataset_kind(dataset)
    names = [*([TUNED] if is_tuned(kind) else []), *presets()]
    cells = st.columns([1.5, 1.1, 0.6, 0.6])
    splits = cells[0].segmented_control(
        "Splits",
        list(_SPLITS),
        default="random" if can_resplit(dataset) else "given",
        required=True,
        format_func=_SPLITS.__getitem__,
        key=f"bench-splits-{dataset.id}",
        help=f"{fields['splits'].description}. Random splits tell how far a result depends on the split",
        persist_state="session",
    )
    preset = cells[1].selectbox(
        "Preset",
        names,
        index=names.index(TUNED if TUNED in names else "default"),
        format_func=str.capitalize,
        key=f"bench-preset-{kind}",
        help="; ".join(
            [*([f"Tuned: {TUNED_NOTE}"] if TUNED in names else []), *(f"{name}: {one.note}" for name, one in presets().items())]
        ),
    )
    seeds = cells[2].number_input("Seeds", 1, 50, 5, key="bench-seeds", help=fields["seeds"].description, persist_state="session")
    first = cells[3].number_input(
        "First seed", 0, None, 1, key="bench-first", help=fields["first_seed"].description, persist_state="session"
    )
    return {"splits": splits or "given", "preset": preset, "seeds": int(seeds or 1), "first_seed": int(first or 0)}


def _variants(models: list[str]) -> dict[str, Any]:
    """Noise, controls and ablations."""
    fields = BenchmarkConfig.model_fields
    specs = [ModelSpec.parse(model) for model in models]
    reads_text, ours = any(one.reads_text for one in specs), any(one.model == "lmmrec" for one in specs)
    cells = st.columns([1.1, 1.1, 0.9, 0.9], vertical_alignment="bottom")
    noise = {
        name: cell.multiselect(
            label,
            LEVELS,
            format_func=lambda level: f"{100 * level:g} %",
            key=f"bench-{name}",
            help=fields[name].description,
            placeholder="none",
            disabled=disabled,
            persist_state="session",
        )
        for cell, name, label, disabled in (
            (cells[0], "noise", "Noise: random interactions", False),
            (cells[1], "text_noise", "Noise: swapped reviews", not reads_text),
        )
    }
    controls = cells[2].toggle(
        f"Controls ({len(CONTROLS)})",
        key="bench-controls",
        help=fields["controls"].description,
        disabled=not reads_text,
        persist_state="session",
    )
    ablations = cells[3].toggle(
        f"Ablations ({len(ABLATIONS)})",
        key="bench-ablations",
        help=fields["ablations"].description,
        disabled=not ours,
        persist_state="session",
    )
    if not reads_text:
        noise["text_noise"] = []
    return {**noise, "controls": bool(controls and reads_text), "ablations": bool(ablations and ours)}


def _workers_and_epochs() -> dict[str, int | None]:
    cells = st.columns([1, 1, 2])
    epochs = cells[0].number_input(
        "Most epochs",
        1,
        10_000,
        None,
        key="bench-epochs",
        placeholder="as the preset has it",
        help="Of every training",
        persist_state="session",
    )
    workers = cells[1].number_input(
        "At once",
        1,
        256,
        None,
        key="bench-workers",
        placeholder="one a core",
        help="Trainings side by side, each on one core",
        persist_state="session",
    )
    return {"epochs": None if epochs is None else int(epochs), "workers": None if workers is None else int(workers)}
