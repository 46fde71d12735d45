"""The settings of a training as fields of a form: their groups, names, bounds and choices, all from the configuration's JSON schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class Group:
    """Settings that belong together: what they are about, in one sentence, and their names in the order a person thinks of them."""

    about: str
    names: tuple[str, ...]


# What no group names comes last, so that a new setting is never lost.
GROUPS: dict[str, Group] = {
    "Model": Group(
        "How wide the vectors are, how reviews shape them, and how far motivations weigh.",
        (
            "form", "slot_dim", "behaviour_dim", "behaviour_parts", "part_weight", "joint_weight", "dim", "layers", "motivation_gate",
            "other_gate", "prototypes", "prototype_temperature", "text_dim", "text_words", "text_hidden", "text_dropout", "text_scale",
            "slot_text_scale", "history_dim", "history_words", "history_scale", "history_temperature", "history_rows", "experts",
            "shared_experts", "ease_weight", "ease_text",
        ),
    ),
    "Losses": Group(
        "What is rewarded: that a person's own items come before others.",
        ("loss", "negatives", "candidates", "temperature", "regularisation"),
    ),
    "Alignment": Group(
        "What keeps the view of the reviews and the view of the behaviour together. A weight of 0 leaves its part out.",
        (
            "mcs_weight", "mcs_temperature", "slot_mcs_weight", "align_every", "aligned_nodes", "slot_nodes", "itcm_weight", "itcm_alpha",
            "momentum", "independence_weight", "align_weight", "align_temperature", "mask_ratio", "intent_weight", "translation_weight",
            "matching_weight",
        ),
    ),
    "Backbone": Group(
        "How the graph of users and items is read.",
        (
            "layer_combination", "edge_keep", "initial_scale", "ssl_weight", "ssl_temperature", "view_noise", "view_keep", "intents",
            "mask_seeds",
        ),
    ),
    "Optimisation": Group(
        "How fast it learns, and when it stops by itself.",
        ("learning_rate", "batch_size", "evaluate_every", "patience", "metric", "precision"),
    ),
    "Noise and controls": Group(
        "Worse data on purpose, to see how much the result hangs on it. Such a run never becomes the dataset's newest.",
        ("text_control", "interaction_noise", "text_noise"),
    ),
}  # fmt: skip
ALWAYS_SHOWN = ("model", "backbone", "seed", "epochs", "device")
REST = "Further"
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
    "text_words": "TF-IDF of the text",
    "history_dim": "Dimensions of the history",
    "history_words": "TF-IDF of the history",
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
_ABOUT = {
    "lmmrec": "Named motivations from reviews beside behaviour; the only model whose scores split exactly into reasons.",
    "rlmrec-con": "A backbone whose vectors are drawn towards those of the profiles by contrast.",
    "rlmrec-gen": "A backbone that rebuilds the profiles' vectors from its own.",
    "kar": "A backbone with knowledge from the profiles through text experts.",
    "alpharec": "Vectors made from the items' text alone, then propagated.",
    "irllrec": "A backbone whose intents are aligned with those of the text.",
    "ease": "A linear model from item to item, solved at once: no epochs, no device.",
    "ease-text": "EASE with further rows from the items' text.",
    "popularity": "The most bought items for everybody: what every model has to beat.",
    "bpr-mf": "Matrix factorisation: no graph.",
    "lightgcn": "Light graph convolution; the usual backbone.",
    "gccf": "Graph convolution with residuals between layers.",
    "sgl": "LightGCN with a contrast of two thinned graphs.",
    "simgcl": "LightGCN with a contrast of two noisy views.",
    "dccf": "A contrast of intents that are learned apart.",
    "autocf": "Hides parts of the graph and rebuilds them.",
}


def about_model(model: str) -> str:
    """What a model is, in one sentence."""
    return _ABOUT[model]


def label_of(name: str) -> str:
    """A setting's name as people read it."""
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def grouped(fields: dict[str, Any]) -> dict[str, Group]:
    """The groups with those of their settings that there are, and all others at the end."""
    groups = {title: Group(group.about, tuple(name for name in group.names if name in fields)) for title, group in GROUPS.items()}
    named = {name for group in groups.values() for name in group.names} | set(ALWAYS_SHOWN)
    rest = tuple(name for name in fields if name not in named)
    return groups | ({REST: Group("Settings of no group.", rest)} if rest else {})


def field(name: str, schema: dict[str, Any], default: Any, scope: str, *, disabled: bool = False) -> Any:
    """The widget of a setting; the value chosen in it.

    Args:
        schema: of the setting, from the configuration's JSON schema. scope: widgets of one scope keep their values beside others'.
    """
    label, help_text, key = label_of(name), schema.get("description"), f"train-{scope}-{name}"
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
            persist_state="session",
        )
    if schema.get("type") == "boolean":
        return st.toggle(label, default, help=help_text, key=key, disabled=disabled, persist_state="session")
    if schema.get("type") in ("integer", "number"):
        return _number(label, schema, default, key, help_text, disabled=disabled)
    return st.text_input(label, str(default), help=help_text, key=key, disabled=disabled, persist_state="session")


def _number(label: str, schema: dict[str, Any], default: Any, key: str, help_text: str | None, *, disabled: bool) -> Any:
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
        persist_state="session",
    )
    return default if value is None else value


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
