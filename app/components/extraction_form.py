"""The form of an extraction: what reads the reviews, which prompt and model, how much of the dataset, and what that will take."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import session
from app.components.extraction_estimate import estimate_view, zero_shot_estimate
from app.components.job_progress import launch_button
from app.components.ollama_models import OllamaState, ollama_state, server_line
from core.extraction.config import ExtractionConfig
from core.extraction.ollama.chat import ChatOptions
from core.extraction.ollama.server import ModelCard
from core.extraction.prompts.defaults import default_name
from core.extraction.prompts.store import PromptStore
from core.extraction.prompts.template import PromptKind
from core.jobs.settings import validated
from core.motivations.taxonomy_store import TaxonomyVersions
from core.workspace import Artefact, Workspace

BACKENDS = {"zero-shot": "Embedded (no server)", "ollama": "Language model (Ollama)"}
BACKEND_NOTES = {
    "zero-shot": "Compares each sentence with the taxonomy's examples. No server, no prompt; the quote is the sentence itself.",
    "ollama": "A prompt asks a local model why each review was written; every answer is checked, and every quote looked for in the review.",
}
_NOT_ASKED = ""
_LEVELS: dict[PromptKind, tuple[str, str]] = {
    "review": ("Prompt for reviews", "One question a training review"),
    "user": ("Prompt for users", "Besides, one question a user over all of their training reviews"),
    "item": ("Prompt for items", "Besides, one question an item over all of its training reviews"),
    "merge": ("Prompt for the merge", "One question a user and an item that merges their statements; without it they are averaged"),
}
_THINK: dict[str, bool | None] = {"off": False, "on": True, "as the model does": None}
_ENCODERS = {"auto": "MiniLM where it is at hand", "minilm": "MiniLM", "tfidf": "TF-IDF"}
_USUAL = ChatOptions()


def extraction_form(space: Workspace, dataset: Artefact, n_reviews: int) -> None:
    """Choose what to extract with, see what it takes, start it.

    Args:
        n_reviews: training reviews with text.
    """
    backend = (
        st.segmented_control(
            "What reads the reviews",
            list(BACKENDS),
            default="zero-shot",
            required=True,
            format_func=BACKENDS.__getitem__,
            key="backend",
            bind="query-params",
        )
        or "zero-shot"
    )
    st.caption(BACKEND_NOTES[backend])
    chosen: dict[str, Any] = {"backend": backend} | _common(space, dataset, n_reviews)
    if backend == "ollama":
        state = ollama_state()
        if not state.up or not state.chatting:
            server_line(state)
            st.button("Start the extraction", disabled=True, icon=":material/play_arrow:", key="no-start")
            return
        config = validated(ExtractionConfig, chosen | {"ollama": _model_settings(space, dataset, state)}, "extraction")
        estimate_view(space, dataset, config)
    else:
        config = validated(ExtractionConfig, chosen | _zero_shot_settings(), "extraction")
        zero_shot_estimate(space, config, n_reviews)
    arguments: dict[str, object] = {"dataset": dataset.id, "config": config.model_dump(mode="json")}
    with st.container(horizontal=True, vertical_alignment="center"):
        launch_button(space, "Start the extraction", "extract", arguments, key="start-extraction")
        st.caption("It runs on its own: close the page, and find it here again. Then the profiles are built from it.")


def _common(space: Workspace, dataset: Artefact, n_reviews: int) -> dict[str, Any]:
    """Taxonomy and part of the dataset."""
    left, middle, right = st.columns(3)
    labels = taxonomy_labels(space, dataset.manifest.config.get("domain", "products"))
    taxonomy = left.selectbox(
        "Taxonomy",
        list(labels),
        format_func=labels.__getitem__,
        key="form-taxonomy",
        help="The motivations an extraction may name. New versions are made under Taxonomy.",
    )
    sampled = middle.segmented_control(
        "Training reviews",
        ["all", "sample"],
        default="all",
        required=True,
        format_func=lambda key: _amount(key, n_reviews),
        key="form-amount",
    )
    if sampled != "sample" or not n_reviews:
        return {"taxonomy": taxonomy or None}
    with right:
        first, second = st.columns(2)
        n = first.number_input("Reviews", 1, n_reviews, min(200, n_reviews), key="form-sample")
        seed = second.number_input("Seed of the draw", 0, value=0, key="form-sample-seed")
    return {"taxonomy": taxonomy or None, "sample": int(n), "sample_seed": int(seed)}


def _amount(key: str, n_reviews: int) -> str:
    return f"All {n_reviews:,}" if key == "all" else "A sample"


def taxonomy_labels(space: Workspace, domain: str) -> dict[str, str]:
    """What the setting "taxonomy" may be -> what to call it; the domain's own first, then the newest version of each name.

    A taxonomy that ships and has no other version goes by its bare name, as extractions always named it.
    """
    versions = TaxonomyVersions(space)
    found = {"": f"{domain}@1, ships for {domain}"}
    for name in sorted(versions.names(), key=lambda one: (one != domain, one)):
        for version in reversed(versions.versions(name)):
            if version.label != f"{domain}@1":
                note = f": {version.note}" if version.note else ""
                found[version.label] = f"{version.label}{note}"
    return found


def _model_settings(space: Workspace, dataset: Artefact, state: OllamaState) -> dict[str, Any]:
    """Model, prompts and the options of its answers."""
    store = PromptStore(space)
    domain = str(dataset.manifest.config.get("domain", "products"))
    left, middle, right = st.columns([2, 2, 1])
    cards = {card.name: card for card in state.chatting}
    model = left.selectbox("Model", list(cards), format_func=lambda name: model_label(cards[name]), key="form-model")
    with middle:
        review = _prompt(store, "review", domain)
        if st.button("Edit it in the prompt studio", type="tertiary", icon=":material/edit_note:", key="edit-prompt"):
            session.open_page("prompt_studio", prompt=review)
    concurrency = right.number_input(
        "At once", 1, 64, 4, key="form-concurrency", help="Questions in flight. More than the server's OLLAMA_NUM_PARALLEL only wait there."
    )
    settings: dict[str, Any] = {"model": model, "prompt": review, "concurrency": int(concurrency)}
    with st.expander("Prompts of the other levels", key="form-levels"):
        for column, kind in zip(st.columns(3), ("user", "item", "merge"), strict=True):
            with column:
                settings[f"{kind}_prompt"] = _prompt(store, kind, domain) or None  # type: ignore[arg-type]
    with st.expander("Options of the answers", key="form-options"):
        settings |= _options()
    return settings


def model_label(card: ModelCard) -> str:
    """A model with what one chooses by: its size, and whether it thinks."""
    size = f"{card.size_bytes / 1e9:.1f} GB" if card.size_bytes else ""
    return " · ".join(filter(None, (card.name, size, "thinks" if "thinking" in card.capabilities else "")))


def _prompt(store: PromptStore, kind: PromptKind, domain: str) -> str:
    """The label of a version; "" where the level is not asked."""
    usual = default_name(kind, domain)
    names = sorted(store.names(kind), key=lambda name: (name != usual, name))
    labels = {version.label: version.note for name in names for version in reversed(store.versions(name))}
    options = list(labels) if kind == "review" else [_NOT_ASKED, *labels]
    title, meaning = _LEVELS[kind]
    key = f"form-prompt-{kind}"
    wanted = session.selected("prompt") if kind == "review" else None
    if key not in st.session_state and wanted in labels:
        st.session_state[key] = wanted
    return str(
        st.selectbox(title, options, format_func=lambda label: _prompt_label(label, labels.get(label, "")), key=key, help=meaning) or ""
    )


def _prompt_label(label: str, note: str) -> str:
    return "not asked" if label == _NOT_ASKED else f"{label} · {note}" if note else label


def _options() -> dict[str, Any]:
    """How answers are sampled, how long they may be, and how often one that cannot be used is asked for again."""
    first = st.columns(4)
    temperature = first[0].number_input("Temperature", 0.0, 2.0, _USUAL.temperature, 0.1, key="form-temperature", help="0: the likeliest")
    seed = first[1].number_input("Seed", 0, value=_USUAL.seed, key="form-seed")
    context = first[2].number_input(
        "Context (num_ctx)", 512, 262_144, _USUAL.num_ctx, 1024, key="form-num-ctx", help="Tokens of prompt and answer together"
    )
    longest = first[3].number_input("Longest answer (num_predict)", 16, 65_536, _USUAL.num_predict, 128, key="form-num-predict")
    second = st.columns(4)
    think = second[0].selectbox("Thinking", list(_THINK), key="form-think", help="Only models that can think take notice")
    retries = second[1].number_input("Retries", 0, 10, 2, key="form-retries", help="With what was wrong shown to the model")
    silence = second[2].number_input(
        "Longest silence (s)", 1, 3600, 120, key="form-silence", help="Within an answer, before it counts as failed"
    )
    return {
        "options": {
            "temperature": float(temperature),
            "seed": int(seed),
            "num_ctx": int(context),
            "num_predict": int(longest),
            "think": _THINK[str(think)],
        },
        "retries": int(retries),
        "read_timeout_s": float(silence),
    }


def _zero_shot_settings() -> dict[str, Any]:
    with st.expander("Options of the embedded extractor", key="form-zero-shot"):
        left, middle, right = st.columns(3)
        encoder = left.selectbox("Sentence encoder", list(_ENCODERS), format_func=_ENCODERS.__getitem__, key="form-encoder")
        threshold = middle.number_input(
            "Lowest evidence",
            -1.0,
            2.0,
            None,
            0.01,
            key="form-threshold",
            placeholder="as measured",
            help="For a named motivation, not Other",
        )
        temperature = right.number_input(
            "Margin at confidence 0.76", 0.001, 2.0, None, 0.01, key="form-margin", placeholder="as measured", format="%.3f"
        )
    return {"encoder": encoder, "threshold": threshold, "temperature": temperature}
