"""The texts an extraction may see: training reviews and profile texts, as sentences and phrases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

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
    """

    rows: pd.DataFrame
    distinct: list[str]
    opinions: npt.NDArray[np.float64]
    emphases: npt.NDArray[np.float64]
    n_reviews: int


_Row = tuple[str, int, int, int, float, str]


@dataclass(frozen=True)
class SourceTexts:
    """All an extraction reads of a dataset, before it is split.

    Args:
        reviews: (interaction_idx, user_idx, item_idx, rating, summary, text) of every training interaction.
        profiles: profile texts by source, "user_profile" and "item_profile", by node.
    """

    reviews: list[tuple[int, int, int, float, str, str]]
    profiles: dict[str, list[str]]

    @classmethod
    def read(cls, dataset: ReviewDataset) -> SourceTexts:
        """Read the training part of a dataset and nothing else of its interactions."""
        train = dataset.rows("train")
        summaries, texts = (train[column].fillna("").astype(str) for column in ("summary", "text"))
        ratings = train["rating"].astype("float64")
        rows = zip(train.index, train["user_idx"], train["item_idx"], ratings, summaries, texts, strict=True)
        profiles = {
            "user_profile": dataset.users["profile_text"].fillna("").astype(str).tolist(),
            "item_profile": dataset.items["profile_text"].fillna("").astype(str).tolist(),
        }
        return cls(
            [(int(index), int(user), int(item), rating, summary, text) for index, user, item, rating, summary, text in rows], profiles
        )

    def sampled(self, n: int, seed: int) -> SourceTexts:
        """These with only ``n`` of the reviews that have text, drawn at random; profile texts stay. All where there are no more."""
        with_text = [position for position, (*_, summary, text) in enumerate(self.reviews) if summary.strip() or text.strip()]
        drawn = sorted(np.random.default_rng(seed).permutation(len(with_text))[:n])
        return SourceTexts([self.reviews[with_text[position]] for position in drawn], self.profiles)

    @cached_property
    def key(self) -> str:
        """Hash of everything read."""
        plain = [[*row[:3], None if row[3] != row[3] else row[3], *row[4:]] for row in self.reviews]  # JSON has no NaN
        return content_hash(plain, self.profiles)

    @cached_property
    def sentences(self) -> Texts:
        """Sentences of the reviews (summary, then text) and phrases of the profile texts."""
        rows = pd.DataFrame(
            [*_review_rows(self.reviews), *_profile_rows(self.profiles)],
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
            n_reviews=sum(bool(summary.strip() or text.strip()) for *_, summary, text in self.reviews),
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
