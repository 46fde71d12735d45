"""Which settings a model uses: the form disables the others, and a search of one model goes on when those of another change."""

from __future__ import annotations

from typing import Any

from core.models.config import BACKBONES, WRAPPERS, BackboneName, ModelConfig, ModelName
from core.training.config import TrainingConfig

_RANKING = {"loss", "negatives", "candidates", "temperature", "regularisation"}
PERTURBATIONS = frozenset({"text_control", "interaction_noise", "text_noise"})
"""Settings of what is trained on, not of the model."""
_TRAINING = set(TrainingConfig.model_fields) - set(ModelConfig.model_fields) - PERTURBATIONS - {"device"}
_PROPAGATION = {"layers", "layer_combination", "edge_keep", "initial_scale"}
_CONTRAST = {"ssl_weight", "ssl_temperature"}
_READING = {"text_dim", "text_dropout", "text_hidden", "text_words"}
_OF_BACKBONE: dict[BackboneName, set[str]] = {
    "bpr-mf": {"initial_scale"},
    "lightgcn": _PROPAGATION,
    "gccf": _PROPAGATION - {"layer_combination"},
    "sgl": {*_PROPAGATION, *_CONTRAST, "view_keep"},
    "simgcl": {*_PROPAGATION, *_CONTRAST, "view_noise"},
    "dccf": {*_PROPAGATION, *_CONTRAST, "intents"},
    "autocf": {*_PROPAGATION, "ssl_weight", "mask_seeds"},
}
_ALIGNMENT = {*_READING, "dim", "align_weight", "align_temperature"}
_OF_WRAPPER: dict[ModelName, set[str]] = {
    "rlmrec-con": _ALIGNMENT,
    "rlmrec-gen": {*_ALIGNMENT, "mask_ratio"},
    "kar": {*_READING, "dim", "experts", "shared_experts"},
    "irllrec": {*_ALIGNMENT, "intents", "intent_weight", "translation_weight", "matching_weight", "aligned_nodes", "momentum"},
}
_ALONE: dict[ModelName, set[str]] = {
    "alpharec": {*_READING, *_TRAINING, "dim", "layers", "negatives", "temperature"},
    "ease": {"ease_weight"},
    "ease-text": {"ease_weight", "ease_text", "text_dim", "text_words"},
    "popularity": set(),
}
_OTHERS = {"ease_weight", "ease_text"}.union(*_OF_BACKBONE.values(), *_OF_WRAPPER.values())
_LMMREC = (set(ModelConfig.model_fields) - _OTHERS - {"model", "seed"}) | {*_READING, "dim", "aligned_nodes", "momentum"} - {"text_words"}
"""LMMRec's: those no other model names, so that a new setting of it is used without a word here, and those it shares."""
_ONE_FORM = {
    "slots": {"dim"},
    "vector": {
        "slot_dim",
        "slot_mcs_weight",
        "slot_nodes",
        "slot_text_scale",
        "motivation_gate",
        "other_gate",
        "independence_weight",
        "history_dim",
        "history_words",
        "history_scale",
        "history_temperature",
        "history_rows",
    },
}
"""Settings of LMMRec that a form has no use for."""


_ADDED_LATER = frozenset({"text_words", "history_dim", "history_words", "history_scale", "history_temperature", "history_rows"})
"""Settings that came when runs had been made without them: runs of models that have no use for them keep their ids."""


def keyed_settings(config: TrainingConfig) -> dict[str, Any]:
    """What of a configuration tells its run from others: all of it, but for the later settings that its model has no use for."""
    unused = _ADDED_LATER - used_settings(config.model, config.backbone, config.form)
    return config.model_dump(mode="json", exclude=set(unused))


def used_settings(model: ModelName, backbone: BackboneName = "lightgcn", form: str | None = None) -> frozenset[str]:
    """Names of the settings that change what a training of a model gives, without model, seed, device and perturbations.

    Args:
        backbone: what a wrapper is put around; of no matter for the other models. form: LMMRec's; None takes those of both.
    """
    if model in _ALONE:
        return frozenset(_ALONE[model])
    if model in BACKBONES:
        return frozenset({*_TRAINING, *_RANKING, *_OF_BACKBONE[model], "dim"})
    assert model in WRAPPERS
    own = _LMMREC - _ONE_FORM.get(form or "", set()) if model == "lmmrec" else _OF_WRAPPER[model]
    return frozenset({*_TRAINING, *_RANKING, *_OF_BACKBONE[backbone], *own, "backbone"})
