"""The words themselves: what is said of every item, word for word, beside the sentence embeddings.

A sentence embedding tells what a review is about; which brand, gauge or model it names is lost when many sentences are averaged. Term
frequencies keep that: latent semantic analysis (Deerwester et al., JASIS 1990) of one document an item, words and word pairs.
"""

from __future__ import annotations

import pandas as pd
import torch
from torch.nn import functional

from core.encoding.tfidf import TfidfEncoder
from core.errors import InputError


def item_words(statements: pd.DataFrame, n_items: int, dim: int) -> torch.Tensor:
    """float32 [n_items, dim]: the leading directions of the TF-IDF of all that is said of each item, rows of length at most 1.

    Zero for an item nobody speaks of, and in the last columns where the texts have fewer directions.

    Args:
        statements: of profiles (`core.extraction.schema.STATEMENT_COLUMNS`): training text only.
        dim: number of directions, at most `core.encoding.tfidf.MAX_DIM`.
    """
    spoken_of = statements[statements["item_idx"] >= 0]
    documents = spoken_of.groupby("item_idx", sort=True)["statement"].agg(" . ".join)
    words = torch.zeros(n_items, dim)
    try:
        encoder = TfidfEncoder.fit(documents.tolist())
    except InputError:  # texts without a word say nothing of any item
        return words
    found = torch.from_numpy(encoder.encode(documents.tolist()))[:, :dim]
    rows = torch.tensor(documents.index.to_numpy(dtype="int64"))
    words[rows] = functional.pad(found, (0, dim - found.shape[1]))
    return words
