"""What a search may change of each model: plain declarations, shared parts written once.

Every space holds the default of each of its settings, so that the first trial of a search, the defaults, is one of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from core.models.config import BACKBONES, WRAPPERS, BackboneName, ModelName


@dataclass(frozen=True)
class Choice:
    """One of a few values."""

    values: tuple[str | int | float, ...]

    def holds(self, value: str | float) -> bool:
        """Whether a value lies in it."""
        return value in self.values


@dataclass(frozen=True)
class _Between:
    low: float
    high: float

    def holds(self, value: str | float) -> bool:
        """Whether a value lies in it."""
        return not isinstance(value, str) and self.low <= value <= self.high


class Log(_Between):
    """A number between two bounds, drawn evenly in its logarithm."""


class Linear(_Between):
    """A number between two bounds, drawn evenly."""


@dataclass(frozen=True)
class Whole(_Between):
    """A whole number from ``low`` to ``high``, both included."""

    low: int
    high: int


Range: TypeAlias = Choice | Log | Linear | Whole
Space: TypeAlias = dict[str, Range]

_STEPS: Space = {"learning_rate": Log(1e-3, 1e-2), "batch_size": Choice((1024, 2048, 4096))}
_SOFTMAX: Space = {"temperature": Linear(0.1, 0.5), "negatives": Choice((256, 1024))}
_WIDTH: Space = {"dim": Choice((64, 128, 256))}
_LAYERS: Space = {"layers": Whole(2, 4)}
_RANKING: Space = {
    **_STEPS,
    **_SOFTMAX,
    "loss": Choice(("bpr", "softmax")),
    "candidates": Choice((1, 2, 4)),
    "regularisation": Choice((0.0, 1e-4, 1e-3, 1e-2, 1e-1)),
    "initial_scale": Choice((0.01, 0.1)),
}
"""How a model learns to rank: the same for every model with a recommendation loss. Matrix factorisation and GCCF, which smooth less than
LightGCN does, want ten to a hundred times as much regularisation (musical instruments, validation: BPR-MF 0.180 instead of 0.082)."""

_CONTRAST: Space = {"ssl_weight": Log(1e-3, 1.0), "ssl_temperature": Linear(0.1, 1.0)}
_OF_BACKBONE: dict[BackboneName, Space] = {
    "bpr-mf": {},
    "lightgcn": _LAYERS,
    "gccf": _LAYERS,
    "sgl": {**_LAYERS, **_CONTRAST, "view_keep": Linear(0.5, 0.95)},
    "simgcl": {**_LAYERS, **_CONTRAST, "view_noise": Linear(0.02, 0.3)},
    "dccf": {**_LAYERS, **_CONTRAST, "intents": Choice((32, 64, 128))},
    "autocf": {**_LAYERS, "ssl_weight": Log(1e-3, 1.0), "mask_seeds": Choice((50, 100, 200))},
}

_READING: Space = {"text_dim": Choice((128, 384)), "text_dropout": Choice((0.0, 0.2, 0.4))}
_ALIGNMENT: Space = {**_WIDTH, **_READING, "align_weight": Log(1e-3, 0.1), "align_temperature": Linear(0.1, 0.5)}
_OF_MODEL: dict[ModelName, Space] = {
    "lmmrec": {
        "slot_dim": Choice((8, 16)),
        "behaviour_dim": Choice((64, 128)),
        "mcs_weight": Log(3e-3, 0.1),
        "mcs_temperature": Linear(0.1, 0.4),
        "slot_mcs_weight": Log(1e-3, 0.03),
        "itcm_weight": Log(1e-3, 0.03),
        "motivation_gate": Linear(0.25, 1.0),
        "text_scale": Linear(0.0, 0.6),
        "slot_text_scale": Linear(0.0, 0.6),
        "history_dim": Choice((0, 8, 16)),
        "history_words": Choice((0, 128, 256)),
        "history_scale": Linear(0.5, 1.5),
        "history_temperature": Linear(0.1, 0.4),
        **_READING,
    },
    "rlmrec-con": _ALIGNMENT,
    "rlmrec-gen": {**_ALIGNMENT, "mask_ratio": Linear(0.05, 0.4)},
    "kar": {**_WIDTH, **_READING, "experts": Choice((2, 5, 8)), "shared_experts": Choice((1, 2, 4))},
    "irllrec": {
        **_ALIGNMENT,
        "intents": Choice((32, 64, 128)),
        "intent_weight": Log(1e-4, 0.1),
        "translation_weight": Log(1e-5, 0.01),
        "matching_weight": Log(1e-5, 0.01),
    },
}
_ALONE: dict[ModelName, Space] = {
    "alpharec": {**_STEPS, **_SOFTMAX, **_WIDTH, **_READING, "layers": Whole(1, 4)},
    "ease": {"ease_weight": Log(10.0, 5000.0)},
    "ease-text": {"ease_weight": Log(10.0, 5000.0), "ease_text": Log(0.1, 30.0)},
    "popularity": {},
}


def space(model: ModelName, backbone: BackboneName = "lightgcn") -> Space:
    """The settings a search of a model tries, in a fixed order; none for a model that has none.

    Args:
        backbone: what a wrapper is put around, whose own settings are then tried too; of no matter for the other models.
    """
    if model in BACKBONES:
        return {**_RANKING, **_WIDTH, **_OF_BACKBONE[model]}
    if model in WRAPPERS:
        return {**_RANKING, **_OF_BACKBONE[backbone], **_OF_MODEL[model]}
    return dict(_ALONE[model])


def with_effect(settings: Mapping[str, str | float]) -> list[str]:
    """Names of those settings that change what a training gives where the others stand as they do, sorted."""
    idle: set[str] = set()
    if "loss" in settings:
        idle |= {"temperature", "negatives"} if settings["loss"] == "bpr" else {"candidates"}
    if settings.get("history_dim") == 0:
        idle |= {"history_words", "history_scale", "history_temperature"}
    return sorted(set(settings) - idle)
