"""The settings of a model; `core.training.config.TrainingConfig` adds those of its training."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ModelName = Literal["lmmrec", "lightgcn"]
BackboneName = Literal["lightgcn"]


class ModelConfig(BaseModel):
    """Settings of the recommendation model and its losses. Every field has a default; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: ModelName = Field("lmmrec", description="What to train")
    backbone: BackboneName = Field("lightgcn", description="Graph encoder inside the model")
    seed: int = Field(0, ge=0, description="Seed of initialisation, sampling and dropout")

    form: Literal["slots", "vector"] = Field("slots", description="One named slot per motivation, or the paper's single vector")
    slot_dim: int = Field(8, ge=2, le=256, description="Dimensions of each slot (slots form)")
    dim: int = Field(64, ge=2, le=1024, description="Dimensions of the single vector (LightGCN, vector form)")
    layers: int = Field(3, ge=0, le=8, description="Propagation layers of the backbone")

    loss: Literal["bpr", "softmax"] = Field("bpr", description="Recommendation loss: BPR or sampled softmax")
    negatives: int = Field(256, ge=1, le=65536, description="Negatives per batch (softmax); BPR takes one per interaction")
    temperature: float = Field(0.4, gt=0, description="Temperature of the sampled softmax")
    regularisation: float = Field(0.0, ge=0, description="Weight of the squared norm of the embeddings in a batch")

    mcs_weight: float = Field(0.03, ge=0, description="Weight of the Motivation Coordination Strategy")
    mcs_temperature: float = Field(0.2, gt=0, description="Temperature of its InfoNCE")
    slot_mcs_weight: float = Field(0.003, ge=0, description="Weight of the same per motivation slot (slots form)")
    aligned_nodes: int = Field(256, ge=2, description="Nodes of each side whose views a step compares")
    slot_nodes: int = Field(128, ge=2, description="How many of them it compares per slot too")
    itcm_weight: float = Field(0.01, ge=0, description="Weight of the Interaction-Text Correspondence")
    itcm_alpha: float = Field(0.5, ge=0, le=1, description="Share of the one-hot target in its soft targets")
    momentum: float = Field(0.995, ge=0, lt=1, description="Momentum of the teacher")
    motivation_gate: float = Field(0.5, ge=0, le=4, description="How far a user's slots follow what their reviews care about (0: not)")
    other_gate: float = Field(0.5, gt=0, le=1, description="Gate of the slot of what no named motivation explains")
    prototypes: int = Field(0, ge=0, description="Learnable motivation prototypes per slot; 0, measured best, switches them off")
    prototype_temperature: float = Field(1.0, gt=0, description="Temperature of the softmax over prototypes")
    independence_weight: float = Field(0.01, ge=0, description="Weight of the independence of slots")
    text_dim: int = Field(384, ge=2, description="Principal components kept of the sentence embeddings")
    text_dropout: float = Field(0.4, ge=0, lt=1, description="Dropout on the text encoder's input")
    text_scale: float = Field(0.0, ge=0, description="Weight of the text view in the final vectors")
