"""The settings of a model; `core.training.config.TrainingConfig` adds those of its training."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

BackboneName = Literal["bpr-mf", "lightgcn", "gccf", "sgl", "simgcl", "dccf", "autocf"]
ModelName = Literal[
    "lmmrec", "rlmrec-con", "rlmrec-gen", "kar", "alpharec", "irllrec", "ease", "ease-text", "popularity",
    "bpr-mf", "lightgcn", "gccf", "sgl", "simgcl", "dccf", "autocf",
]  # fmt: skip
BACKBONES: tuple[BackboneName, ...] = get_args(BackboneName)
MODELS: tuple[ModelName, ...] = get_args(ModelName)
TEXT_MODELS: tuple[ModelName, ...] = ("lmmrec", "rlmrec-con", "rlmrec-gen", "kar", "alpharec", "irllrec", "ease-text")
"""Models that read profiles."""
WRAPPERS: tuple[ModelName, ...] = ("lmmrec", "rlmrec-con", "rlmrec-gen", "kar", "irllrec")
"""Models around a backbone that can be chosen."""


class ModelConfig(BaseModel):
    """Settings of the recommendation model and its losses. Every field has a default; unknown keys are refused.

    A backbone is a model too (``model="simgcl"``): it is then trained on its own, and ``backbone`` says the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: ModelName = Field("lmmrec", description="What to train")
    backbone: BackboneName = Field("lightgcn", description="Graph encoder inside the model")
    seed: int = Field(0, ge=0, description="Seed of initialisation, sampling and dropout")

    form: Literal["slots", "vector"] = Field("slots", description="One named slot per motivation, or the paper's single vector")
    slot_dim: int = Field(16, ge=2, le=256, description="Dimensions of each slot (slots form)")
    behaviour_dim: int = Field(128, ge=0, le=1024, description="Dimensions beside the slots, for what behaviour alone tells (LMMRec)")
    behaviour_parts: int = Field(2, ge=1, le=16, description="Parts of them that each learn to recommend by themselves (LMMRec)")
    part_weight: float = Field(1.0, ge=0, description="Weight of slots and behaviour each recommending by itself (LMMRec)")
    joint_weight: float = Field(0.3, ge=0, description="Weight of slots and behaviour recommending together (LMMRec)")
    dim: int = Field(64, ge=2, le=1024, description="Dimensions of the single vector (every model but LMMRec's slots form)")
    layers: int = Field(4, ge=0, le=8, description="Propagation layers of the backbone")
    layer_combination: Literal["mean", "sum"] = Field("mean", description="How the layers of a propagation are joined")
    edge_keep: float = Field(1.0, gt=0, le=1, description="Share of the interactions a training step propagates over")
    initial_scale: float = Field(0.1, gt=0, description="Standard deviation of the backbone's initial embeddings")

    loss: Literal["bpr", "softmax"] = Field("bpr", description="Recommendation loss: BPR or sampled softmax")
    negatives: int = Field(256, ge=1, le=65536, description="Negatives per batch (softmax); BPR takes one per interaction")
    candidates: int = Field(1, ge=1, le=64, description="Negatives drawn per interaction, of which the best-scored one counts (BPR)")
    temperature: float = Field(0.4, gt=0, description="Temperature of the sampled softmax")
    regularisation: float = Field(1e-3, ge=0, description="Weight of the squared norm of the embeddings in a batch")

    ssl_weight: float = Field(0.1, ge=0, description="Weight of a backbone's own contrast between views (SGL, SimGCL, DCCF, AutoCF)")
    ssl_temperature: float = Field(0.2, gt=0, description="Temperature of that contrast")
    view_noise: float = Field(0.1, ge=0, description="Length of the noise added to each layer of a view (SimGCL)")
    view_keep: float = Field(0.9, gt=0, le=1, description="Share of the interactions kept in each view (SGL)")
    intents: int = Field(64, ge=1, le=1024, description="Learnable intents of users and of items (DCCF, IRLLRec)")
    mask_seeds: int = Field(100, ge=1, description="Nodes whose surroundings a step hides and rebuilds (AutoCF)")

    mcs_weight: float = Field(0.03, ge=0, description="Weight of the Motivation Coordination Strategy")
    mcs_temperature: float = Field(0.2, gt=0, description="Temperature of its InfoNCE")
    slot_mcs_weight: float = Field(0.003, ge=0, description="Weight of the same per motivation slot (slots form)")
    align_every: int = Field(2, ge=1, description="Steps between two comparisons of the views, which weigh that much more")
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
    text_dim: int = Field(128, ge=2, description="Principal components kept of the sentence embeddings")
    text_hidden: int = Field(64, ge=0, le=4096, description="Hidden width of the text encoder; 0 is the paper's, half of input and output")
    text_words: int = Field(
        0, ge=0, le=256, description="Directions of the TF-IDF of the texts, read beside them (every text model but LMMRec)"
    )
    text_dropout: float = Field(0.4, ge=0, lt=1, description="Share of the text components hidden from a training step")
    text_scale: float = Field(0.2, ge=0, description="Weight of the text view of the whole profile in the final vectors")
    slot_text_scale: float = Field(0.3, ge=0, description="Weight of each slot's own text view in the final vectors (slots form)")
    history_dim: int = Field(
        16, ge=0, le=256, description="Dimensions of each slot for the words of what a user took; 0: none (slots form)"
    )
    history_words: int = Field(
        128, ge=0, le=256, description="Directions of the TF-IDF of these words, read beside their embeddings; 0: none (slots form)"
    )
    history_scale: float = Field(1.0, ge=0, description="Most spread their scores may have against that of all others (slots form)")
    history_temperature: float = Field(0.2, gt=0, description="Temperature of the softmax they are trained by (slots form)")
    history_rows: int = Field(512, ge=2, description="Interactions of a step they are trained on (slots form)")

    align_weight: float = Field(0.01, ge=0, description="Weight of a baseline's alignment with text (RLMRec, IRLLRec)")
    align_temperature: float = Field(0.2, gt=0, description="Temperature of that alignment")
    mask_ratio: float = Field(0.1, gt=0, lt=1, description="Share of the nodes whose vectors are hidden and rebuilt (RLMRec-Gen)")
    intent_weight: float = Field(0.01, ge=0, description="Weight of the pairwise alignment of intents (IRLLRec)")
    translation_weight: float = Field(0.001, ge=0, description="Weight of its alignment under noise (IRLLRec)")
    matching_weight: float = Field(0.001, ge=0, description="Weight of its distillation from a momentum teacher (IRLLRec)")
    experts: int = Field(5, ge=1, le=32, description="Text experts of users alone, and of items alone (KAR)")
    shared_experts: int = Field(2, ge=1, le=32, description="Text experts shared by users and items (KAR)")
    ease_weight: float = Field(300.0, gt=0, description="Ridge penalty on the item-item weights (EASE)")
    ease_text: float = Field(3.0, ge=0, description="Weight of the rows of item text added to the matrix (EASE with text)")

    @model_validator(mode="before")
    @classmethod
    def _backbone_of_itself(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("model") in BACKBONES:
            return {**values, "backbone": values["model"]}
        return values

    @property
    def reads_text(self) -> bool:
        """Whether the model needs the profiles of the dataset."""
        return self.model in TEXT_MODELS

    @property
    def reads_history(self) -> bool:
        """Whether the words of what a user took are read (`core.models.history_text`)."""
        return self.model == "lmmrec" and self.form == "slots" and self.history_dim > 0 and self.history_scale > 0

    @property
    def words_read(self) -> int:
        """How many directions of the words of the texts are read (`core.models.word_features`)."""
        if self.model == "lmmrec":
            return self.history_words if self.reads_history else 0
        return self.text_words if self.reads_text else 0
