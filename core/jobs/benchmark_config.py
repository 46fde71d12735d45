"""What a benchmark trains: models by their names, variants of each, seeds; and the cells that follow from it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.jobs.settings import validated
from core.models.config import BACKBONES, MODELS, TEXT_MODELS, WRAPPERS, BackboneName, ModelName
from core.training.config import TrainingConfig

Splits = Literal["random", "given"]
VariantKind = Literal["plain", "noise", "text-noise", "control", "ablation"]
CONTROLS = {"shuffled": "shuffled", "random-text": "random", "no-text": "none"}
"""Controls of a text model: our name -> `text_control` of its training."""
ABLATIONS = ("no-mcs", "no-itcm", "no-mcs-no-itcm", "no-slots", "no-independence", "no-gate", "no-history", "no-words", "prototypes")
"""Parts of LMMRec that can be left out; "prototypes" is switched the other way than the settings have it."""
PLAIN = "plain"
_PROTOTYPES = 4
"""Prototypes per slot where the settings have none."""


class ModelSpec(BaseModel):
    """A model and, where it wraps one that can be chosen, its backbone; written "lmmrec" or "lmmrec:simgcl"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: ModelName
    backbone: BackboneName | None = Field(None, description="None: LightGCN, or the model takes none")

    @classmethod
    def parse(cls, text: str) -> ModelSpec:
        """Read "NAME" or "NAME:BACKBONE".

        Raises:
            ValueError: no such model or backbone, or the model takes none; lists the valid ones.
        """
        name, colon, backbone = text.strip().partition(":")
        if name not in MODELS:
            raise ValueError(f"no model '{name}'; there are: {', '.join(MODELS)}")
        if not colon:
            return cls.model_validate({"model": name})
        if name not in WRAPPERS:
            raise ValueError(f"{name} takes no backbone; these do: {', '.join(WRAPPERS)}")
        if backbone not in BACKBONES:
            raise ValueError(f"no backbone '{backbone}'; there are: {', '.join(BACKBONES)}")
        return cls.model_validate({"model": name, "backbone": None if backbone == "lightgcn" else backbone})

    @property
    def label(self) -> str:
        """How it is written; LightGCN, the usual backbone, is not said."""
        return f"{self.model}:{self.backbone}" if self.backbone else self.model

    @property
    def reads_text(self) -> bool:
        """Whether it needs profiles."""
        return self.model in TEXT_MODELS


class Variant(BaseModel):
    """One way a model is trained: "plain", "noise-0.2", "shuffled", "no-mcs", ... ``level``: of noise, a share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: VariantKind
    level: float | None = None


class Cell(BaseModel):
    """One training of a benchmark."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    variant: str
    seed: int

    @property
    def label(self) -> str:
        """As people read it: "lmmrec, noise-0.2, seed 3"."""
        return f"{self.model}, {self.variant}, seed {self.seed}"


class BenchmarkConfig(BaseModel):
    """The settings of a benchmark. Unknown keys are refused; the number of workers is no part of it: results depend on it by no more than
    rounding.

    The first model is the one the others are its peers of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[str, ...] = Field(min_length=1, description='"NAME" or "NAME:BACKBONE"; the first is compared with all others')
    seeds: int = Field(5, ge=1, le=50, description="How many seeds of every model and variant")
    first_seed: int = Field(1, ge=0, description="The first of them; 0 split many a dataset when it was imported, so others are unseen")
    splits: Splits = Field("random", description="A random 3:1:1 split of the dataset a seed, or the dataset's own for all seeds")
    preset: str = Field("tuned", description="Settings of each model, see `core.training.presets`")
    noise: tuple[float, ...] = Field((), description="Random interactions added to the training split, as shares of it")
    text_noise: tuple[float, ...] = Field((), description="Shares of the training reviews swapped between users")
    controls: bool = Field(False, description="Every text model also with shuffled, random and no text")
    ablations: bool = Field(False, description="LMMRec also without each of its parts")
    settings: dict[str, Any] = Field({}, description="Training settings of every model, over those of the preset")
    extraction: dict[str, Any] = Field({}, description="Extraction of every split, where it is not the dataset's usual profiles")

    @field_validator("models", mode="after")
    @classmethod
    def _known(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        labels = tuple(ModelSpec.parse(text).label for text in models)
        twice = [label for number, label in enumerate(labels) if label in labels[:number]]
        if twice:
            raise ValueError(f"{twice[0]} is named twice")
        return labels

    @field_validator("noise", "text_noise", mode="after")
    @classmethod
    def _levels(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 < level <= 1 for level in levels):
            raise ValueError("noise is a share above 0 and at most 1")
        return tuple(sorted(set(levels)))

    @field_validator("settings", mode="after")
    @classmethod
    def _free_settings(cls, settings: dict[str, Any]) -> dict[str, Any]:
        fixed = {"model", "backbone", "seed", "text_control", "interaction_noise", "text_noise"} & set(settings)
        if fixed:
            raise ValueError(f"{min(fixed)} is set by the benchmark itself")
        checked = validated(TrainingConfig, settings, "training").model_dump(mode="json")
        return {name: checked[name] for name in sorted(settings)}

    @property
    def specs(self) -> tuple[ModelSpec, ...]:
        """The models, parsed."""
        return tuple(ModelSpec.parse(label) for label in self.models)

    @property
    def seed_list(self) -> range:
        """The seeds."""
        return range(self.first_seed, self.first_seed + self.seeds)

    def variants(self, spec: ModelSpec) -> tuple[Variant, ...]:
        """How a model is trained, plainly first."""
        found = [Variant(name=PLAIN, kind="plain")]
        found += [Variant(name=f"noise-{level:g}", kind="noise", level=level) for level in self.noise]
        if spec.reads_text:
            found += [Variant(name=f"text-noise-{level:g}", kind="text-noise", level=level) for level in self.text_noise]
            found += [Variant(name=name, kind="control") for name in CONTROLS if self.controls]
        if spec.model == "lmmrec":
            found += [Variant(name=name, kind="ablation") for name in ABLATIONS if self.ablations]
        return tuple(found)

    def cells(self) -> tuple[Cell, ...]:
        """All trainings: by seed, plain ones first, so that a report that grows has a whole row of models early."""
        named = [(spec.label, variant) for spec in self.specs for variant in self.variants(spec)]
        plain_first = sorted(named, key=lambda one: one[1].kind != "plain")
        return tuple(Cell(model=model, variant=variant.name, seed=seed) for seed in self.seed_list for model, variant in plain_first)


def changes(variant: str, plain: dict[str, Any], n_slots: int) -> dict[str, Any]:
    """The training settings in which a variant differs from the plain ones.

    Args:
        plain: the plain settings of the model, complete. n_slots: K, motivations and "other".

    Raises:
        ValueError: no such variant.
    """
    if variant == PLAIN:
        return {}
    for prefix, field in (("text-noise-", "text_noise"), ("noise-", "interaction_noise")):
        if variant.startswith(prefix):
            return {field: float(variant.removeprefix(prefix))}
    if variant in CONTROLS:
        return {"text_control": CONTROLS[variant]}
    no_mcs, no_itcm = {"mcs_weight": 0.0, "slot_mcs_weight": 0.0}, {"itcm_weight": 0.0}
    ablated: dict[str, dict[str, Any]] = {
        "no-mcs": no_mcs,
        "no-itcm": no_itcm,
        "no-mcs-no-itcm": no_mcs | no_itcm,
        "no-slots": {"form": "vector", "dim": n_slots * int(plain["slot_dim"])},
        "no-independence": {"independence_weight": 0.0},
        "no-gate": {"motivation_gate": 0.0},
        "no-history": {"history_dim": 0},
        "no-words": {"history_words": 0},
        "no-behaviour": {"behaviour_dim": 0},
        "prototypes": {"prototypes": 0 if plain["prototypes"] else _PROTOTYPES},
    }
    if variant not in ablated:
        raise ValueError(f"no variant '{variant}'")
    return ablated[variant]
