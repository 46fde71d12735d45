"""Duplicates and the k-core against their plain definitions."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.filters import k_core, repeated_pairs

pairs = st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=60)


def core_by_definition(edges: set[tuple[int, int]], k: int) -> set[tuple[int, int]]:
    while True:
        users, items = Counter(user for user, _ in edges), Counter(item for _, item in edges)
        left = {(user, item) for user, item in edges if users[user] >= k and items[item] >= k}
        if left == edges:
            return edges
        edges = left


@settings(deadline=None)
@given(pairs, st.integers(1, 5))
def test_k_core_is_what_repeated_removal_leaves(edges, k):
    rows = sorted(edges)
    users, items = np.array([user for user, _ in rows], dtype=int), np.array([item for _, item in rows], dtype=int)
    kept = k_core(users, items, k)
    assert {row for row, keep in zip(rows, kept, strict=True) if keep} == core_by_definition(edges, k)


reviews = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from("xy"),
        st.integers(-1, 3),
        st.sampled_from(["", "p", "q"]),
        st.sampled_from([1.0, 5.0, float("nan")]),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=40)
@given(reviews, st.randoms())
def test_the_latest_row_of_a_pair_stays_in_any_order(rows, random):
    columns = ["user_id", "item_id", "timestamp", "text", "rating"]

    def kept(ordered: list[tuple[object, ...]]) -> set[str]:
        frame = pd.DataFrame(ordered, columns=columns).astype(
            {"user_id": "str", "item_id": "str", "text": "str", "timestamp": "int64", "rating": "float32"}
        )
        frame = frame.assign(summary="")
        left = frame[~repeated_pairs(frame)]
        assert len(left) == len({row[:2] for row in ordered})
        for _, row in left.iterrows():
            assert row["timestamp"] == max(other[2] for other in ordered if other[:2] == (row["user_id"], row["item_id"]))
        return {str(tuple(row)) for row in left.itertuples(index=False)}

    shuffled = list(rows)
    random.shuffle(shuffled)
    assert kept(rows) == kept(shuffled)


def test_a_training_row_wins_over_a_held_out_one():
    frame = pd.DataFrame({"user_id": ["u"] * 3, "item_id": ["i"] * 3, "timestamp": [1, 2, 3], "text": "", "summary": "", "rating": 1.0})
    frame["split"] = ["train", "validation", "test"]
    assert repeated_pairs(frame).tolist() == [False, True, True]
