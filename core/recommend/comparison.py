"""Two users, two items or two segments side by side: their motivations, what they share, and the words that tell them apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from torch.nn.functional import cosine_similarity

from core.errors import InputError
from core.recommend.portrait import MotivationView, labels, portrait
from core.recommend.recommender import Recommender
from core.recommend.segments import Segment, Segments
from core.training.opened import Side

_WORD = re.compile(r"[^\W\d_][^\W\d_'’-]{2,}")
_MORE = 1.5


@dataclass(frozen=True)
class Compared:
    """One of the two: its id and label; how many users (1 for one user, 0 for an item), interactions and statements stand behind it."""

    id: str
    label: str
    n_users: int
    n_interactions: int
    n_statements: int


@dataclass(frozen=True)
class ComparedMotivation:
    """A motivation's share of the text and of behaviour on both sides, 0..1."""

    motivation: str
    name: str
    left_said: float
    right_said: float
    left_done: float
    right_done: float

    @property
    def difference(self) -> float:
        """Right minus left, of the text."""
        return self.right_said - self.left_said


@dataclass(frozen=True)
class Comparison:
    """Two of a kind.

    Args:
        motivations: in the order of the taxonomy. has_text, has_behaviour: both sides have shares of the text, or of behaviour.
        similarity: cosine of their vectors (of segments: of their mean directions), 1 = the same direction.
        shared: what both have in their training interactions: of two users the items (item_id, title, left_rating, right_rating), of
            two items the users (user_id, name, and ratings), of two segments the items most chosen by both (item_id, title, left_share,
            right_share of their users).
        words: shared, left and right: words of their statements that both use, or that one uses more than the other.
    """

    left: Compared
    right: Compared
    motivations: tuple[ComparedMotivation, ...]
    has_text: bool
    has_behaviour: bool
    similarity: float
    shared: pd.DataFrame
    shared_words: tuple[str, ...]
    left_words: tuple[str, ...]
    right_words: tuple[str, ...]


class Words:
    """How often every word is said in the statements of a run (in its training reviews, where there are none)."""

    def __init__(self, recommender: Recommender) -> None:
        evidence = recommender.evidence
        if evidence is not None:
            self._texts = evidence.statements[["user_idx", "item_idx", "statement"]].rename(columns={"statement": "text"})
        else:
            self._texts = recommender.dataset.rows("train")[["user_idx", "item_idx", "text"]]

    @cached_property
    def everybody(self) -> Counter[str]:
        """In how many texts of all each word occurs."""
        return self._counted(self._texts["text"])

    def of(self, side: Side, nodes: np.ndarray) -> Counter[str]:
        """In how many texts of these nodes each word occurs."""
        return self._counted(self._texts["text"][np.isin(self._texts[f"{side}_idx"], nodes)])

    def tell_apart(self, left: Counter[str], right: Counter[str], limit: int = 8) -> tuple[tuple[str, ...], ...]:
        """(words both use, words left uses more, words right uses more), the most telling first.

        Shared: by the smaller share of the two times log(1 / everybody's share), so that common words do not win. Own: by the term
        p log(p / q) of the divergence of one from the other, for words said at least twice, and half as often again as by the other.
        """
        sizes = max(1, left.total()), max(1, right.total())
        total = max(1, self.everybody.total())
        shared = {
            word: min(left[word] / sizes[0], right[word] / sizes[1]) * np.log(total / max(1, self.everybody[word])) for word in left & right
        }
        own = [_telling(left, sizes[0], right, sizes[1]), _telling(right, sizes[1], left, sizes[0])]
        return tuple(_best(weights, limit) for weights in (shared, *own))

    @staticmethod
    def _counted(texts: pd.Series) -> Counter[str]:
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

        counts: Counter[str] = Counter()
        for text in texts:
            counts.update({word for word in _WORD.findall(str(text).casefold()) if word not in ENGLISH_STOP_WORDS})
        return counts


def compare_nodes(recommender: Recommender, side: Side, left_id: str, right_id: str, words: Words | None = None) -> Comparison:
    """Two users or two items.

    Raises:
        NotFoundError: no such user or item. InputError: they are the same.
    """
    if left_id == right_id:
        raise InputError(f"A {side} cannot be compared with itself", where=left_id, hint="Choose two")
    portraits = [portrait(recommender, side, one, quotes=0, similar=0) for one in (left_id, right_id)]
    left, right = portraits
    views = [{view.motivation: view for view in one.motivations} for one in portraits]
    vectors = recommender.run.vectors.user if side == "user" else recommender.run.vectors.item
    counts = words or Words(recommender)
    told = counts.tell_apart(counts.of(side, np.array([left.idx])), counts.of(side, np.array([right.idx])))
    sides = [
        Compared(one.id, one.label, int(side == "user"), len(one.history), sum(view.n_statements for view in one.motivations))
        for one in portraits
    ]
    return Comparison(
        left=sides[0],
        right=sides[1],
        motivations=tuple(_pair(key, views[0][key], views[1][key]) for key in _in_order(recommender, views[0])),
        has_text=left.has_text and right.has_text,
        has_behaviour=left.has_behaviour and right.has_behaviour,
        similarity=float(cosine_similarity(vectors[left.idx].flatten().double(), vectors[right.idx].flatten().double(), dim=0)),
        shared=_shared_history(side, left.history, right.history),
        shared_words=told[0],
        left_words=told[1],
        right_words=told[2],
    )


def compare_segments(segments: Segments, left: int, right: int, words: Words | None = None) -> Comparison:
    """Two segments, by their users.

    Raises:
        NotFoundError: no such segment. InputError: they are the same.
    """
    if left == right:
        raise InputError("A segment cannot be compared with itself", where=segments.name(left), hint="Choose two")
    both = [segments.segment(number) for number in (left, right)]
    recommender = segments.recommender
    nodes = [segments.nodes(number, "user") for number in (left, right)]
    counts = words or Words(recommender)
    told = counts.tell_apart(counts.of("user", nodes[0]), counts.of("user", nodes[1]))
    pairs = recommender.run.training_pairs
    interactions = [np.isin(pairs[:, 0], own) for own in nodes]
    evidence = recommender.evidence
    statements = [0 if evidence is None else int(np.isin(evidence.statements["user_idx"], own).sum()) for own in nodes]
    sides = [
        Compared(str(one.number), one.name, one.n_users, int(inside.sum()), n)
        for one, inside, n in zip(both, interactions, statements, strict=True)
    ]
    return Comparison(
        left=sides[0],
        right=sides[1],
        motivations=_of_segments(*both),
        has_text=all(one.n_speaking > 0 for one in both),
        has_behaviour=bool(recommender.motivations),
        similarity=segments.similarity(left, right),
        shared=_shared_choices(recommender, [(pairs[inside, 1], len(own)) for inside, own in zip(interactions, nodes, strict=True)]),
        shared_words=told[0],
        left_words=told[1],
        right_words=told[2],
    )


def _of_segments(left: Segment, right: Segment) -> tuple[ComparedMotivation, ...]:
    return tuple(
        ComparedMotivation(one.motivation, one.name, one.said, other.said, one.done, other.done)
        for one, other in zip(left.motivations, right.motivations, strict=True)
    )


def _in_order(recommender: Recommender, views: dict[str, MotivationView]) -> list[str]:
    """Keys of the views in the order of the taxonomy."""
    profiles = recommender.run.profiles
    keys = profiles.taxonomy.keys if profiles is not None else recommender.motivations
    return [key for key in keys if key in views]


def _pair(key: str, left: MotivationView, right: MotivationView) -> ComparedMotivation:
    return ComparedMotivation(key, left.name, left.text_share, right.text_share, left.behaviour_share, right.behaviour_share)


def _shared_history(side: Side, left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """Nodes of the other side that are in both training histories, with the ratings of both; the best rated by both first."""
    key, label = ("item_id", "title") if side == "user" else ("user_id", "name")
    distinct = [one.drop_duplicates(key)[[key, label, "rating"]] for one in (left, right)]
    joined = distinct[0].merge(distinct[1].drop(columns=label), on=key, suffixes=("_left", "_right"))
    joined = joined.rename(columns={"rating_left": "left_rating", "rating_right": "right_rating"})
    lowest = joined[["left_rating", "right_rating"]].min(axis=1)
    return joined.iloc[np.argsort(-lowest.fillna(0).to_numpy(), kind="stable")].reset_index(drop=True)


def _shared_choices(recommender: Recommender, chosen: Sequence[tuple[np.ndarray, int]], limit: int = 20) -> pd.DataFrame:
    """Items chosen by users of both, by the smaller of the two shares."""
    dataset = recommender.dataset
    left, right = (np.bincount(items, minlength=dataset.n_items) / max(1, n_users) for items, n_users in chosen)
    smaller = np.minimum(left, right)
    order = [item for item in np.argsort(-smaller, kind="stable")[:limit] if smaller[item] > 0]
    titles = labels(recommender, "item")
    ids = dataset.items["item_id"].astype(str)
    return pd.DataFrame(
        {
            "item_id": [ids.iloc[item] for item in order],
            "title": [titles[item] for item in order],
            "left_share": left[order],
            "right_share": right[order],
        }
    )


def _telling(own: Counter[str], size: int, other: Counter[str], other_size: int) -> dict[str, float]:
    smallest = 0.5 / other_size  # what is never said by the other counts as said half a time
    shares = {word: (count / size, max(other[word] / other_size, smallest)) for word, count in own.items() if count > 1}
    return {word: share * float(np.log(share / others)) for word, (share, others) in shares.items() if share >= _MORE * others}


def _best(weights: dict[str, float], limit: int) -> tuple[str, ...]:
    """The words of largest weight, one of "pedal" and "pedals"."""
    chosen: list[str] = []
    for word in sorted(weights, key=lambda word: (-weights[word], word)):
        if len(chosen) == limit:
            break
        if not {word + "s", word.removesuffix("s")} & set(chosen):
            chosen.append(word)
    return tuple(chosen)
