"""The variants of a comparison: a prompt, a model and its settings each, up to four beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import streamlit as st

from app.components.ollama_models import OllamaState
from app.components.page import literal
from app.components.prompt_editor import Edited, load_into_editor
from app.components.prompt_reviews import choose_reviews
from core.errors import InputError
from core.extraction.ollama.chat import ChatOptions
from core.extraction.ollama.context import estimate_tokens, truncation
from core.extraction.ollama.server import ModelCard
from core.extraction.prompts.defaults import default_name
from core.extraction.prompts.store import PromptStore
from core.extraction.prompts.template import PromptTemplate
from core.extraction.taxonomy import Taxonomy
from core.extraction.trial_asking import rendered
from core.extraction.trial_reviews import TrainingReviews
from core.extraction.trials import MAX_VARIANTS, Trial, Variant

EDITOR, EMBEDDED, KEPT = "editor", "zero-shot", "kept:"
_SLOTS, _DRAFTS = "variant slots", "drafts of trials"
_THINK: dict[str, bool | None] = {"off": False, "on": True, "as the model does": None}
_SETTINGS: dict[str, Any] = {**ChatOptions().model_dump(exclude={"think"}), "think": "off"}
_NUMBERS = count()


@dataclass(frozen=True)
class Slot:
    """One variant as it is set up; ``problem`` says why it cannot be asked, "" where it can."""

    variant: Variant | None
    problem: str = ""


def letter(position: int) -> str:
    """What a variant is called on the page: A, B, C, D."""
    return "ABCD"[position]


def variant_setup(
    store: PromptStore, edited: Edited, state: OllamaState, taxonomy: Taxonomy, reviews: TrainingReviews, chosen: Sequence[int]
) -> list[Slot]:
    """The columns of the variants with their settings.

    Args:
        chosen: the reviews to run on, to see whether the longest prompt fits.
    """
    slots, labels = _slots(state), _labels(store, edited.template.domain)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("**Variants**, side by side on the same reviews", width="content")
        full = len(slots) >= MAX_VARIANTS
        st.button("Add a variant", icon=":material/add:", key="add-variant", disabled=full, on_click=_add, type="tertiary")
    found = []
    for position, (column, number) in enumerate(zip(st.columns(len(slots)), slots, strict=True)):
        with column.container(border=True, height="stretch"):
            found.append(_slot(position, number, labels, store, edited, state))
            if found[-1].variant is not None:
                _fit(found[-1].variant, taxonomy, reviews, chosen)
            if found[-1].problem:
                st.caption(f":material/error: {literal(found[-1].problem)}")
    return found


def first_options() -> ChatOptions:
    """The settings of the first variant that asks a model; the default ones where none does."""
    for number in st.session_state.get(_SLOTS, []):
        if st.session_state.get(_key(number, "prompt")) != EMBEDDED:
            return _options(number)
    return ChatOptions()


def load_variants(trial: Trial) -> None:
    """Set the variants and reviews up as a trial has them."""
    drafts: dict[str, PromptTemplate] = st.session_state.setdefault(_DRAFTS, {})
    slots = []
    for variant in trial.variants:
        number = next(_NUMBERS)
        slots.append(number)
        prompt = EMBEDDED if variant.template is None else variant.label
        if prompt is None and variant.template is not None:
            drafts[variant.template.hash] = variant.template
            prompt = f"{KEPT}{variant.template.hash}"
        think = next(word for word, value in _THINK.items() if value is variant.options.think)
        settings = variant.options.model_dump(exclude={"think"}) | {"think": think, "prompt": prompt, "model": variant.model}
        for name, value in settings.items():
            st.session_state[_key(number, name)] = value
    st.session_state[_SLOTS] = slots
    choose_reviews(trial.dataset, trial.reviews)


def _slots(state: OllamaState) -> list[int]:
    if not st.session_state.get(_SLOTS):
        number = next(_NUMBERS)
        st.session_state[_SLOTS] = [number]
        st.session_state[_key(number, "prompt")] = EDITOR if state.chatting else EMBEDDED
    return list(st.session_state[_SLOTS])


def _key(number: int, name: str) -> str:
    return f"variant-{number}-{name}"


def _add() -> None:
    slots = st.session_state[_SLOTS]
    number = next(_NUMBERS)
    for name in (*_SETTINGS, "prompt", "model"):
        if (key := _key(slots[-1], name)) in st.session_state:
            st.session_state[_key(number, name)] = st.session_state[key]
    st.session_state[_SLOTS] = [*slots, number]


def _remove(number: int) -> None:
    st.session_state[_SLOTS] = [slot for slot in st.session_state[_SLOTS] if slot != number]


def _slot(position: int, number: int, labels: list[str], store: PromptStore, edited: Edited, state: OllamaState) -> Slot:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{letter(position)}**", width="content")
        if len(st.session_state[_SLOTS]) > 1:
            st.button("Remove", key=_key(number, "remove"), type="tertiary", icon=":material/close:", on_click=_remove, args=(number,))
    prompt = _prompt(number, labels, edited)
    if prompt == EMBEDDED:
        st.caption("The embedded sentence encoder compares each sentence with the taxonomy. No prompt, no language model: a base line.")
        return Slot(Variant(backend="zero-shot"))
    model = _model(number, state)
    options = _settings(number, state, model)
    template, label, problem = _template(prompt, store, edited)
    if template is None:
        return Slot(None, problem)
    if not state.up:
        problem = problem or "The Ollama server does not answer: answers from the cache only"
    elif state.card(model) is None:
        problem = problem or (f"The server does not have {model}: get it under Models" if model else "No model: get one under Models")
    return Slot(Variant(template=template, label=label, model=model, options=options) if model else None, problem)


def _labels(store: PromptStore, domain: str) -> list[str]:
    """All versions of prompts that read one review, those of the domain's own first."""
    labels = [version.label for name in store.names("review") for version in store.versions(name)]
    return sorted(labels, key=lambda label: not label.startswith(f"{default_name('review', domain)}@"))


def _prompt(number: int, labels: list[str], edited: Edited) -> str:
    kept = [f"{KEPT}{hash}" for hash in st.session_state.get(_DRAFTS, {})]
    key = _key(number, "prompt")
    options = [EDITOR, EMBEDDED, *kept, *labels]
    if st.session_state.get(key) not in options:
        st.session_state[key] = EDITOR
    words = {EDITOR: "in the editor", EMBEDDED: "embedded (zero-shot)"}
    words |= {one: f"draft {one.removeprefix(KEPT)[:6]}" for one in kept}
    chosen = str(st.selectbox("Prompt", options, format_func=lambda one: words.get(one, one), key=key, persist_state="session"))
    if chosen == EDITOR:
        st.caption(edited.title)
    elif chosen in kept:
        st.caption("As it stood in the editor when it was run; not saved")
        st.button(
            "Open in the editor", key=_key(number, "open"), icon=":material/edit:", type="tertiary", on_click=_open, args=(number, edited)
        )
    return chosen


def _open(number: int, edited: Edited) -> None:
    """Go on with an unsaved prompt of a comparison where it was left."""
    prompt = st.session_state[_key(number, "prompt")]
    load_into_editor(edited.base, st.session_state[_DRAFTS][prompt.removeprefix(KEPT)])
    st.session_state[_key(number, "prompt")] = EDITOR


def _template(prompt: str, store: PromptStore, edited: Edited) -> tuple[PromptTemplate | None, str | None, str]:
    if prompt.startswith(KEPT):
        return st.session_state[_DRAFTS][prompt.removeprefix(KEPT)], None, ""
    if prompt != EDITOR:
        version = store.get(prompt)
        return version.template, version.label, ""
    if edited.template.kind != "review":
        return None, None, f"The prompt in the editor is a {edited.template.kind} prompt; here each answer is about one review"
    if edited.problem:
        return None, None, "The template in the editor has an error"
    return edited.template, None if edited.changed else edited.base.label, ""


def _model(number: int, state: OllamaState) -> str:
    cards = {card.name: card for card in state.chatting}
    key = _key(number, "model")
    known = st.session_state.get(key) or ""
    options = [*([known] if known and known not in cards else []), *cards]
    if not known:  # the smallest answers soonest
        st.session_state[key] = min(options, key=lambda name: cards[name].size_bytes) if options else None
    chosen = st.selectbox(
        "Model",
        options,
        key=key,
        placeholder="none at hand",
        disabled=not options,
        persist_state="session",
    )
    card = cards.get(str(chosen))
    if card is not None:
        st.caption(_abilities(card))
    return str(chosen or "")


def _abilities(card: ModelCard) -> str:
    size = f"{card.size_bytes / 1e9:.1f} GB" if card.size_bytes else ""
    context = f"context up to {card.context_length:,}" if card.context_length else ""
    return literal(" · ".join(filter(None, (size, context, ", ".join(card.capabilities)))))


def _options(number: int) -> ChatOptions:
    values = {name: st.session_state.get(_key(number, name)) for name in _SETTINGS}
    plain = {name: _SETTINGS[name] if value is None else value for name, value in values.items()}
    return ChatOptions(**plain | {"think": _THINK[plain["think"]]})


def _settings(number: int, state: OllamaState, model: str) -> ChatOptions:
    for name, value in _SETTINGS.items():
        if st.session_state.get(_key(number, name)) is None:
            st.session_state[_key(number, name)] = value
    options = _options(number)
    with st.popover(_settings_line(options), icon=":material/tune:", key=_key(number, "settings"), width="stretch"):
        fields = ChatOptions.model_fields
        for name, low, step in (("temperature", 0.0, 0.1), ("seed", 0, 1), ("num_ctx", 256, 1024), ("num_predict", 16, 128)):
            st.number_input(
                name,
                min_value=low,
                max_value=2.0 if name == "temperature" else 1_048_576 if name != "seed" else 2**31 - 1,
                step=step,
                key=_key(number, name),
                help=fields[name].description,
                persist_state="session",
            )
        card = state.card(model)
        mute = card is not None and bool(card.capabilities) and "thinking" not in card.capabilities
        st.selectbox(
            "think",
            list(_THINK),
            key=_key(number, "think"),
            disabled=mute,
            help=f"{fields['think'].description}." + (" This model does not think." if mute else ""),
            persist_state="session",
        )
        if card is not None and card.context_length and options.num_ctx > card.context_length:
            st.warning(f"num_ctx is more than the {card.context_length:,} tokens this model was made for.")
    return options


def _settings_line(options: ChatOptions) -> str:
    thinks = {False: "", True: ", thinks", None: ", may think"}[options.think]
    return f"temp. {options.temperature:g}, seed {options.seed}{thinks}"


def _fit(variant: Variant, taxonomy: Taxonomy, reviews: TrainingReviews, chosen: Sequence[int]) -> None:
    """The truncation alarm over all chosen reviews."""
    if variant.template is None or not chosen:
        return
    try:
        prompts = [rendered(variant.template, taxonomy, review) for review in reviews.several(chosen)]
    except InputError as error:
        st.caption(f":material/error: {literal(str(error))}")
        return
    lengths = [estimate_tokens(messages) for messages in prompts]
    too_long = sum(truncation(messages, variant.options, None) is not None for messages in prompts)
    if too_long:
        st.error(
            f"{too_long} of {len(prompts)} prompts do not fit: up to {max(lengths):,} tokens and {variant.options.num_predict:,} for the "
            f"answer exceed the context of {variant.options.num_ctx:,}. The server would cut them silently. Raise num_ctx.",
            icon=":material/content_cut:",
        )
    else:
        st.caption(
            f"Longest prompt about {max(lengths):,} tokens, with {variant.options.num_predict:,} for the answer: "
            f"fits the context of {variant.options.num_ctx:,}."
        )
