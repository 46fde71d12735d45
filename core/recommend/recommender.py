"""Recommendations from a run, with explanations whose terms sum exactly to the score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np

from core.errors import InputError
from core.recommend.claims import Nearest
from core.recommend.evidence import EvidenceIndex
from core.recommend.explaining import explained
from core.recommend.explanation import Counterfactual, Explanation, Recommendations, Recommended
from core.recommend.scoring import History, Scorer
from core.recommend.user_terms import UserTerms
from core.training.opened import OpenedRun
from core.workspace import Workspace

Exclude = Literal["train", "seen", "none"]
_NOTHING = np.empty(0, dtype=np.int64)


class Recommender:
    """Ranks the items of a run's dataset for its users, and says why.

    score(u, i) = sum_k <e_uk, e_ik> + b_i (the slot form of LMMRec, arXiv 2602.05474): the term of slot k is exactly what
    motivation k contributes. Sums are float64; items are ordered by the score's float32 value, equal ones by item index.

    Args:
        run: an opened run.

    ``histories`` holds the items left out of each user's lists, by the ``exclude`` option.
    """

    def __init__(self, run: OpenedRun) -> None:
        self.run = run
        self.dataset = run.dataset
        self.scorer = Scorer(run.vectors)
        self._last_terms: tuple[int, UserTerms] | None = None
        self.evidence = EvidenceIndex.of_run(run)
        seen = np.concatenate([run.training_pairs, run.dataset.pairs("validation")])
        self.histories: dict[Exclude, History] = {
            "train": History.of(run.training_pairs, run.dataset.n_users),
            "seen": History.of(seen, run.dataset.n_users),
            "none": History.of(np.empty((0, 2), dtype=np.int64), run.dataset.n_users),
        }

    @classmethod
    def open(cls, workspace: Workspace, run_ref: str) -> Recommender:
        """The recommender of the run of this id or name.

        Raises:
            NotFoundError: the workspace does not hold the run or what it was made from.
        """
        return cls(OpenedRun.open(workspace, run_ref))

    @property
    def motivations(self) -> tuple[str, ...]:
        """Keys of the run's motivations, "other" last; empty where its slots are not named."""
        return self.run.vectors.motivations

    def history(self, user_idx: int, exclude: Exclude = "train") -> np.ndarray:
        """int64, sorted: the items left out of this user's lists."""
        return self.histories[exclude][user_idx]

    def recommend(self, user_id: str, k: int = 10, exclude: Exclude = "train") -> Recommendations:
        """The k best items for a user.

        Args:
            exclude: what is left out: the user's training items, those and the validation items ("seen"), or nothing.

        Raises:
            NotFoundError: no such user.
            InputError: k is less than 1.
        """
        return self.reweighted(user_id, {}, k, exclude)

    def recommend_many(self, user_idx: np.ndarray, k: int, exclude: Exclude = "train") -> tuple[np.ndarray, np.ndarray]:
        """The k best items of many users.

        Args:
            user_idx: int [n].

        Returns:
            (item_idx int64 [n, k'], scores float32 [n, k']), k' = min(k, n_items); -1 and -inf where a row ran out.
        """
        users = np.asarray(user_idx, dtype=np.int64)
        if len(users) and (users.min() < 0 or users.max() >= self.dataset.n_users):
            raise InputError(
                "A user index is out of range", where=f"0..{self.dataset.n_users - 1}", hint="Look indices up with user_idx(user_id)"
            )
        return self.scorer.top_many(users, _at_least_one(k), self.histories[exclude])

    def reweighted(self, user_id: str, weights: Mapping[str, float], k: int = 10, exclude: Exclude = "train") -> Recommendations:
        """The k best items when each motivation's term counts with a weight (1 where none is given).

        Raises:
            NotFoundError: no such user.
            InputError: a motivation the run does not have, or k is less than 1.
        """
        user = self.dataset.user_idx(user_id)
        vector = self.scorer.user(user, self._weights(weights) if weights else None)
        items, scores = self.scorer.top(vector, _at_least_one(k), self._without(user, exclude))
        return self.listed(user_id, user, items[0], scores[0])

    def listed(self, user_id: str, user_idx: int, items: np.ndarray, scores: np.ndarray) -> Recommendations:
        """A ranked row of items (int [k], -1 where it ran out) with ids and titles."""
        titles, ids = self.dataset.items["title"], self.dataset.items["item_id"]
        rows = [
            Recommended(rank=rank, item=str(ids.iloc[item]), item_idx=int(item), title=str(titles.iloc[item]), score=float(score))
            for rank, (item, score) in enumerate(zip(items, scores, strict=True), start=1)
            if item >= 0
        ]
        return Recommendations(user=user_id, user_idx=user_idx, items=rows)

    def terms(self, user_id: str) -> UserTerms:
        """All terms of all scores of a user, to be weighed at will.

        Raises:
            NotFoundError: no such user.
        """
        user = self.dataset.user_idx(user_id)
        known = self._last_terms
        if known is None or known[0] != user:  # a page asks for those of one user several times
            known = self._last_terms = (user, UserTerms.of(self.scorer, self.scorer.user(user), self.history(user)))
        return known[1]

    def rank_of(self, user_id: str, item_id: str, exclude: Exclude = "train") -> int:
        """Rank of an item for a user among the items not left out, and itself.

        Raises:
            NotFoundError: no such user or item.
        """
        return self._rank(self.dataset.user_idx(user_id), self.dataset.item_idx(item_id), None, exclude)

    def explain(self, user_id: str, item_id: str, evidence: int = 3) -> Explanation:
        """Split a score over the motivations, each with the statements behind it.

        Args:
            evidence: most statements per motivation and side.

        Raises:
            NotFoundError: no such user or item.
        """
        user, item = self.dataset.user_idx(user_id), self.dataset.item_idx(item_id)
        terms, remainder = self._split(user, item)
        index = self.evidence
        return explained(
            user=user_id,
            item=item_id,
            title=str(self.dataset.items["title"].iloc[item]),
            rank=self._rank(user, item, None, "train"),
            in_history=bool(np.isin(item, self.history(user))),
            terms=terms,
            remainder=remainder,
            names=self.run.motivation_names,
            speaks=lambda key, value: index.for_pair(user, item, key, value, evidence) if index else ([], []),
            nearest=self.nearest_in_history(user, item),
        )

    def nearest_in_history(self, user: int, item: int, limit: int = 3) -> list[Nearest]:
        """Training items of a user (but not the item itself) whose behaviour vectors point most as the item's does."""
        own = self.history(user)
        own = own[own != item]
        cosines = self.scorer.behaviour_cosines(item, own)
        titles, ids = self.dataset.items["title"], self.dataset.items["item_id"]
        order = np.argsort(-cosines, kind="stable")[:limit]
        return [
            Nearest(item=str(ids.iloc[own[row]]), item_idx=int(own[row]), title=str(titles.iloc[own[row]]), cosine=float(cosines[row]))
            for row in order
        ]

    def counterfactual(self, user_id: str, item_id: str, drop: list[str]) -> Counterfactual:
        """The item's score and rank if these motivations did not count for the user: every item loses their terms.

        Raises:
            NotFoundError: no such user or item.
            InputError: a motivation the run does not have.
        """
        user, item = self.dataset.user_idx(user_id), self.dataset.item_idx(item_id)
        weights = self._weights(dict.fromkeys(drop, 0.0))
        terms, remainder = self._split(user, item)
        return Counterfactual(
            user=user_id,
            item=item_id,
            dropped=list(drop),
            score=math.fsum((*terms.values(), remainder)),
            rank=self._rank(user, item, None, "train"),
            score_after=math.fsum((*(value for key, value in terms.items() if key not in drop), remainder)),
            rank_after=self._rank(user, item, weights, "train"),
        )

    def _split(self, user: int, item: int) -> tuple[dict[str, float], float]:
        """(motivation -> term, remainder) of a score."""
        terms = self.scorer.terms(user, item)
        if not self.motivations:
            return {}, float(terms.sum()) + self.scorer.remainder(user, item)
        return dict(zip(self.motivations, terms.tolist(), strict=True)), self.scorer.remainder(user, item)

    def _rank(self, user: int, item: int, weights: np.ndarray | None, exclude: Exclude) -> int:
        return int(self.scorer.ranks(self.scorer.user(user, weights), np.array([item]), self._without(user, exclude))[0])

    def _without(self, user: int, exclude: Exclude) -> tuple[np.ndarray, np.ndarray]:
        items = self.history(user, exclude)
        return np.zeros(len(items), dtype=np.int64), items

    def _weights(self, weights: Mapping[str, float]) -> np.ndarray:
        unknown = [key for key in weights if key not in self.motivations]
        if unknown:
            known = ", ".join(self.motivations) or "none: its slots are not named"
            raise InputError(f"The run has no motivation '{unknown[0]}'", where=f"run {self.run.id}", hint=f"Motivations: {known}")
        return np.array([weights.get(key, 1.0) for key in self.motivations], dtype=np.float64)


def _at_least_one(k: int) -> int:
    if k < 1:
        raise InputError("A list needs at least one item", where=f"k = {k}", hint="Ask for k of 1 or more")
    return k
