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
_SPLITS = {"random": "Random re-splits", "given": "The dataset's own"}
_FIRST = ("lmmrec", "rlmrec-con", "lightgcn", "ease", "popularity")
_FIRST_WITHOUT_TEXT = ("lightgcn", "simgcl", "bpr-mf", "ease", "popularity")
_SMALL = ("lmmrec", "lightgcn", "ease", "popularity")
_SMALL_WITHOUT_TEXT = ("lightgcn", "ease", "popularity")
_FIELDS = BenchmarkConfig.model_fields


def benchmark_form(space: Workspace, dataset: Artefact) -> None:
    """The form with its count of trainings, the time they may take, and the button that starts the job."""
    text = has_text(artefacts.dataset(dataset))
    models = st.multiselect(
        "Models",
        offered(text),
        default=list(_FIRST if text else _FIRST_WITHOUT_TEXT),
        format_func=spoken,
        key=f"bench-models-{text}",
        help="The first one is compared with each of the others. Type to find a model on another backbone.",
        persist_state="session",
    )
    splits, preset, epochs = _trained(dataset)
    repeated, workers = _repeats(models)
    plain = {"models": models, "splits": splits, "preset": preset, "settings": epochs, **repeated, **_parts(models)}
    config, problem = _checked(dataset, plain)
    st.caption(f":material/error: {literal(problem)}" if config is None else cost_line(space, dataset, config, workers))
    if st.button("Start the benchmark", key="bench-start", type="primary", icon=":material/play_arrow:", disabled=config is None) and (
        config is not None
    ):
        start(space, dataset, config, workers)


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
    read_anew = config.splits == "random" and any(spec.reads_text for spec in config.specs)
    reading = " The reviews of each random split are read first, which comes on top." if read_anew else ""
    if not expected:
        return f"{count} How long they take is not known yet: nothing like them was trained on this dataset.{reading}"
    together = f"{'less than 1 s' if sum(expected) < 1 else f'about {duration(sum(expected))}'} of training"
    beside = "one after another" if workers == 1 else "less on several cores at once" if workers is None else f"over {workers} at once"
    missing = f"; nothing is known of {', '.join(unknown)}" if unknown else ""
    return f"{count} By earlier runs on this dataset {together}, {beside}{missing}. What was trained before is not trained again.{reading}"


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


def _trained(dataset: Artefact) -> tuple[str, str, dict[str, int]]:
    """Splits, preset, and the settings all trainings get on top of it."""
    kind = dataset_kind(dataset)
    names = [*([TUNED] if is_tuned(kind) else []), *presets()]
    cells = st.columns([1.6, 1.2, 1])
    splits = cells[0].segmented_control(
        "Splits",
        list(_SPLITS),
        default="random" if can_resplit(dataset) else "given",
        required=True,
        format_func=_SPLITS.__getitem__,
        key=f"bench-splits-{dataset.id}",
        help=f"{_FIELDS['splits'].description}. Random splits tell how far a result depends on the split",
        persist_state="session",
    )
    notes = ({TUNED: TUNED_NOTE} if TUNED in names else {}) | {name: one.note for name, one in presets().items()}
    preset = cells[1].selectbox(
        "Preset",
        names,
        format_func=str.capitalize,
        key=f"bench-preset-{kind}",
        help="\n".join(f"- {name}: {note}" for name, note in notes.items()),
    )
    epochs = cells[2].number_input(
        "Most epochs", 1, 10_000, None, key="bench-epochs", placeholder="preset's", help="Of every training", persist_state="session"
    )
    return str(splits or "given"), str(preset), {} if epochs is None else {"epochs": int(epochs)}


def _repeats(models: list[str]) -> tuple[dict[str, Any], int | None]:
    """Noise levels and seeds; and how many trainings run at once."""
    reads_text = any(ModelSpec.parse(model).reads_text for model in models)
    cells = st.columns([1.25, 1.25, 0.75, 0.75, 0.9])
    noise = {
        name: cell.multiselect(
            label,
            LEVELS,
            format_func=lambda level: f"{100 * level:g} %",
            key=f"bench-{name}",
            help=_FIELDS[name].description,
            placeholder="none",
            disabled=disabled,
            persist_state="session",
        )
        for cell, name, label, disabled in (
            (cells[0], "noise", "Random interactions", False),
            (cells[1], "text_noise", "Swapped reviews", not reads_text),
        )
    }
    seeds = cells[2].number_input("Seeds", 1, 50, 5, key="bench-seeds", help=_FIELDS["seeds"].description, persist_state="session")
    first = cells[3].number_input(
        "First seed", 0, None, 1, key="bench-first", help=_FIELDS["first_seed"].description, persist_state="session"
    )
    workers = cells[4].number_input(
        "At once",
        1,
        256,
        None,
        key="bench-workers",
        placeholder="1 a core",
        help="Trainings side by side, each on one core",
        persist_state="session",
    )
    if not reads_text:
        noise["text_noise"] = []
    return {**noise, "seeds": int(seeds or 1), "first_seed": int(first or 0)}, None if workers is None else int(workers)


def _parts(models: list[str]) -> dict[str, bool]:
    """Controls and ablations."""
    specs = [ModelSpec.parse(model) for model in models]
    possible = {"controls": any(one.reads_text for one in specs), "ablations": any(one.model == "lmmrec" for one in specs)}
    labels = {"controls": f"Controls: {len(CONTROLS)} a text model", "ablations": f"Ablations: {len(ABLATIONS)} of LMMRec"}
    with st.container(horizontal=True, gap="large"):
        chosen = {
            name: st.toggle(
                label, key=f"bench-{name}", help=_FIELDS[name].description, disabled=not possible[name], persist_state="session"
            )
            for name, label in labels.items()
        }
    return {name: bool(chosen[name] and possible[name]) for name in labels}
