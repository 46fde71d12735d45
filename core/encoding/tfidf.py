"""TF-IDF + truncated SVD (latent semantic analysis): the encoder for where no model is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from core.encoding.encoder import Vectors, normalised
from core.errors import InputError
from core.storage import content_hash, read_json, read_tensors, write_json, write_tensors

MAX_DIM = 256
MAX_TERMS = 50_000
_PATTERN = r"(?u)\b\w\w+\b"


class TfidfEncoder:
    """Words and word pairs, weighted by rarity, projected on the leading directions of the texts it was fitted on.

    It knows only the texts given to `fit`, so whoever fits it on training texts lets nothing of held-out ones in.
    """

    name = "tfidf-svd"
    precision = "float32"

    def __init__(self, terms: Sequence[str], rarity: np.ndarray, directions: np.ndarray, fingerprint: str) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._terms = list(terms)
        self._directions = directions.astype(np.float32)
        self._rarity = rarity.astype(np.float64)
        self._vectorizer = TfidfVectorizer(**_settings(), vocabulary={term: column for column, term in enumerate(self._terms)})
        self._vectorizer.idf_ = self._rarity
        self.fingerprint = fingerprint
        self.dim = int(directions.shape[0])

    @classmethod
    def fit(cls, texts: Sequence[str], seed: int = 0) -> TfidfEncoder:
        """Learn terms, rarities and directions from ``texts``.

        Raises:
            InputError: the texts hold no words.
        """
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        texts = sorted(set(texts))
        vectorizer = TfidfVectorizer(**_settings(), min_df=2 if len(texts) >= 100 else 1, max_features=MAX_TERMS)
        try:
            counts = vectorizer.fit_transform(texts)
        except ValueError as error:
            raise InputError("No words to fit the TF-IDF encoder on", hint="The training reviews hold no usable text") from error
        dim = max(1, min(MAX_DIM, min(counts.shape) - 1))
        svd = TruncatedSVD(dim, random_state=seed).fit(counts)
        # The fit's input identifies it: the SVD itself may round differently on another machine.
        fingerprint = content_hash("tfidf-svd", texts, seed, MAX_DIM, MAX_TERMS, length=16)
        return cls(list(vectorizer.get_feature_names_out()), vectorizer.idf_, svd.components_, fingerprint)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, dim], rows of length 1; zero where no word of the text is known."""
        if not len(texts):
            return np.zeros((0, self.dim), dtype=np.float32)
        return normalised(self._vectorizer.transform(texts) @ self._directions.T)

    def save(self, directory: Path) -> None:
        """Write the fit into ``directory``."""
        write_json(directory / "tfidf.json", {"fingerprint": self.fingerprint, "terms": self._terms})
        tensors = {"rarity": torch.from_numpy(self._rarity), "directions": torch.from_numpy(self._directions)}
        write_tensors(directory / "tfidf.safetensors", tensors)

    @classmethod
    def load(cls, directory: Path) -> TfidfEncoder:
        """Read what `save` wrote."""
        document = read_json(directory / "tfidf.json")
        tensors = read_tensors(directory / "tfidf.safetensors")
        return cls(document["terms"], tensors["rarity"].numpy(), tensors["directions"].numpy(), document["fingerprint"])


def _settings() -> dict[str, object]:
    return {"token_pattern": _PATTERN, "lowercase": True, "ngram_range": (1, 2), "sublinear_tf": True, "strip_accents": "unicode"}
