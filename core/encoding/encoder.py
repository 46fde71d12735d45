"""What a text encoder is, and which one is at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from core.errors import InputError

Vectors = npt.NDArray[np.float32]
EncoderName = Literal["auto", "minilm", "tfidf"]


class TextEncoder(Protocol):
    """Turns sentences into vectors whose inner product is their similarity.

    ``fingerprint`` identifies the weights (or the fit) and goes into the key of every artefact; ``precision`` is the
    arithmetic they run in, which changes vectors by rounding only (cosine 0.9999) and separates entries of the cache.
    """

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def precision(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, dim], each row of length 1 (or zero where the encoder knows no word of the text)."""
        ...


@dataclass(frozen=True)
class EncoderChoice:
    """The encoder chosen and the reason, in words for a person."""

    encoder: TextEncoder
    reason: str


def normalised(vectors: npt.NDArray[np.floating]) -> Vectors:
    """Rows scaled to length 1 as float32; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)


def default_encoder(
    choice: EncoderName = "auto", training_texts: Callable[[], Sequence[str]] = tuple, device: str = "cpu"
) -> EncoderChoice:
    """The encoder to use: MiniLM where its package is installed and intact, else TF-IDF + SVD fitted on ``training_texts``.

    Args:
        choice: "auto" falls back to TF-IDF; "minilm" and "tfidf" insist.
        training_texts: gives the texts TF-IDF is fitted on; never those of held-out interactions. Not called for MiniLM.
        device: "auto", "cpu", "cuda" or "mps", for MiniLM.

    Raises:
        InputError: "minilm" was asked for and its package is missing or not the known one, or TF-IDF has no text to fit.
    """
    from core.encoding.minilm import MiniLMEncoder
    from core.encoding.tfidf import TfidfEncoder

    if choice == "tfidf":
        return EncoderChoice(TfidfEncoder.fit(training_texts()), "TF-IDF with SVD, as asked for")
    try:
        encoder = MiniLMEncoder.open(device=device)
    except InputError as error:
        if choice == "minilm":
            raise
        return EncoderChoice(TfidfEncoder.fit(training_texts()), f"TF-IDF with SVD, because MiniLM is not at hand: {error}")
    return EncoderChoice(encoder, f"MiniLM from the installed package, in {encoder.precision}")
