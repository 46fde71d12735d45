"""Finding users and items by id, by name or title, and by the words of their training reviews and statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from core.recommend.portrait import labels
from core.recommend.recommender import Recommender
from core.training.opened import Side

Where = Literal["id", "name", "profile text", "statement", "review"]
_AROUND = 90
"""Characters of a passage on either side of what was found."""


@dataclass(frozen=True)
class Found:
    """A node that was found.

    Args:
        label: its name or title. where: the first place it was found in, in the order of `Where`.
        passage: the words around what was found, on one line; "" where that is the id or the name.
        n_texts: its training reviews, statements and profile texts that hold all the words.
        activity: training interactions.
    """

    id: str
    idx: int
    label: str
    where: Where
    passage: str
    n_texts: int
    activity: int


class NodeSearch:
    """Searches the nodes of a run's dataset; of reviews only those of the training split are ever looked at.

    A text matches that holds every word of the query, as people type them, in any order and case; a name or id matches as a whole.
    """

    def __init__(self, recommender: Recommender) -> None:
        self._recommender = recommender
        self._dataset = recommender.dataset

    def find(
        self, side: Side, query: str, limit: int = 50, *, names: Sequence[str] | None = None, by_id: bool = True
    ) -> tuple[list[Found], int]:
        """The best matches and how many there are: ids and names first (whole, then beginning, then part), then by matching texts.

        Args:
            names: looked at and returned in place of the nodes' own names or titles, in their order. by_id: ids are looked at.
        """
        words = query.casefold().split()
        if not words:
            return [], 0
        own = list(names) if names is not None else labels(self._recommender, side)
        ids = [str(one) for one in (self._dataset.users["user_id"] if side == "user" else self._dataset.items["item_id"])]
        phrase = " ".join(words)
        rank = np.full(len(ids), 3, dtype=np.int64)
        by_name = self._best(rank, [name.casefold() for name in own], phrase)
        in_id = self._best(rank, [one.casefold() for one in ids], phrase) if by_id else np.zeros(len(ids), dtype=bool)
        hits = self._texts(side, words)
        found = np.flatnonzero(by_name | in_id | (hits["n_texts"] > 0))
        activity = self._activity(side)
        order = np.lexsort((found, -activity[found], -hits["n_texts"][found], rank[found]))
        listed = []
        for node in found[order][:limit].tolist():
            named = bool(by_name[node] or in_id[node])
            where: Where = "name" if by_name[node] else "id" if in_id[node] else self._where(int(hits["first"][node]))
            passage = "" if named else _around(self._texts_of["text"].iloc[int(hits["first"][node])], words[0])
            listed.append(Found(ids[node], node, own[node], where, passage, int(hits["n_texts"][node]), int(activity[node])))
        return listed, len(found)

    @staticmethod
    def _best(rank: np.ndarray, texts: Sequence[str], phrase: str) -> np.ndarray:
        """Which texts hold the phrase: bool [n]; ``rank`` is lowered to 0 for the whole, 1 for a beginning, 2 for a part."""
        found = np.fromiter((phrase in text for text in texts), dtype=bool, count=len(texts))
        for node in np.flatnonzero(found).tolist():
            own = texts[node]
            rank[node] = min(rank[node], 0 if own == phrase else 1 if own.startswith(phrase) else 2)
        return found

    def _texts(self, side: Side, words: Sequence[str]) -> dict[str, np.ndarray]:
        """Per node: how many texts hold all words, and the row of the first such text (-1 = none)."""
        table = self._texts_of
        n = self._dataset.n_users if side == "user" else self._dataset.n_items
        matching = np.ones(len(table), dtype=bool)
        for word in words:
            rows = np.flatnonzero(matching)
            matching[rows] = table["folded"].iloc[rows].str.contains(word, regex=False).to_numpy(dtype=bool)
        rows = np.flatnonzero(matching & (table[f"{side}_idx"].to_numpy() >= 0))
        nodes = table[f"{side}_idx"].to_numpy()[rows]
        first = np.full(n, -1, dtype=np.int64)
        first[nodes[::-1]] = rows[::-1]
        return {"n_texts": np.bincount(nodes, minlength=n), "first": first}

    def _where(self, row: int) -> Where:
        where: Where = self._texts_of["where"].iloc[row]
        return where

    @cached_property
    def _texts_of(self) -> pd.DataFrame:
        """All texts that are searched: user_idx, item_idx (-1 = none), where, text, folded; profile texts, statements, reviews."""
        dataset, evidence = self._dataset, self._recommender.evidence
        parts = [
            pd.DataFrame(
                {"user_idx": np.arange(dataset.n_users), "item_idx": -1, "where": "profile text", "text": dataset.users["profile_text"]}
            ),
            pd.DataFrame(
                {"user_idx": -1, "item_idx": np.arange(dataset.n_items), "where": "profile text", "text": dataset.items["profile_text"]}
            ),
        ]
        if evidence is not None:
            said = evidence.statements[["user_idx", "item_idx", "statement"]].rename(columns={"statement": "text"})
            parts.append(said.assign(where="statement"))
        reviews = dataset.rows("train")
        joined = (reviews["summary"].fillna("") + " " + reviews["text"].fillna("")).str.strip()
        parts.append(reviews[["user_idx", "item_idx"]].assign(where="review", text=joined))
        table = pd.concat(parts, ignore_index=True)
        table = table[table["text"].fillna("").astype(str).str.strip() != ""].reset_index(drop=True)
        return table.assign(folded=table["text"].astype(str).str.casefold())

    def _activity(self, side: Side) -> np.ndarray:
        n = self._dataset.n_users if side == "user" else self._dataset.n_items
        return np.bincount(self._dataset.rows("train")[f"{side}_idx"], minlength=n)


def _around(text: str, word: str) -> str:
    """The words around the first occurrence, on one line, cut at spaces."""
    plain = " ".join(str(text).split())
    place = max(plain.casefold().find(word), 0)
    start, end = max(0, place - _AROUND), place + len(word) + _AROUND
    cut = plain[start:end]
    if start > 0:
        cut = "…" + cut.split(" ", 1)[-1]
    return cut if end >= len(plain) else cut.rsplit(" ", 1)[0] + "…"
