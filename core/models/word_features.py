"""The words themselves: what is said of every item, and by every user, word for word, beside the sentence embeddings.

A sentence embedding tells what a review is about; which brand, gauge or model it names is lost when many sentences are averaged. Term
frequencies keep that: latent semantic analysis (Deerwester et al., JASIS 1990) of one document a node, words and word pairs.
"""

from __future__ import annotations

import pandas as pd
import torch
from torch.nn import functional

from core.encoding.tfidf import TfidfEncoder
from core.errors import InputError


def word_features(statements: pd.DataFrame, n_users: int, n_items: int, dim: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The leading directions of the TF-IDF of all that is said by each user and of each item, rows of length at most 1.

    Words, their rarity and the directions are those of the items; users are read with them. Zero for a node without words, and in the
    last columns where the texts have fewer directions.

    Args:
        statements: of profiles (`core.extraction.schema.STATEMENT_COLUMNS`): training text only.
        dim: W, number of directions, at most `core.encoding.tfidf.MAX_DIM`.

    Returns:
        (users float32 [n_users, W], items float32 [n_items, W]).
    """
    users, items = torch.zeros(n_users, dim), torch.zeros(n_items, dim)
    documents = _documents(statements, "item_idx")
    try:
        encoder = TfidfEncoder.fit(documents.tolist())
    except InputError:  # texts without a word say nothing of any item
        return users, items
    for words, of_side in ((users, _documents(statements, "user_idx")), (items, documents)):
        found = torch.from_numpy(encoder.encode(of_side.tolist()))[:, :dim]
        words[torch.tensor(of_side.index.to_numpy(dtype="int64"))] = functional.pad(found, (0, dim - found.shape[1]))
    return users, items


def _documents(statements: pd.DataFrame, column: str) -> pd.Series:
    """All statements of each node that has any, in one text; by the node's index."""
    told = statements[statements[column] >= 0]
    return told.groupby(column, sort=True)["statement"].agg(" . ".join)
