"""The form of a training, made from the configuration's own JSON schema: names, bounds, defaults and what each setting is."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import ValidationError

from core.errors import InputError
from core.training.config import TrainingConfig

# Settings in the order a person thinks of them. What no group names comes last, so that a new setting is never lost.
GROUPS: dict[str, tuple[str, ...]] = {
    "Model": (
        "form",
        "slot_dim",
        "dim",
        "layers",
        "motivation_gate",
        "other_gate",
        "prototypes",
        "prototype_temperature",
        "text_dim",
        "text_dropout",
        "text_scale",
    ),
    "Recommendation loss": ("loss", "negatives", "temperature", "regularisation"),
    "Alignment of text and behaviour": (
        "mcs_weight",
        "mcs_temperature",
        "slot_mcs_weight",
        "aligned_nodes",
        "slot_nodes",
        "itcm_weight",
        "itcm_alpha",
        "momentum",
        "independence_weight",
    ),
    "Optimisation": ("learning_rate", "batch_size", "evaluate_every", "patience", "metric", "precision"),
}
ALWAYS_SHOWN = ("model", "backbone", "seed", "epochs", "device")
TEXT_ONLY = {
    "form",
    "slot_dim",
    "motivation_gate",
    "other_gate",
    "text_dim",
    "text_dropout",
    "text_scale",
    "prototypes",
    "prototype_temperature",
    *GROUPS["Alignment of text and behaviour"],
}
PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "fast": {"epochs": 40, "patience": 3, "negatives": 128},
    "thorough": {"epochs": 1000, "patience": 15, "learning_rate": 1e-3},
    "paper": {
        "form": "vector",
        "dim": 32,
        "loss": "bpr",
        "prototypes": 8,
        "text_scale": 1.0,
        "mcs_weight": 0.03,
        "slot_mcs_weight": 0.0,
        "itcm_weight": 0.01,
        "batch_size": 512,
    },
}
PRESET_NOTES = {
    "default": "The settings the measured figures were made with.",
    "fast": "At most 40 epochs and an early stop: for a first look.",
    "thorough": "Up to 1,000 epochs at a smaller step, with much patience.",
    "paper": "As in the paper: one vector of 32 dimensions, BPR, batches of 512. It has no named motivations, so it explains nothing.",
}
_LABELS = {
    "mcs_weight": "MCS weight",
    "mcs_temperature": "MCS temperature",
    "slot_mcs_weight": "MCS weight per slot",
    "itcm_weight": "ITCM weight",
    "itcm_alpha": "ITCM alpha",
    "slot_dim": "Dimensions of a slot",
    "dim": "Dimensions of the vector",
    "text_dim": "Dimensions of the text",
}
_CHOICES = {"device": ("auto", "cpu", "cuda", "mps")}
_SPOKEN = {
    "lmmrec": "LMMRec",
    "lightgcn": "LightGCN",
    "slots": "named slots",
    "vector": "one vector",
    "bpr": "BPR",
    "softmax": "sampled softmax",
}


def settings_form(*, has_text: bool) -> TrainingConfig:
    """The settings as chosen in the form; their state is kept under keys that begin with "train-".

    Args:
        has_text: whether the dataset has texts; without any only models that need none can be trained.

    Raises:
        InputError: the settings do not fit together.
    """
    fields = TrainingConfig.model_json_schema()["properties"]
    preset = (
        st.segmented_control(
            "Preset", list(PRESETS), default="default", required=True, format_func=str.capitalize, key="preset", bind="query-params"
        )
        or "default"
    )
    st.caption(PRESET_NOTES[preset])
    base = TrainingConfig(**PRESETS[preset]).model_dump()
    chosen: dict[str, Any] = {}
    columns = st.columns(len(ALWAYS_SHOWN))
    for column, name in zip(columns, ALWAYS_SHOWN, strict=True):
        with column:
            default = "lightgcn" if name == "model" and not has_text else base[name]
            chosen[name] = _field(name, fields[name], default, preset)
    with st.expander("All settings"):
        for group, names in _grouped(fields).items():
            st.markdown(f"**{group}**")
            cells = st.columns(3)
            for position, name in enumerate(names):
                with cells[position % 3]:
                    idle = chosen["model"] == "lightgcn" and name in TEXT_ONLY
                    chosen[name] = _field(name, fields[name], base[name], preset, disabled=idle)
    return checked(chosen)


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
            format_func=lambda value: _SPOKEN.get(value, str(value)),
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
