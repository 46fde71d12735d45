"""The settings of an extraction, of either backend."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.encoding.encoder import EncoderName, TextEncoder
from core.extraction.ollama.chat import ChatOptions
from core.extraction.zero_shot import THRESHOLDS, Thresholds

Backend = Literal["zero-shot", "ollama"]


class OllamaSettings(BaseModel):
    """What a language model on an Ollama server is asked, and how.

    ``prompt`` reads reviews; the other three are optional levels: one question a user, one an item, and the merge of a node's
    statements in place of the deterministic one. Prompts are named "NAME@V", or "NAME" for the newest version.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model: str = Field(min_length=1, description="Name of the model, as `ollama list` shows it")
    prompt: str | None = Field(None, description="Prompt that reads a review; none: the one that ships for the dataset's domain")
    user_prompt: str | None = Field(None, description="Prompt that reads all training reviews of a user; none: not asked")
    item_prompt: str | None = Field(None, description="Prompt that reads all training reviews of an item; none: not asked")
    merge_prompt: str | None = Field(None, description="Prompt that merges a node's statements; none: merged without a model")
    host: str | None = Field(None, description="Address of the server; none: OLLAMA_HOST, else this machine")
    concurrency: int = Field(4, ge=1, le=64, description="Questions in flight at once; more than OLLAMA_NUM_PARALLEL only waits there")
    retries: int = Field(2, ge=0, le=10, description="How often an answer that cannot be used is asked for again, with the error shown")
    options: ChatOptions = Field(ChatOptions(), description="Temperature, seed, context and length of answers")
    read_timeout_s: float = Field(120.0, gt=0, description="Longest silence of the server; a whole answer may take five times as long")


class ExtractionConfig(BaseModel):
    """Settings of an extraction. Every field has a safe default; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Backend = Field("zero-shot", description="What reads the reviews")
    encoder: EncoderName = Field("auto", description="Sentence encoder: MiniLM where it is at hand, else TF-IDF")
    taxonomy: str | None = Field(None, description="NAME@V of a taxonomy, or its path; none: the one that ships for the dataset's domain")
    threshold: float | None = Field(None, ge=-1, le=2, description="Lowest evidence for a named motivation; none: measured for the encoder")
    temperature: float | None = Field(
        None, gt=0, description="Margin of the scores at which confidence reaches 0.76; none: measured for the encoder"
    )
    sample: int | None = Field(None, ge=1, description="Read only so many training reviews, drawn at random; none: all")
    sample_seed: int = Field(0, ge=0, description="Seed of that draw")
    ollama: OllamaSettings | None = Field(None, description="The model, for the ollama backend")

    @model_validator(mode="after")
    def _of_one_backend(self) -> Self:
        if self.backend == "ollama":
            if self.ollama is None:
                raise ValueError("the ollama backend needs a model: name one with --model, or in ollama.model")
            if self.threshold is not None or self.temperature is not None:
                raise ValueError("threshold and temperature belong to the zero-shot backend; a model's temperature is in ollama.options")
        elif self.ollama is not None:
            raise ValueError("the settings in ollama belong to the ollama backend: choose it with --backend ollama")
        return self

    def thresholds(self, encoder: TextEncoder) -> Thresholds:
        """The thresholds of the zero-shot backend to use with an encoder."""
        usual = THRESHOLDS[encoder.name]
        evidence = usual.evidence if self.threshold is None else self.threshold
        return Thresholds(evidence, usual.temperature if self.temperature is None else self.temperature)

    @property
    def zero_shot_key(self) -> dict[str, Any]:
        """What decides a zero-shot extraction. A draw that is not made is left out: the key is older than the setting."""
        plain = self.model_dump(mode="json", exclude={"ollama", "sample", "sample_seed"})
        return plain | ({"sample": self.sample, "sample_seed": self.sample_seed} if self.sample is not None else {})
