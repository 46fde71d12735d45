"""What if a user had never written some reviews: ranks without them, and the fewest without which an item leaves the list.

Removing a review takes its words away and nothing else: the user's text view and motivation gate are computed anew from the statements
left, by the run's own encoders (`core.recommend.text_view`). What the user did stays in the graph, what the review says of its item stays
there, and nothing is trained again. `SENTENCE` says so on pages.

The ranks are exact. Text enters a score through encoders that are not linear, so no bound rules out a set of reviews without ranking it:
sets are ranked one and all, size after size, until one works or the next size has more of them than may be ranked.
"""

from __future__ import annotations

from itertools import combinations, islice
from math import comb

import numpy as np
import numpy.typing as npt

from core.recommend.counterfactuals import Outcome
from core.recommend.explanation import Answer
from core.recommend.pooled_text import PooledText, Said
from core.recommend.recommender import Recommender
from core.recommend.text_view import TextView

SENTENCE = (
    "Removing a review takes its words away: the user's text view and the weight of each motivation are computed anew from the "
    "reviews left, by the run's own encoders; what the user chose stays, with all that is written of it, and nothing is trained again."
)
MOST_SETS = 10_000
"""Sets of reviews ranked at most; one of 38 reviews has 9,177 sets of up to three."""
_MOST_SCORES = 50_000_000
"""Scores computed for them at most, so that a large catalogue takes seconds too."""
_CELLS = 4_000_000


def sets_for(n_items: int, most: int = MOST_SETS) -> int:
    """How many sets may be ranked on a catalogue: ``most``, or fewer where it is large."""
    return min(most, max(1, _MOST_SCORES // max(1, n_items)))


class OwnReview(Answer):
    """A training review of the user that says something of a motivation.

    Args:
        rank: the item's without this review alone; lost: places it falls (negative: it rises).
        quotes: its statements' quotes, strongest first.
    """

    interaction_idx: int
    item: str
    title: str
    quotes: list[str]
    rank: int
    lost: int


class SmallestReviews(Answer):
    """The fewest of a user's own reviews without which an item leaves the first k.

    Args:
        outcome: see `core.recommend.counterfactuals.Outcome`; "beyond": no set of up to ``proven`` reviews does it.
        removed: the set; of equally few reviews, those without which the item stands lowest. rank_after: where it stands then.
        rank_without_all: without all of them.
        n_reviews: reviews that hold statements; only they can change anything.
        each: every one of them with the item's rank without it, largest fall first.
        proven: sizes up to which no set does it. ranked: sets ranked.
    """

    outcome: Outcome
    k: int
    rank: int
    removed: list[OwnReview]
    rank_after: int
    rank_without_all: int
    n_reviews: int
    each: list[OwnReview]
    proven: int
    ranked: int


class ReviewRemoval:
    """A user of a run, with any of the own reviews left out.

    Raises:
        NotFoundError: no such user.
    """

    def __init__(self, recommender: Recommender, text: TextView, user_id: str) -> None:
        self._recommender, self._text = recommender, text
        self.user = recommender.dataset.user_idx(user_id)
        index, embeddings = recommender.evidence, recommender.run.statement_embeddings
        assert index is not None, "a run whose text can be read has profiles"
        rows = index.rows("user", self.user)
        self._own = index.statements.iloc[rows]
        reviews = self._own["interaction_idx"].to_numpy(dtype=np.int64)
        self.reviews = np.unique(reviews[reviews >= 0])
        if embeddings is None:
            self.reviews = self.reviews[:0]
            return
        # The last group is what a profile text says: no review, so it always stays.
        groups = np.where(reviews >= 0, np.searchsorted(self.reviews, reviews), len(self.reviews))
        said = Said(
            self._own["motivation"].to_numpy(dtype=np.int64),
            (self._own["polarity"] == "positive").to_numpy(dtype=bool),
            self._own["strength"].to_numpy(dtype=np.float64),
            embeddings[self._own["embedding_row"].to_numpy(dtype=np.int64)],
        )
        self._pooled = PooledText.of(said, groups, len(self.reviews) + 1, len(recommender.motivations))

    def ranks(self, item: int, kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """int64 [m]: the item's rank where only the reviews ``kept`` (bool [m, R]) were written."""
        ranks = np.empty(len(kept), dtype=np.int64)
        scorer = self._recommender.scorer
        history = self._recommender.histories["train"]
        chunk = max(1, _CELLS // max(1, scorer.n_items))
        for start in range(0, len(kept), chunk):
            part = kept[start : start + chunk]
            text = self._pooled.keeping(np.concatenate([part, np.ones((len(part), 1), dtype=bool)], axis=1))
            vectors = self._text.users(self.user, text)
            same = np.full(len(part), self.user)
            ranks[start : start + chunk] = scorer.ranks(vectors, np.full(len(part), item), history.cells(same))
        return ranks

    def smallest(self, item_id: str, k: int = 10, most_sets: int | None = None) -> SmallestReviews:
        """Search by size; see the module.

        Args:
            most_sets: sets ranked at most; None: `MOST_SETS`, or as many as a large catalogue leaves time for.

        Raises:
            NotFoundError: no such item.
        """
        recommender, n = self._recommender, len(self.reviews)
        most = sets_for(recommender.dataset.n_items) if most_sets is None else most_sets
        item = recommender.dataset.item_idx(item_id)
        user_id = str(recommender.dataset.users["user_id"].iloc[self.user])
        rank = recommender.rank_of(user_id, item_id)
        single = self.ranks(item, ~np.eye(n, dtype=bool)) if n else np.empty(0, dtype=np.int64)
        without_all = int(self.ranks(item, np.zeros((1, n), dtype=bool))[0]) if n else rank
        each = [self._review(number, int(single[number]), rank) for number in np.argsort(-single, kind="stable")]

        def answer(outcome: Outcome, proven: int, ranked: int, removed: tuple[int, ...] = (), after: int = rank) -> SmallestReviews:
            return SmallestReviews(
                outcome=outcome,
                k=k,
                rank=rank,
                removed=[self._review(number, int(single[number]), rank) for number in removed],
                rank_after=after,
                rank_without_all=without_all,
                n_reviews=n,
                each=each,
                proven=proven,
                ranked=ranked,
            )

        if rank > k:
            return answer("not listed", 0, 0)
        ranked = 0
        for size in range(1, n + 1):
            if ranked + comb(n, size) > most:
                return answer("beyond", size - 1, ranked)
            best = self._lowest(item, size)
            ranked += comb(n, size)
            if best[0] > k:
                return answer("found", size - 1, ranked, best[1], best[0])
        return answer("none", n, ranked)

    def _lowest(self, item: int, size: int) -> tuple[int, tuple[int, ...]]:
        """The lowest rank without some ``size`` reviews, and which these are (the first such set in order)."""
        options = combinations(range(len(self.reviews)), size)
        best: tuple[int, tuple[int, ...]] = (0, ())
        while part := list(islice(options, 512)):
            kept = np.ones((len(part), len(self.reviews)), dtype=bool)
            kept[np.arange(len(part))[:, None], np.array(part)] = False
            ranks = self.ranks(item, kept)
            lowest = int(ranks.argmax())
            best = max(best, (int(ranks[lowest]), part[lowest]), key=lambda one: one[0])
        return best

    def _review(self, number: int, rank: int, before: int) -> OwnReview:
        interaction = int(self.reviews[number])
        items, interactions = self._recommender.dataset.items, self._recommender.dataset.interactions
        own = self._own[self._own["interaction_idx"] == interaction].sort_values("strength", ascending=False, kind="stable")
        item = items.iloc[int(interactions["item_idx"].to_numpy()[interaction])]
        return OwnReview(
            interaction_idx=interaction,
            item=str(item["item_id"]),
            title=str(item["title"]),
            quotes=[str(quote) for quote in own["quote"]],
            rank=rank,
            lost=rank - before,
        )
