"""Recall and NDCG against ranx, an independent implementation, and by their properties."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.metrics import hits, ndcg, recall
from core.evaluation.protocol import evaluate
from core.models.graph import Interactions


def random_case(seed: int) -> tuple[torch.Tensor, torch.Tensor, Interactions, Interactions]:
    generator = np.random.default_rng(seed)
    kinds = generator.choice(3, size=(30, 40), p=[0.8, 0.1, 0.1])  # 0 nothing, 1 train, 2 test
    kinds[0] = np.where(kinds[0] == 2, 0, kinds[0])  # a user without test items
    users, items = torch.from_numpy(generator.normal(size=(30, 6))), torch.from_numpy(generator.normal(size=(40, 6)))
    held_out = Interactions(30, 40, np.argwhere(kinds == 2).astype(np.int64))
    return users, items, held_out, Interactions(30, 40, np.argwhere(kinds == 1).astype(np.int64))


@pytest.mark.parametrize("seed", range(3))
def test_evaluation_equals_ranx(seed: int) -> None:
    ranx = pytest.importorskip("ranx")
    users, items, held_out, seen = random_case(seed)
    scores = (users @ items.T).numpy()
    known = {tuple(pair) for pair in seen.pairs.tolist()}
    relevant: dict[str, dict[str, int]] = {}
    for user, item in held_out.pairs.tolist():
        relevant.setdefault(f"u{user}", {})[f"i{item}"] = 1
    run = {
        user: {f"i{item}": float(scores[int(user[1:]), item]) for item in range(40) if (int(user[1:]), item) not in known}
        for user in relevant
    }
    names = [f"{metric}@{k}" for metric in ("recall", "ndcg") for k in (5, 10, 20)]
    expected = ranx.evaluate(ranx.Qrels(relevant), ranx.Run(run), names)
    measured = evaluate(users, items, held_out, seen).means
    for name in names:
        assert measured[name] == pytest.approx(expected[name], abs=1e-9), name


def test_users_without_held_out_items_do_not_count() -> None:
    users, items, held_out, seen = random_case(0)
    assert 0 not in evaluate(users, items, held_out, seen).users


def test_a_perfect_ranking_has_ndcg_one_and_recall_bound_by_k() -> None:
    wanted = Interactions(1, 30, np.stack([np.zeros(10, int), np.arange(10)], axis=1))
    means = evaluate(torch.ones(1, 1), -torch.arange(30.0)[:, None], wanted, Interactions(1, 30, np.zeros((0, 2), int))).means
    assert means["ndcg@5"] == pytest.approx(1.0)
    assert means["ndcg@20"] == pytest.approx(1.0)
    assert means["recall@5"] == 0.5
    assert means["recall@20"] == 1.0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.booleans(), min_size=5, max_size=20), st.integers(0, 10))
def test_metrics_stay_between_zero_and_one_and_recall_grows_with_k(row: list[bool], missed: int) -> None:
    relevance, n_relevant = np.array([row]), np.array([sum(row) + missed])
    recalls = [recall(relevance, n_relevant, k)[0] for k in range(1, len(row) + 1)]
    assert recalls == sorted(recalls)
    for k in range(1, len(row) + 1):
        assert 0 <= ndcg(relevance, n_relevant, k)[0] <= 1 + 1e-12
    assert 0 <= recalls[-1] <= 1


def test_hits_know_rows_apart() -> None:
    relevance = hits(np.array([[0, 1], [0, -1]]), np.array([0, 1, 1]), np.array([1]))
    assert relevance.tolist() == [[False, True], [False, False]]
