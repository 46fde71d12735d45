"""The configuration of one training: the same object for the command line, the form on the page and the file in the run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.models.config import ModelConfig


class TrainingConfig(ModelConfig):
    """Settings of a training run: the model's, and how it is trained."""

    learning_rate: float = Field(3e-3, gt=0, description="Adam's learning rate")
    batch_size: int = Field(2048, ge=2, description="Interactions per step")
    epochs: int = Field(300, ge=1, description="Most epochs to train")
    evaluate_every: int = Field(3, ge=1, description="Epochs between two validations")
    patience: int = Field(20, ge=1, description="Validations without gain before stopping")
    metric: Literal["recall@20", "ndcg@20"] = Field("recall@20", description="Validation figure that early stopping watches")

    text_control: Literal["profiles", "shuffled", "random", "none"] = Field(
        "profiles", description="What the model reads: the profiles, those of other nodes, noise of the same size, or nothing"
    )
    interaction_noise: float = Field(0.0, ge=0, le=1, description="Random interactions added to the training split, as a share of it")
    text_noise: float = Field(0.0, ge=0, le=1, description="Share of the training reviews (or profile texts) swapped between users")

    device: str = Field("auto", description="auto, cpu, cuda, mps")
    precision: Literal["auto", "float32", "bfloat16"] = Field("auto", description="Mixed precision where CUDA has it")
