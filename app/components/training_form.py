"""The form of a training, made from the configuration's own JSON schema: names, bounds, defaults and what each setting is."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import ValidationError

from app.components.training_fields import ALWAYS_SHOWN, SPOKEN, about_model, field, grouped, label_of
from core.errors import InputError
from core.models.config import BACKBONES, MODELS, TEXT_MODELS, WRAPPERS, BackboneName, ModelName
from core.training.config import TrainingConfig
from core.training.presets import TUNED, configured, is_tuned, presets
from core.training.used_settings import PERTURBATIONS, used_settings

__all__ = ["SPOKEN", "TUNED_NOTE", "checked", "settings_form"]

TUNED_NOTE = "What a search found best on the validation figures of a dataset like this, with the same number of trials for every model."
_RESETS = "train-resets"


def settings_form(*, has_text: bool, kind: str) -> TrainingConfig:
    """The settings as chosen in the form; their state is kept under keys that begin with "train-".

    Args:
        has_text: whether the dataset has texts; without any only models that need none are offered.
        kind: of the dataset, see `core.training.presets.dataset_kind`; "tuned" is offered where its settings were searched.

    Raises:
        InputError: the settings do not fit together, or a settings file is damaged.
    """
    fields = TrainingConfig.model_json_schema()["properties"]
    preset = _preset(kind)
    chosen: dict[str, Any] = {}
    cells = dict(zip(ALWAYS_SHOWN, st.columns([1.3, 1.1, 0.8, 0.9, 0.9]), strict=True))
    offered = [model for model in MODELS if has_text or model not in TEXT_MODELS]
    with cells["model"]:
        default = "lmmrec" if has_text else "lightgcn"
        chosen["model"] = field("model", {**fields["model"], "enum": offered}, default, preset)
    with cells["backbone"]:
        chosen["backbone"] = _backbone(chosen["model"], fields["backbone"], preset)
    base = _base(kind, chosen["model"], chosen["backbone"], preset)
    scope = f"{kind}-{preset}-{chosen['model']}-{chosen['backbone']}-{st.session_state.get(_RESETS, 0)}"
    for name in ALWAYS_SHOWN[2:]:
        with cells[name]:
            chosen[name] = field(name, fields[name], base[name], scope)
    st.caption(f"{SPOKEN[chosen['model']]}: {about_model(chosen['model'])}")
    with st.expander("All settings", key="all-settings"):
        chosen |= _all_settings(fields, base, scope, chosen)
    config = checked({**base, **chosen})
    _changes(config, base)
    return config


def _preset(kind: str) -> str:
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
    return str(preset)


def _all_settings(fields: dict[str, Any], base: dict[str, Any], scope: str, chosen: dict[str, Any]) -> dict[str, Any]:
    """Every setting the model uses, a tab a group; what it does not use keeps the value it begins with."""
    found: dict[str, Any] = {}
    wanted = used_settings(chosen["model"], chosen["backbone"]) | _perturbations(chosen["model"])
    groups = {title: group for title, group in grouped(fields).items() if set(group.names) & wanted}
    for tab, group in zip(st.tabs(list(groups)), groups.values(), strict=True):
        with tab:
            st.caption(group.about)
            columns = st.columns(3)
            shown = [name for name in group.names if name in wanted]
            for position, name in enumerate(shown):
                with columns[position % 3]:
                    # The form of LMMRec comes first, and says which of the others it has no use for.
                    used = used_settings(chosen["model"], chosen["backbone"], found.get("form")) | _perturbations(chosen["model"])
                    found[name] = field(name, fields[name], base[name], scope, disabled=name not in used)
    return found


def _changes(config: TrainingConfig, base: dict[str, Any]) -> None:
    """What differs from the preset, and the way back to it."""
    plain = config.model_dump()
    changed = {name: plain[name] for name in plain if name not in ("model", "backbone") and plain[name] != base[name]}
    if not changed:
        return
    words = ", ".join(f"{label_of(name)} {SPOKEN.get(str(value), value)} (was {base[name]})" for name, value in changed.items())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Changed: {words}.", width="stretch")
        if st.button("Back to the preset", key="train-reset", type="tertiary", icon=":material/undo:"):
            st.session_state[_RESETS] = st.session_state.get(_RESETS, 0) + 1
            st.rerun()


def _backbone(model: ModelName, schema: dict[str, Any], preset: str) -> BackboneName:
    """The backbone chosen; a backbone is its own, and the choice is idle for models that take none."""
    own = model if model in BACKBONES else "lightgcn"
    found: BackboneName = field("backbone", schema, own, f"{preset}-{model}", disabled=model not in WRAPPERS)
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
