"""What a search is asked for: models by name, how many trials, on which splits."""

from __future__ import annotations

from typing import get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import InputError
from core.models.config import BACKBONES, MODELS, WRAPPERS, BackboneName, ModelName
from core.training.config import TrainingConfig


class SearchConfig(BaseModel):
    """What to search. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[str, ...] = Field(min_length=1, description="Models, each MODEL or MODEL@BACKBONE")
    trials: int = Field(20, ge=1, description="Trials of each model; the first one is the defaults")
    epochs: int = Field(TrainingConfig().epochs, ge=1, description="Most epochs of a trial, the same for every model")
    split_seed: int | None = Field(101, ge=0, description="Seed of the split to search on; None: the dataset's own split")
    splits: int = Field(1, ge=1, le=20, description="Splits of this and the next seeds; a trial is worth its mean over them")
    workers: int = Field(1, ge=1, le=256, description="Trials at once, each in a process with one thread")
    seed: int = Field(0, ge=0, description="Seed of the trainings and of the settings drawn")

    @model_validator(mode="after")
    def _own_split_is_one(self) -> SearchConfig:
        if self.split_seed is None and self.splits > 1:
            raise ValueError("a dataset has one split of its own: search on that, or on several random ones")
        return self

    @property
    def split_seeds(self) -> tuple[int, ...]:
        """Seeds of the random splits; none where it is the dataset's own."""
        return () if self.split_seed is None else tuple(range(self.split_seed, self.split_seed + self.splits))


def parse_model(written: str) -> tuple[ModelName, BackboneName]:
    """ "rlmrec-con@simgcl" (or with a colon) as model and backbone; LightGCN where none is named.

    Raises:
        InputError: no such model or backbone, or the model takes none.
    """
    name, at, inner = written.replace(":", "@").partition("@")
    if name not in MODELS:
        raise InputError(f"No model '{name}'", where="--models", hint=f"There are: {', '.join(MODELS)}")
    model: ModelName = next(one for one in MODELS if one == name)
    if at and model not in WRAPPERS:
        raise InputError(f"{model} takes no backbone", where=written, hint=f"Those that do: {', '.join(WRAPPERS)}")
    if at and inner not in BACKBONES:
        raise InputError(f"No backbone '{inner}'", where=written, hint=f"There are: {', '.join(BACKBONES)}")
    own = name if name in BACKBONES else inner or "lightgcn"
    return model, next(one for one in get_args(BackboneName) if one == own)


def model_label(model: ModelName, backbone: BackboneName) -> str:
    """MODEL, or MODEL@BACKBONE for a wrapper on another backbone than LightGCN."""
    return f"{model}@{backbone}" if model in WRAPPERS and backbone != "lightgcn" else model
