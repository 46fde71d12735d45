"""What a language model is asked about a dataset: reviews, users and items with their training reviews, statements to be merged.

Texts come from `SourceTexts` alone, which holds training reviews only (METHOD 1.2). Questions are made one by one as they are
asked; two that show the model the same words are one question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from core.data.dataset import ReviewDataset
from core.extraction.answer_store import key_of, scope_of
from core.extraction.batch import Request
from core.extraction.ollama.chat import Message
from core.extraction.ollama.context import MESSAGE_TOKENS, estimate_tokens
from core.extraction.ollama.extractor import OllamaExtractor
from core.extraction.prompts.template import PromptKind
from core.extraction.texts import SourceTexts
from core.storage import content_hash

Side = Literal["user", "item"]
_MATERIAL = frozenset({"review", "rating", "item_title", "reviews", "statements", "subject"})  # what differs from question to question
_ROOM = 0.95  # of the context that is filled with reviews: the count of tokens is an estimate


@dataclass(frozen=True)
class Question:
    """One question and whom it is about.

    Args:
        interaction_idx, user_idx, item_idx: -1 where it is not about one.
        left_out: reviews or statements that did not fit the context.
    """

    request: Request
    interaction_idx: int = -1
    user_idx: int = -1
    item_idx: int = -1
    left_out: int = 0


@dataclass(frozen=True)
class Level:
    """Questions of one kind: ``questions`` makes them anew each time, ``n`` is how many there are."""

    asker: Asker
    questions: Callable[[], Iterator[Question]]
    n: int

    @property
    def kind(self) -> PromptKind:
        return self.asker.kind


class Asker:
    """One prompt put to one model.

    Args:
        digest: of the model's weights, as the server tells it.
    """

    def __init__(self, extractor: OllamaExtractor, digest: str) -> None:
        self.extractor = extractor
        self.kind: PromptKind = extractor.prompt.template.kind
        shown = [[entry.key, entry.name, entry.description] for entry in extractor.taxonomy.motivations]  # examples are not
        self.scope = scope_of(extractor.prompt.hash, extractor.model, digest, extractor.options, content_hash(shown))
        self._shown = extractor.prompt.template.variables & _MATERIAL

    def request(self, variables: Mapping[str, Any]) -> Request:
        """The question with these variables; what the prompt does not show does not tell two apart."""
        shown = {name: value for name, value in variables.items() if name in self._shown}
        return Request(key_of(self.scope, shown), self.scope, variables)

    @property
    def several(self) -> str:
        """Name of the variable that holds a list: "statements" of a merge, else "reviews"."""
        return "statements" if self.kind == "merge" else "reviews"

    def fitting(
        self, entries: Sequence[dict[str, Any]], others: Mapping[str, Any], sizes: Sequence[int] | None = None
    ) -> list[dict[str, Any]]:
        """Those of ``entries`` that fit the context together with the variables ``others``, the first ones first.

        Args:
            sizes: tokens of each entry (`entry_tokens`); None counts them.
        """
        options = self.extractor.options
        empty, frame = self._sizes
        left = int(_ROOM * (options.num_ctx - options.num_predict)) - empty - entry_tokens(others)
        kept = []
        for entry, size in zip(entries, sizes or map(entry_tokens, entries), strict=True):
            if size + frame <= left:
                left -= size + frame
                kept.append(entry)
        return kept

    @cached_property
    def _sizes(self) -> tuple[int, int]:
        """Tokens of the prompt without entries, and of what it writes around each."""
        one, two = (estimate_tokens(self.extractor.render_variables({self.several: [_BLANK] * n})) for n in (1, 2))
        frame = max(0, two - one)
        return max(0, one - frame), frame


_BLANK = {"text": "-", "title": "-", "rating": 3, "statement": "-", "quote": "-"}


def entry_tokens(entry: Mapping[str, Any]) -> int:
    """About how many tokens the values of an entry are."""
    messages = [Message(role="user", content=str(value)) for value in entry.values() if value is not None]
    return estimate_tokens(messages) - MESSAGE_TOKENS * len(messages)


def review_text(summary: str, text: str) -> str:
    """The text of a review as a model reads it and as quotes are looked for in it: its headline, then what follows."""
    return "\n".join(part for part in (summary.strip(), text.strip()) if part)


class Questions:
    """Makes the questions about a dataset's training reviews.

    Args:
        source: what may be read.
        dataset: gives titles of items and the times of training reviews.
    """

    def __init__(self, source: SourceTexts, dataset: ReviewDataset) -> None:
        self._reviews = [row for row in source.reviews if row[4].strip() or row[5].strip()]
        ids, titles = (dataset.items[column].fillna("").astype(str).tolist() for column in ("item_id", "title"))
        self._titles = ["" if title == identifier else title for identifier, title in zip(ids, titles, strict=True)]
        train = dataset.rows("train")
        self._tokens: dict[tuple[Side, int], int] = {}  # of each review in a list: questions are made more than once
        self._groups: dict[Side, dict[int, list[int]]] = {}
        self._times = dict(zip(train.index.tolist(), train["timestamp"].tolist(), strict=True))

    def reviews(self, asker: Asker) -> Level:
        """One question a training review with text."""

        def questions() -> Iterator[Question]:
            for index, user, item, rating, summary, text in self._reviews:
                variables = {"review": review_text(summary, text), "rating": _rating(rating), "item_title": self._titles[item]}
                yield Question(asker.request(variables), index, user, item)

        return Level(asker, questions, len(self._reviews))

    def nodes(self, asker: Asker, side: Side) -> Level:
        """One question a user (an item) over its training reviews: the newest that fit the context."""
        grouped = self.grouped(side)

        def questions() -> Iterator[Question]:
            for node in grouped:
                if (question := self.node(asker, side, node)) is not None:
                    yield question

        return Level(asker, questions, len(grouped))

    def node(self, asker: Asker, side: Side, node: int) -> Question | None:
        """The question over the training reviews of one user (item); None where not even one of them fits the context."""
        rows = self.grouped(side)[node]
        entries = [self._entry(row, side) for row in rows]
        others = {"item_title": self._titles[node]} if side == "item" else {}
        kept = asker.fitting(entries, others, [self._size(row, side, entry) for row, entry in zip(rows, entries, strict=True)])
        return _of_node(asker.request({"reviews": kept, **others}), side, node, len(entries) - len(kept)) if kept else None

    def merges(self, asker: Asker, side: Side, statements: Callable[[], Iterable[tuple[int, list[dict[str, Any]]]]], n: int) -> Level:
        """One question a node over its statements, the strongest that fit the context.

        Args:
            statements: gives (node, its statements as the prompt takes them, strongest first).
            n: how many there are.
        """

        def questions() -> Iterator[Question]:
            for node, entries in statements():
                if (question := self.merge(asker, side, node, entries)) is not None:
                    yield question

        return Level(asker, questions, n)

    def merge(self, asker: Asker, side: Side, node: int, entries: Sequence[dict[str, Any]]) -> Question | None:
        """The question over the statements of one node, strongest first; None where not even one of them fits the context."""
        others = {"item_title": self._titles[node] if side == "item" else ""}
        kept = asker.fitting(entries, others)
        if not kept:
            return None
        return _of_node(asker.request({"statements": kept, "subject": side, **others}), side, node, len(entries) - len(kept))

    def _size(self, row: int, side: Side, entry: Mapping[str, Any]) -> int:
        if (side, row) not in self._tokens:
            self._tokens[side, row] = entry_tokens(entry)
        return self._tokens[side, row]

    def _entry(self, row: int, side: Side) -> dict[str, Any]:
        """A review as the variable "reviews" takes it: a user's with the item's title, an item's with its own headline."""
        _, _, item, rating, summary, text = self._reviews[row]
        if side == "user":
            return {"text": review_text(summary, text), "rating": _rating(rating), "title": self._titles[item]}
        return {"text": text.strip() or summary.strip(), "rating": _rating(rating), "title": summary.strip() if text.strip() else ""}

    def grouped(self, side: Side) -> dict[int, list[int]]:
        """Positions of the reviews of every node that has one, newest first."""
        if side not in self._groups:
            self._groups[side] = self._grouped(side)
        return self._groups[side]

    def _grouped(self, side: Side) -> dict[int, list[int]]:
        order = sorted(range(len(self._reviews)), key=lambda row: (-self._times.get(self._reviews[row][0], -1), -self._reviews[row][0]))
        grouped: dict[int, list[int]] = {}
        for row in order:
            _, user, item, *_ = self._reviews[row]
            grouped.setdefault(user if side == "user" else item, []).append(row)
        return dict(sorted(grouped.items()))


def _of_node(request: Request, side: Side, node: int, left_out: int) -> Question:
    return Question(request, -1, node if side == "user" else -1, node if side == "item" else -1, left_out)


def _rating(rating: float) -> float | None:
    return None if np.isnan(rating) else float(rating)
