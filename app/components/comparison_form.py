"""Setting a comparison up: two variants, the sample, the trainings, what it will cost, and the start."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import artefacts
from app.components.ollama_models import OllamaState
from app.components.page import duration, literal
from core.errors import InputError
from core.extraction.ollama.chat import ChatOptions
from core.extraction.prompts.store import PromptStore, PromptVersion
from core.jobs.comparison_config import SHORT, ZERO_SHOT, ComparisonConfig
from core.jobs.comparison_cost import ComparisonCost, comparison_cost
from core.jobs.launch import launch
from core.jobs.settings import validated
from core.workspace import Artefact, Workspace, now

AWAITED = "comparison awaited since"
_FIRST_SAMPLE = 500
_THINK: dict[str, bool | None] = {"off": False, "on": True, "as the model does": None}
_SPLITS = {"validation": "Validation, to tune prompts by", "test": "Test, for the last word"}


def comparison_form(space: Workspace, dataset: Artefact, state: OllamaState) -> None:
    """The form with its cost line and the button that starts the job; when it did is kept in the session under `AWAITED`."""
    n_texts = artefacts.n_training_texts(dataset)
    if not n_texts:
        st.info("No training review of this dataset has a text, so no prompt can change anything. Choose another dataset.")
        return
    versions = _versions(PromptStore(space), str(dataset.manifest.config.get("domain", "products")))
    first, second = _first_choices(versions)
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        a = _variant("A", "a", versions, first, state)
    with right.container(border=True, height="stretch"):
        b = _variant("B", "b", versions, second, state)
    plain = {"a": a, "b": b, **_common(n_texts)}
    if without := [letter for letter, one in (("A", a), ("B", b)) if "prompt" in one and one["model"] is None]:
        letters = " and ".join(without)
        st.caption(f":material/info: Choose a model for {letters}. A prompt needs one that reads it; the embedded extractor does not.")
        st.button("Start the comparison", key="compare-idle", disabled=True, icon=":material/play_arrow:")
        return
    try:
        config = validated(ComparisonConfig, plain, "comparison")
    except InputError as error:
        st.caption(f":material/error: {literal(error.what)}.")
        st.button("Start the comparison", key="compare-idle", disabled=True, icon=":material/play_arrow:")
        return
    st.caption(cost_line(comparison_cost(space, dataset, config, n_texts)))
    missing = _missing(config, state)
    if missing:
        st.caption(f":material/error: {literal(missing)}")
    if st.button("Start the comparison", key="compare-start", type="primary", icon=":material/play_arrow:", disabled=bool(missing)):
        st.session_state[AWAITED] = now()
        launch(space, "compare-prompts", {"dataset": dataset.id, "config": config.model_dump(mode="json")})
        st.rerun()


def cost_line(cost: ComparisonCost) -> str:
    """What a comparison will take, in one line."""
    parts = []
    if cost.n_questions:
        asking = "" if cost.seconds_asking is None else f" (about {duration(cost.seconds_asking)} at the rate of the last extraction)"
        parts.append(f"at most {cost.n_questions:,} questions to the model{asking}; what was answered before is not asked again")
    training = (
        "" if cost.seconds_training is None else f" (at most about {duration(cost.seconds_training)}, by the last run of this dataset)"
    )
    parts.append(f"{cost.n_trainings} trainings of at most {cost.epochs:,} epochs{training}")
    return f"Cost: {cost.n_reviews:,} reviews read twice, " + "; ".join([*parts, "two maps"]) + "."


def _versions(store: PromptStore, domain: str) -> dict[str, PromptVersion]:
    """Versions of review prompts by label, those of the dataset's domain first, the newest of them first."""
    found = [version for name in store.names("review") for version in store.versions(name)]
    found.sort(key=lambda version: version.created_at, reverse=True)
    found.sort(key=lambda version: version.template.domain != domain)
    return {version.label: version for version in found}


def _first_choices(versions: dict[str, PromptVersion]) -> tuple[str, str]:
    """The newest prompt as B, and as A what it was made from; else the embedded backend."""
    if not versions:
        return ZERO_SHOT, ZERO_SHOT
    newest = next(iter(versions.values()))
    return newest.parent if newest.parent in versions else ZERO_SHOT, newest.label


def _variant(letter: str, side: str, versions: dict[str, PromptVersion], first: str, state: OllamaState) -> dict[str, Any]:
    """One variant as it is set up, as plain data."""
    options = [ZERO_SHOT, *versions]
    key = f"compare-{side}-prompt"
    if st.session_state.get(key) not in options:
        st.session_state[key] = first
    prompt = st.selectbox(
        f"Prompt of {letter}",
        options,
        format_func=lambda one: "embedded (zero-shot)" if one == ZERO_SHOT else one,
        key=key,
        persist_state="session",
    )
    if prompt == ZERO_SHOT:
        st.caption("The embedded sentence encoder compares each sentence with the taxonomy. No prompt, no language model: a base line.")
        return {"backend": ZERO_SHOT}
    if note := versions[prompt].note:
        st.caption(literal(note))
    return {"prompt": prompt, "model": _model(letter, side, state), "options": _options(side)}


def _model(letter: str, side: str, state: OllamaState) -> str | None:
    cards = {card.name: card for card in state.chatting}
    key = f"compare-{side}-model"
    if not st.session_state.get(key):
        st.session_state[key] = next(iter(cards), None)
    known = st.session_state[key]
    chosen = st.selectbox(
        f"Model of {letter}",
        [*([known] if known and known not in cards else []), *cards],
        format_func=lambda name: str(name) if name in cards else f"{name} (not at hand)",
        key=key,
        placeholder="none at hand",
        disabled=not cards,
        persist_state="session",
    )
    return None if chosen is None else str(chosen)


def _options(side: str) -> dict[str, Any]:
    usual, fields = ChatOptions(), ChatOptions.model_fields
    chosen: dict[str, Any] = {}
    with st.popover("Settings", icon=":material/tune:", width="stretch", key=f"compare-{side}-settings"):
        for name, low, high, step in (
            ("temperature", 0.0, 2.0, 0.1),
            ("seed", 0, 2**31 - 1, 1),
            ("num_ctx", 256, 1_048_576, 1024),
            ("num_predict", 16, 1_048_576, 128),
        ):
            value = st.number_input(
                name,
                low,
                high,
                getattr(usual, name),
                step,
                key=f"compare-{side}-{name}",
                help=fields[name].description,
                persist_state="session",
            )
            chosen[name] = getattr(usual, name) if value is None else value
        think = st.selectbox("think", list(_THINK), key=f"compare-{side}-think", help=fields["think"].description, persist_state="session")
    return chosen | {"think": _THINK[str(think or "off")]}


def _common(n_texts: int) -> dict[str, Any]:
    """What is the same for both variants."""
    fields = ComparisonConfig.model_fields
    cells = st.columns([1, 1, 1, 1, 1.6])
    numbers = {}
    for cell, (name, label, low, high, value) in zip(
        cells,
        (
            ("sample", "Reviews both read", 1, n_texts, min(_FIRST_SAMPLE, n_texts)),
            ("sample_seed", "Seed of that draw", 0, 2**31 - 1, 0),
            ("seeds", "Trainings of each", 1, 20, 3),
            ("epochs", "Most epochs", 1, 1000, SHORT.epochs),
        ),
        strict=False,
    ):
        about = fields[name].description if name in fields else "Of each training; it stops earlier when validation no longer gains"
        chosen = cell.number_input(label, low, high, value, key=f"compare-{name}", help=about, persist_state="session")
        numbers[name] = value if chosen is None else int(chosen)
    split = cells[-1].selectbox(
        "Figures on", list(_SPLITS), format_func=_SPLITS.__getitem__, key="compare-split", help=fields["split"].description
    )
    training = SHORT.model_copy(update={"epochs": numbers.pop("epochs")})
    return {**numbers, "training": training, "split": split or "validation"}


def _missing(config: ComparisonConfig, state: OllamaState) -> str:
    """What a variant needs that is not there; "" where all is."""
    wanted = [variant.model for variant in config.variants if variant.model]
    if wanted and not state.up:
        return f"{state.problem}: a prompt needs a model on the Ollama server. Start it with `ollama serve`"
    gone = [model for model in wanted if state.card(model) is None]
    return f"The server does not have {gone[0]}: get it under Models" if gone else ""
