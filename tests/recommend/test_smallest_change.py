from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

from core.recommend.recommender import Recommender
from core.recommend.smallest_change import smallest_change


def test_smallest_change_is_the_first_that_works(recommender: Recommender) -> None:
    found = 0
    for user in range(24):
        first = recommender.recommend(f"u{user}", k=1).items[0].item
        change = smallest_change(recommender, f"u{user}", first, k=3)
        works = [
            drop
            for size in (1, 2, 3)
            for drop in combinations(recommender.motivations, size)
            if recommender.counterfactual(f"u{user}", first, list(drop)).rank_after > 3
        ]
        assert (change is None) == (not works)
        if change is not None:
            found += 1
            fewest = [drop for drop in works if len(drop) == len(works[0])]
            least = max(recommender.counterfactual(f"u{user}", first, list(drop)).score_after for drop in fewest)
            assert len(change.dropped) == len(works[0])
            assert change.score_after == least
            assert change.rank_after > 3
    assert found > 5


def test_item_outside_the_list_needs_no_change(recommender: Recommender, make_recommender: Callable[..., Recommender]) -> None:
    last = recommender.recommend("u0", k=16).items[-1].item
    assert smallest_change(recommender, "u0", last, k=3) is None
    assert smallest_change(make_recommender(named=False), "u0", "i1", k=16) is None
