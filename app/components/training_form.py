"""The form of a training, made from the configuration's own JSON schema: names, bounds, defaults and what each setting is."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import ValidationError

from core.errors import InputError
from core.models.config import BACKBONES, MODELS, TEXT_MODELS, WRAPPERS, BackboneName, ModelName
from core.training.config import TrainingConfig
from core.training.presets import TUNED, configured, is_tuned, presets
from core.training.used_settings import PERTURBATIONS, used_settings

# Settings in the order a person thinks of them. What no group names comes last, so that a new setting is never lost.
GROUPS: dict[str, tuple[str, ...]] = {
    "Model": (
        "form",
        "slot_dim",
        "behaviour_dim",
        "part_weight",
        "dim",
        "layers",
        "motivation_gate",
        "other_gate",
        "prototypes",
        "prototype_temperature",
        "text_dim",
        "text_hidden",
        "text_dropout",
        "text_scale",
        "slot_text_scale",
        "experts",
        "shared_experts",
    ),
    "Recommendation loss": ("loss", "negatives", "temperature", "regularisation"),
    "Alignment of text and behaviour": (
        "mcs_weight",
        "mcs_temperature",
        "slot_mcs_weight",
        "align_every",
        "aligned_nodes",
        "slot_nodes",
        "itcm_weight",
        "itcm_alpha",
        "momentum",
        "independence_weight",
        "align_weight",
        "align_temperature",
        "mask_ratio",
        "intent_weight",
        "translation_weight",
        "matching_weight",
    ),
    "Backbone": (
        "layer_combination",
        "edge_keep",
        "initial_scale",
        "ssl_weight",
        "ssl_temperature",
        "view_noise",
        "view_keep",
        "intents",
        "mask_seeds",
    ),
    "Optimisation": ("learning_rate", "batch_size", "evaluate_every", "patience", "metric", "precision"),
}
TUNED_NOTE = "What a search found best on the validation figures of a dataset like this, with the same number of trials for every model."
ALWAYS_SHOWN = ("model", "backbone", "seed", "epochs", "device")
_LABELS = {
    "mcs_weight": "MCS weight",
    "mcs_temperature": "MCS temperature",
    "slot_mcs_weight": "MCS weight per slot",
    "itcm_weight": "ITCM weight",
    "itcm_alpha": "ITCM alpha",
    "slot_dim": "Dimensions of a slot",
    "behaviour_dim": "Dimensions of behaviour",
    "dim": "Dimensions of the vector",
    "text_dim": "Dimensions of the text",
    "ssl_weight": "Weight of the contrast of views",
    "ssl_temperature": "Temperature of the contrast of views",
    "ease_weight": "EASE ridge penalty",
    "ease_text": "EASE weight of item text",
}
_CHOICES = {"device": ("auto", "cpu", "cuda", "mps")}
SPOKEN = {
    "lmmrec": "LMMRec",
    "rlmrec-con": "RLMRec-Con",
    "rlmrec-gen": "RLMRec-Gen",
    "kar": "KAR",
    "alpharec": "AlphaRec",
    "irllrec": "IRLLRec",
    "ease": "EASE",
    "ease-text": "EASE with item text",
    "popularity": "Popularity",
    "bpr-mf": "BPR-MF",
    "lightgcn": "LightGCN",
    "gccf": "GCCF",
    "sgl": "SGL",
    "simgcl": "SimGCL",
    "dccf": "DCCF",
    "autocf": "AutoCF",
    "slots": "named slots",
    "vector": "one vector",
    "bpr": "BPR",
    "softmax": "sampled softmax",
}


def settings_form(*, has_text: bool, kind: str) -> TrainingConfig:
    """The settings as chosen in the form; their state is kept under keys that begin with "train-".

    Args:
        has_text: whether the dataset has texts; without any only models that need none are offered.
        kind: of the dataset, see `core.training.presets.dataset_kind`; "tuned" is offered where its settings were searched.

    Raises:
        InputError: the settings do not fit together, or a settings file is damaged.
    """
    fields = TrainingConfig.model_json_schema()["properties"]
    preset = (
        st.segmented_control(
            "Preset",
            [*presets(), *([TUNED] if is_tuned(kind) else [])],
            default="default",
            required=True,
            format_func=str.capitalize,
            key="preset",
            bind="query-params",
        )
        or "default"
    )
    st.caption(TUNED_NOTE if preset == TUNED else presets()[preset].note)
    chosen: dict[str, Any] = {}
    cells = dict(zip(ALWAYS_SHOWN, st.columns(len(ALWAYS_SHOWN)), strict=True))
    offered = [model for model in MODELS if has_text or model not in TEXT_MODELS]
    with cells["model"]:
        default = "lmmrec" if has_text else "lightgcn"
        chosen["model"] = _field("model", {**fields["model"], "enum": offered}, default, preset)
    with cells["backbone"]:
        chosen["backbone"] = _backbone(chosen["model"], fields["backbone"], preset)
    base = _base(kind, chosen["model"], chosen["backbone"], preset)
    scope = f"{preset}-{chosen['model']}-{chosen['backbone']}"
    for name in ALWAYS_SHOWN[2:]:
        with cells[name]:
            chosen[name] = _field(name, fields[name], base[name], scope)
    with st.expander("All settings"):
        form = None
        for group, names in _grouped(fields).items():
            st.markdown(f"**{group}**")
            columns = st.columns(3)
            for position, name in enumerate(names):
                with columns[position % 3]:
                    used = used_settings(chosen["model"], chosen["backbone"], form) | _perturbations(chosen["model"])
                    chosen[name] = _field(name, fields[name], base[name], scope, disabled=name not in used)
                form = chosen.get("form")
    return checked(chosen)


def _backbone(model: ModelName, schema: dict[str, Any], preset: str) -> BackboneName:
    """The backbone chosen; a backbone is its own, and the choice is idle for models that take none."""
    own = model if model in BACKBONES else "lightgcn"
    found: BackboneName = _field("backbone", schema, own, f"{preset}-{model}", disabled=model not in WRAPPERS)
    return found


def _perturbations(model: ModelName) -> frozenset[str]:
    """Settings of noise and controls that mean something to a model."""
    return PERTURBATIONS if model in TEXT_MODELS else PERTURBATIONS - {"text_control", "text_noise"}


def _base(kind: str, model: ModelName, backbone: BackboneName, preset: str) -> dict[str, Any]:
    """What the form begins with: the preset's settings of the model, else its defaults, which is then said."""
    try:
        return configured(kind, model, backbone, preset=preset).model_dump()
    except InputError:
        st.caption(f"This preset has no settings of {SPOKEN[model]}: the defaults are shown.")
        return configured(kind, model, backbone, preset="default").model_dump()


def checked(chosen: dict[str, Any]) -> TrainingConfig:
    """The settings as a configuration.

    Raises:
        InputError: a value is wrong; says which.
    """
    try:
        return TrainingConfig.model_validate(chosen)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"This setting cannot be used: {first['msg']}", where=".".join(map(str, first["loc"])) or None) from error


def _grouped(fields: dict[str, Any]) -> dict[str, list[str]]:
    groups = {group: [name for name in names if name in fields] for group, names in GROUPS.items()}
    named = {name for names in groups.values() for name in names} | set(ALWAYS_SHOWN)
    rest = [name for name in fields if name not in named]
    return groups | ({"Further settings": rest} if rest else {})


def label_of(name: str) -> str:
    """A setting's name as people read it."""
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def _field(name: str, schema: dict[str, Any], default: Any, preset: str, *, disabled: bool = False) -> Any:
    label, help_text, key = label_of(name), schema.get("description"), f"train-{preset}-{name}"
    options = schema.get("enum") or ([schema["const"]] if "const" in schema else None) or _CHOICES.get(name)
    if options:
        ordered = list(options)
        return st.selectbox(
            label,
            ordered,
            index=ordered.index(default),
            format_func=lambda value: SPOKEN.get(value, str(value)),
            help=help_text,
            key=key,
            disabled=disabled,
        )
    if schema.get("type") == "boolean":
        return st.toggle(label, default, help=help_text, key=key, disabled=disabled)
    if schema.get("type") in ("integer", "number"):
        whole = schema["type"] == "integer"
        low, high = bounds(schema)
        value = st.number_input(
            label,
            min_value=low,
            max_value=high,
            value=int(default) if whole else float(default),
            step=1 if whole else step_of(float(default)),
            format="%d" if whole else "%g",
            help=help_text,
            key=key,
            disabled=disabled,
        )
        return default if value is None else value
    return st.text_input(label, str(default), help=help_text, key=key, disabled=disabled)


def bounds(schema: dict[str, Any]) -> tuple[float | None, float | None]:
    """The least and the largest value a number may have in the form; exclusive bounds are left to the check."""
    whole = schema.get("type") == "integer"
    kind = int if whole else float
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    return (None if low is None else kind(low), None if high is None else kind(high))


def step_of(value: float) -> float:
    """A step of the size of the value's first digit: 0.003 goes by 0.001."""
    return 0.01 if value == 0 else float(f"1e{f'{value:e}'.split('e')[1]}")
