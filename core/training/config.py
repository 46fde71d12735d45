"""The configuration of one training: the same object for the command line, the form on the page and the file in the run."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ModelName = Literal["lmmrec", "lightgcn"]
BackboneName = Literal["lightgcn"]


class TrainingConfig(BaseModel):
    """Settings of a training run. Every field has a safe default; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: ModelName = Field("lmmrec", description="What to train")
    backbone: BackboneName = Field("lightgcn", description="Graph encoder inside the model")
    seed: int = Field(0, ge=0, description="Seed of initialisation, sampling and dropout")

    form: Literal["slots", "vector"] = Field("slots", description="One named slot per motivation, or the paper's single vector")
    slot_dim: int = Field(8, ge=2, le=256, description="Dimensions of each slot (slots form)")
    dim: int = Field(64, ge=2, le=1024, description="Dimensions of the single vector (LightGCN, vector form)")
    layers: int = Field(2, ge=0, le=8, description="Propagation layers of the backbone")

    loss: Literal["softmax", "bpr"] = Field("softmax", description="Recommendation loss: sampled softmax or BPR")
    negatives: int = Field(256, ge=1, le=65536, description="Negatives per batch (softmax); BPR takes one per interaction")
    temperature: float = Field(0.15, gt=0, description="Temperature of the sampled softmax")
    regularisation: float = Field(1e-6, ge=0, description="Weight of the squared norm of the embeddings in a batch")

    mcs_weight: float = Field(0.1, ge=0, description="Weight of the Motivation Coordination Strategy")
    mcs_temperature: float = Field(0.2, gt=0, description="Temperature of its InfoNCE")
    itcm_weight: float = Field(0.05, ge=0, description="Weight of the Interaction-Text Correspondence")
    itcm_alpha: float = Field(0.5, ge=0, le=1, description="Share of the one-hot target in its soft targets")
    momentum: float = Field(0.995, ge=0, lt=1, description="Momentum of the teacher")
    prototypes: int = Field(8, ge=0, description="Learnable motivation prototypes per slot; 0 switches them off")
    prototype_temperature: float = Field(1.0, gt=0, description="Temperature of the softmax over prototypes")
    independence_weight: float = Field(0.01, ge=0, description="Weight of the independence of slots")
    text_dropout: float = Field(0.2, ge=0, lt=1, description="Dropout on the text encoder's input")

    learning_rate: float = Field(3e-3, gt=0, description="Adam's learning rate")
    batch_size: int = Field(2048, ge=2, description="Interactions per step")
    epochs: int = Field(300, ge=1, description="Most epochs to train")
    evaluate_every: int = Field(3, ge=1, description="Epochs between two validations")
    patience: int = Field(5, ge=1, description="Validations without gain before stopping")
    metric: Literal["recall@20", "ndcg@20"] = Field("recall@20", description="Validation figure that early stopping watches")

    device: str = Field("auto", description="auto, cpu, cuda, mps")
    precision: Literal["auto", "float32", "bfloat16"] = Field("auto", description="Mixed precision where CUDA has it")
