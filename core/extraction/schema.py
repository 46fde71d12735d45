"""What an extraction says of one review, and the table all extractions of a dataset end in."""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

Polarity = Literal["positive", "negative"]
OTHER = "other"


class Motivation(BaseModel):
    """One named reason (METHOD 2): a motivation of the taxonomy or "other", with the quote it stands on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    statement: str
    quote: str
    polarity: Polarity
    strength: float = Field(ge=0.0, le=1.0)


class ReviewMotivations(BaseModel):
    """What one review says of why its author acted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reasoning: str = ""
    motivations: list[Motivation] = []
    need: str = ""


class Review(BaseModel):
    """One text to extract from; ``rating`` is 1..5 or None."""

    model_config = ConfigDict(frozen=True)

    text: str
    rating: float | None = None


class Extractor(Protocol):
    """Reads reviews and says which motivations they hold. ``name`` and its settings are part of every artefact's hash."""

    name: str

    def extract(self, review: Review) -> ReviewMotivations: ...

    def extract_many(self, reviews: list[Review]) -> list[ReviewMotivations]: ...


STATEMENT_COLUMNS = {
    "source": "string",  # "review", "user_profile" or "item_profile"
    "interaction_idx": "int32",  # -1 for profile texts
    "user_idx": "int32",  # -1 for item profiles
    "item_idx": "int32",  # -1 for user profiles
    "motivation": "int16",  # index in the taxonomy; len(taxonomy) means "other"
    "statement": "string",
    "quote": "string",
    "polarity": "string",
    "strength": "float32",
    "confidence": "float32",  # 0..1, how sure the extractor is of the motivation's name
    "grounded": "bool",
    "grounding": "float32",  # similarity of the quote to its best match in the review, 1 = found as it stands
    "embedding_row": "int32",  # row of the statement's embedding in embeddings.safetensors
}
