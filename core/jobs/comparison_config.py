"""The settings of a comparison: two ways to read reviews, and everything else the same for both."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.encoding.encoder import EncoderName
from core.errors import InputError
from core.extraction.config import Backend, ExtractionConfig, OllamaSettings
from core.extraction.ollama.chat import ChatOptions
from core.models.config import TEXT_MODELS
from core.training.config import TrainingConfig

ZERO_SHOT: Backend = "zero-shot"
SHORT = TrainingConfig(epochs=60)
"""A training long enough to tell two extractions apart and short enough to be done six times."""
TRAINING_SEEDS = "seeds 0 to n - 1, the same for both variants"


class Variant(BaseModel):
    """One way to read reviews: a prompt put to a model with its settings, or the embedded backend."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    backend: Backend = Field("ollama", description="What reads the reviews")
    prompt: str | None = Field(None, description="Prompt that reads a review, NAME@V; none: the one that ships for the dataset's domain")
    model: str | None = Field(None, description="Model on the Ollama server")
    options: ChatOptions = Field(ChatOptions(), description="Temperature, seed, context and length of answers")

    @model_validator(mode="after")
    def _of_one_backend(self) -> Self:
        if self.backend == "ollama" and not self.model:
            raise ValueError("a prompt needs a model that reads it")
        if self.backend == ZERO_SHOT and (self.prompt or self.model):
            raise ValueError("the zero-shot backend takes no prompt and no model")
        return self

    @property
    def label(self) -> str:
        """What people call it: "review-places@2, qwen3.5:4b" or "zero-shot"."""
        return ZERO_SHOT if self.backend == ZERO_SHOT else f"{self.prompt or 'default prompt'}, {self.model}"


class ComparisonConfig(BaseModel):
    """Two variants, and how both are compared. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    a: Variant
    b: Variant
    sample: int = Field(500, ge=1, description="Training reviews both read, drawn at random; all where there are no more")
    sample_seed: int = Field(0, ge=0, description="Seed of that draw")
    taxonomy: str | None = Field(None, description="Taxonomy of both; none: by the dataset's domain")
    encoder: EncoderName = Field("auto", description="Sentence encoder of both")
    seeds: int = Field(3, ge=1, le=20, description=f"Trainings of each variant: {TRAINING_SEEDS}")
    training: TrainingConfig = Field(SHORT, description="Settings of all trainings; their seed is set")
    split: Literal["validation", "test"] = Field(
        "validation", description="Held-out interactions the figures are of; prompts are tuned on validation, test is for the last word"
    )
    host: str | None = Field(None, description="Address of the server; none: OLLAMA_HOST, else this machine")
    concurrency: int = Field(4, ge=1, le=64, description="Questions in flight at once")
    retries: int = Field(2, ge=0, le=10, description="How often an answer that cannot be used is asked for again")
    read_timeout_s: float = Field(120.0, gt=0, description="Longest silence of the server within an answer")

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        if self.a == self.b:
            raise ValueError("both variants are the same: there is nothing to compare")
        if not self.training.reads_text:
            raise ValueError(f"{self.training.model} reads no text, so no prompt can change it: train {', '.join(TEXT_MODELS)}")
        return self

    @property
    def variants(self) -> tuple[Variant, Variant]:
        """Both, the first one first."""
        return self.a, self.b

    @property
    def labels(self) -> tuple[str, str]:
        """What to call both; told apart by their place where only their settings differ."""
        first, second = self.a.label, self.b.label
        return (first, second) if first != second else (f"{first} (A)", f"{second} (B)")

    @property
    def asks_a_model(self) -> bool:
        """Whether a language model is asked at all."""
        return any(variant.backend == "ollama" for variant in self.variants)

    def extraction(self, variant: Variant) -> ExtractionConfig:
        """The extraction of one variant."""
        settings = None
        if variant.backend == "ollama":
            assert variant.model, "the configuration was checked"
            settings = OllamaSettings(
                model=variant.model,
                prompt=variant.prompt,
                options=variant.options,
                host=self.host,
                concurrency=self.concurrency,
                retries=self.retries,
                read_timeout_s=self.read_timeout_s,
            )
        return ExtractionConfig(
            backend=variant.backend,
            encoder=self.encoder,
            taxonomy=self.taxonomy,
            sample=self.sample,
            sample_seed=self.sample_seed,
            ollama=settings,
        )

    def trainings(self) -> list[TrainingConfig]:
        """The trainings of each variant."""
        return [self.training.model_copy(update={"seed": seed}) for seed in range(self.seeds)]


def variant_of(written: str, model: str | None = None) -> Variant:
    """A variant as it is written on the command line: "NAME@V", "NAME@V:MODEL" or "zero-shot".

    Args:
        model: of those that name none.

    Raises:
        InputError: there is no prompt in it, or no model is named.
    """
    prompt, _, own = written.strip().partition(":")  # names of prompts hold no colon, those of models do
    if prompt == ZERO_SHOT and not own:
        return Variant(backend=ZERO_SHOT)
    chosen = own or model
    if not prompt:
        raise InputError("A variant begins with a prompt", where=written or "empty", hint="Write NAME@V, NAME@V:MODEL or zero-shot")
    if not chosen:
        raise InputError("A prompt needs a model", where=written, hint="Name one for both with --model, or write NAME@V:MODEL")
    return Variant(prompt=prompt, model=chosen)
