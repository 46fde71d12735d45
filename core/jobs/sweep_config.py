"""Settings of a sweep: one training under several seeds, and with parts left out."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.jobs.benchmark_config import ABLATIONS, CONTROLS, PLAIN, Cell, ModelSpec
from core.models.config import WRAPPERS
from core.training.config import TrainingConfig

NO_BEHAVIOUR = "no-behaviour"
MOST_SEEDS = 10


class SweepConfig(BaseModel):
    """What is trained: ``training`` with its own seed and those that follow it, plainly and under each of ``variants``.

    Variants are those of `core.jobs.benchmark_config.changes`; they are kept in the order of `variants_of`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    training: TrainingConfig = TrainingConfig()
    seeds: int = Field(3, ge=1, le=MOST_SEEDS, description="How many seeds, from that of the training on")
    variants: tuple[str, ...] = Field((), description="Ablations and controls, each trained under every seed")

    @model_validator(mode="before")
    @classmethod
    def _in_order(cls, values: object) -> object:
        if not isinstance(values, dict) or not isinstance(values.get("variants"), list | tuple):
            return values
        known = [*ABLATIONS, NO_BEHAVIOUR, *CONTROLS]
        place = {name: number for number, name in enumerate(known)}
        return {**values, "variants": tuple(sorted(set(values["variants"]), key=lambda name: (place.get(name, len(place)), str(name))))}

    @model_validator(mode="after")
    def _offered(self) -> SweepConfig:
        offered = variants_of(self.training)
        for name in self.variants:
            if name not in offered:
                there = f"there are: {', '.join(offered)}" if offered else "it has none"
                raise ValueError(f"{self.training.model} as set has no variant '{name}'; {there}")
        return self

    @property
    def label(self) -> str:
        """The model as benchmarks write it: "lmmrec:simgcl"."""
        on = self.training.backbone if self.training.model in WRAPPERS else None
        return ModelSpec(model=self.training.model, backbone=None if on == "lightgcn" else on).label

    @property
    def seed_list(self) -> range:
        """The seeds."""
        return range(self.training.seed, self.training.seed + self.seeds)

    def cells(self) -> tuple[Cell, ...]:
        """All trainings, by seed, the plain one first."""
        return tuple(Cell(model=self.label, variant=variant, seed=seed) for seed in self.seed_list for variant in (PLAIN, *self.variants))


def variants_of(training: TrainingConfig) -> tuple[str, ...]:
    """What can be left out of a training: parts of LMMRec that it has, and the text of every model that reads some."""
    if not training.reads_text:
        return ()
    if training.model != "lmmrec":
        return tuple(CONTROLS)
    slots_only = {"no-slots", "no-independence", "no-gate", "no-history", "no-words"} if training.form == "vector" else set()
    missing = {
        "no-mcs": training.mcs_weight == 0 and (training.slot_mcs_weight == 0 or training.form == "vector"),
        "no-itcm": training.itcm_weight == 0,
        "no-independence": training.independence_weight == 0,
        "no-gate": training.motivation_gate == 0,
        "no-history": not training.reads_history,
        "no-words": training.words_read == 0,
    }
    missing["no-mcs-no-itcm"] = missing["no-mcs"] or missing["no-itcm"]  # then it is the other one
    parts = [name for name in ABLATIONS if name not in slots_only and not missing.get(name, False)]
    return (*parts, *([NO_BEHAVIOUR] if training.behaviour_dim else []), *CONTROLS)
