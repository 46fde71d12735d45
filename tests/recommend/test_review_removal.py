"""Reviews taken away against profiles pooled anew without them, and minimal sets against all sets."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from core.motivations.build import with_users
from core.recommend.review_removal import ReviewRemoval, SmallestReviews
from tests.recommend.trained import Trained


def rank_without(trained: Trained, user: int, item: int, removed: tuple[int, ...]) -> int:
    """By the whole way round: the statements of these reviews become nobody's, all profiles are pooled anew, then the text is read."""
    run = trained.recommender.run
    assert run.profiles is not None
    assert run.statement_embeddings is not None
    statements = run.profiles.statements
    users = statements["user_idx"].to_numpy(dtype=np.int64).copy()
    users[statements["interaction_idx"].isin(removed).to_numpy()] = -1
    text = with_users(run.profiles, users, run.statement_embeddings).users
    own = type(text)(*(part[user : user + 1] for part in (text.positive, text.negative, text.positive_weight, text.negative_weight)))
    vector = trained.text.users(user, own)
    scorer = trained.recommender.scorer
    return int(scorer.ranks(vector, np.array([item]), trained.recommender.histories["train"].cells(np.array([user])))[0])


@pytest.mark.parametrize("user", [0, 7, 16])
def test_ranks_without_reviews_are_those_of_profiles_pooled_without_them(trained: Trained, user: int) -> None:
    removal = ReviewRemoval(trained.recommender, trained.text, f"u{user}")
    assert len(removal.reviews) == 5
    options = [option for size in (0, 1, 2, 5) for option in combinations(range(5), size)]
    kept = np.array([[number not in option for number in range(5)] for option in options])
    for item in (1, 4, 11):
        expected = [rank_without(trained, user, item, tuple(int(removal.reviews[number]) for number in option)) for option in options]
        assert removal.ranks(item, kept).tolist() == expected


def test_smallest_reviews_are_minimal(trained: Trained) -> None:
    outcomes = set()
    for user in range(0, 24, 4):
        removal = ReviewRemoval(trained.recommender, trained.text, f"u{user}")
        for entry in trained.recommender.recommend(f"u{user}", k=4).items:
            for k in (entry.rank, 4):
                outcomes.add(agrees(removal.smallest(entry.item, k=k), removal, entry.item_idx, k))
    assert outcomes == {"found", "none"}


def agrees(found: SmallestReviews, removal: ReviewRemoval, item: int, k: int) -> str:
    n = len(removal.reviews)
    for size in range(1, n + 1):
        options = list(combinations(range(n), size))
        ranks = removal.ranks(item, np.array([[number not in option for number in range(n)] for option in options]))
        if ranks.max() > k:
            assert found.outcome == "found"
            assert (len(found.removed), found.proven, found.rank_after) == (size, size - 1, ranks.max())
            chosen = tuple(int(np.searchsorted(removal.reviews, one.interaction_idx)) for one in found.removed)
            assert ranks[options.index(chosen)] == found.rank_after
            return found.outcome
    assert (found.outcome, found.proven, found.removed) == ("none", n, [])
    return found.outcome


def test_every_review_is_told_with_its_fall_and_its_quotes(trained: Trained) -> None:
    removal = ReviewRemoval(trained.recommender, trained.text, "u4")
    first = trained.recommender.recommend("u4", k=1).items[0]
    found = removal.smallest(first.item, k=1)
    assert found.n_reviews == len(found.each) == 5
    assert [one.lost for one in found.each] == sorted((one.lost for one in found.each), reverse=True)
    interactions = trained.recommender.dataset.interactions
    for one in found.each:
        row = interactions.loc[one.interaction_idx]
        assert (row["user_idx"], row["split"], f"i{row['item_idx']}") == (4, "train", one.item)
        assert all(quote in row["text"] or quote in row["summary"] for quote in one.quotes)
        assert one.lost == one.rank - 1


def test_a_search_that_would_take_too_long_says_how_far_it_came(trained: Trained) -> None:
    for user in range(24):
        removal = ReviewRemoval(trained.recommender, trained.text, f"u{user}")
        first = trained.recommender.recommend(f"u{user}", k=1).items[0].item
        if len(removal.smallest(first, k=1).removed) == 1:
            continue
        found = removal.smallest(first, k=1, most_sets=5)
        assert (found.outcome, found.proven, found.ranked) == ("beyond", 1, 5)
        return
    pytest.fail("every first item hangs on one review")


def test_an_item_outside_the_list_has_nothing_to_lose(trained: Trained) -> None:
    last = trained.recommender.recommend("u4", k=16).items[-1]
    found = ReviewRemoval(trained.recommender, trained.text, "u4").smallest(last.item, k=3)
    assert (found.outcome, found.rank) == ("not listed", last.rank)
    assert len(found.each) == 5
