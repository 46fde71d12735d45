"""The texts an extraction may see: training reviews and profile texts, as sentences and phrases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import ReviewDataset
from core.extraction.polarity import emphasis, opinion
from core.extraction.profile_phrases import split_profile
from core.extraction.sentences import clean_statement, split_sentences
from core.storage import content_hash


@dataclass(frozen=True)
class Texts:
    """Sentences to be labelled.

    Args:
        rows: one row a sentence: source, interaction_idx, user_idx, item_idx, rating float64 (NaN where none), quote,
            statement, embedding_row (index into ``distinct``).
        distinct: the distinct statements.
        opinions, emphases: float64 [n_distinct], what the words of a statement say (see `core.extraction.polarity`).
        n_reviews: training reviews with text.
        key: hash of everything that was read.
    """

    rows: pd.DataFrame
    distinct: list[str]
    opinions: npt.NDArray[np.float64]
    emphases: npt.NDArray[np.float64]
    n_reviews: int
    key: str


_Row = tuple[str, int, int, int, float, str]


def statement_texts(dataset: ReviewDataset) -> Texts:
    """Sentences of the training reviews (summary, then text) and phrases of the profile texts of users and items."""
    train = dataset.rows("train")[["user_idx", "item_idx", "rating", "summary", "text"]]
    profiles = {
        "user_profile": dataset.users["profile_text"].fillna("").astype(str).tolist(),
        "item_profile": dataset.items["profile_text"].fillna("").astype(str).tolist(),
    }
    reviews = [
        (int(index), int(user), int(item), float(rating), str(summary), str(text))
        for index, user, item, rating, summary, text in zip(
            train.index,
            train["user_idx"],
            train["item_idx"],
            train["rating"],
            train["summary"].fillna(""),
            train["text"].fillna(""),
            strict=True,
        )
    ]
    rows = pd.DataFrame(
        [*_review_rows(reviews), *_profile_rows(profiles)],
        columns=["source", "interaction_idx", "user_idx", "item_idx", "rating", "quote"],
    ).astype({"rating": "float64"})
    rows["statement"] = [clean_statement(quote) for quote in rows["quote"]]
    codes, distinct = pd.factorize(rows["statement"])
    rows["embedding_row"] = codes
    statements = [str(statement) for statement in distinct]
    return Texts(
        rows=rows,
        distinct=statements,
        opinions=np.array([opinion(statement) for statement in statements], dtype=np.float64),
        emphases=np.array([emphasis(statement) for statement in statements], dtype=np.float64),
        n_reviews=sum(bool(summary.strip() or text.strip()) for *_, summary, text in reviews),
        key=content_hash(_plain(reviews), profiles),
    )


def _review_rows(reviews: Iterable[tuple[int, int, int, float, str, str]]) -> Iterator[_Row]:
    for index, user, item, rating, summary, text in reviews:
        for quote in (*split_sentences(summary), *split_sentences(text)):
            yield "review", index, user, item, rating, quote


def _profile_rows(profiles: dict[str, list[str]]) -> Iterator[_Row]:
    for source, texts in profiles.items():
        for node, text in enumerate(texts):
            user, item = (node, -1) if source == "user_profile" else (-1, node)
            for quote in split_profile(text):
                yield source, -1, user, item, float("nan"), quote


def _plain(reviews: list[tuple[int, int, int, float, str, str]]) -> list[list[object]]:
    """Reviews as JSON holds them: no NaN."""
    return [
        [index, user, item, None if rating != rating else rating, summary, text] for index, user, item, rating, summary, text in reviews
    ]
