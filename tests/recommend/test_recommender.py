from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError, NotFoundError
from core.recommend.recommender import Recommender
from core.recommend.scoring import History, Scorer, ranking_keys
from core.training.opened import OpenedRun
from core.training.run import RunVectors


def brute_list(scores: np.ndarray, left_out: np.ndarray) -> list[int]:
    allowed = [item for item in range(len(scores)) if item not in set(left_out.tolist())]
    return sorted(allowed, key=lambda item: (-np.float32(scores[item]), item))


def test_list_is_the_brute_force_ranking_without_the_training_items(recommender: Recommender, brute_scores: np.ndarray) -> None:
    for user in range(recommender.dataset.n_users):
        answer = recommender.recommend(f"u{user}", k=6)
        assert [entry.item_idx for entry in answer.items] == brute_list(brute_scores[user], recommender.history(user))[:6]
        assert [entry.rank for entry in answer.items] == [1, 2, 3, 4, 5, 6]
        np.testing.assert_allclose(
            [entry.score for entry in answer.items], brute_scores[user][[entry.item_idx for entry in answer.items]], rtol=1e-6
        )


def test_list_carries_ids_and_titles(recommender: Recommender) -> None:
    document = recommender.recommend("u3", k=2).document()
    assert document["user"] == "u3"
    first = document["items"][0]
    assert first["item"] == f"i{first['item_idx']}"
    assert first["title"] == f"Item {first['item_idx']}"
    assert {"item", "title", "score", "rank"} <= first.keys()


def test_list_longer_than_the_catalogue_ends_with_it(recommender: Recommender) -> None:
    answer = recommender.recommend("u0", k=1000)
    assert len(answer.items) == recommender.dataset.n_items - len(recommender.history(0))
    items, scores = recommender.recommend_many(np.array([0]), 1000)
    assert items.shape == (1, recommender.dataset.n_items)
    assert (items[0, len(answer.items) :] == -1).all()
    assert np.isneginf(scores[0, len(answer.items) :]).all()


def test_validation_items_are_left_out_on_request(recommender: Recommender) -> None:
    validation = {int(item) for user, item in recommender.dataset.pairs("validation") if user == 5}
    kept = {entry.item_idx for entry in recommender.recommend("u5", k=100).items}
    without = {entry.item_idx for entry in recommender.recommend("u5", k=100, exclude="seen").items}
    assert validation <= kept
    assert kept - without == validation
    assert len(recommender.recommend("u5", k=100, exclude="none").items) == recommender.dataset.n_items


def test_many_users_get_the_lists_they_get_alone(recommender: Recommender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.recommend.scoring._CELLS_AT_A_TIME", 7 * recommender.dataset.n_items)
    users = np.array([5, 0, 23, 5, *range(24)])
    items, scores = recommender.recommend_many(users, 4)
    for row, user in enumerate(users):
        alone = recommender.recommend(f"u{user}", k=4).items
        assert items[row].tolist() == [entry.item_idx for entry in alone]
        assert scores[row].tolist() == [entry.score for entry in alone]


def test_no_users_get_no_lists(recommender: Recommender) -> None:
    assert recommender.recommend_many(np.array([], dtype=np.int64), 3)[0].shape == (0, 3)


def test_equal_scores_are_ordered_by_item(make_recommender: Callable[..., Recommender], recommender: Recommender) -> None:
    vectors = recommender.run.vectors
    same = RunVectors(vectors.user, vectors.item[:1].repeat(16, 1, 1), vectors.motivations, torch.zeros(16), {})
    tied = make_recommender(vectors=same)
    listed = [entry.item_idx for entry in tied.recommend("u2", k=16).items]
    assert listed == sorted(listed)
    assert [tied.rank_of("u2", f"i{item}") for item in listed] == list(range(1, len(listed) + 1))


@settings(deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=30))
def test_ranking_keys_order_as_scores_then_index(values: list[float]) -> None:
    keys = ranking_keys(torch.tensor([values], dtype=torch.float32))[0].tolist()
    expected = sorted(range(len(values)), key=lambda index: (-values[index], index))
    assert sorted(range(len(values)), key=lambda index: -keys[index]) == expected
    assert len(set(keys)) == len(keys)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_rank_is_the_place_in_the_full_list(draw: st.DataObject) -> None:
    n_users, n_items = draw.draw(st.integers(1, 5)), draw.draw(st.integers(1, 9))
    grid = st.integers(-2, 2).map(float)  # few distinct values, so that many scores tie
    user, item = (torch.tensor(draw.draw(st.lists(grid, min_size=n * 4, max_size=n * 4))).reshape(n, 2, 2) for n in (n_users, n_items))
    pairs = draw.draw(st.lists(st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 1)), max_size=20))
    scorer = Scorer(RunVectors(user, item, ("a", "b"), torch.zeros(n_items), {}))
    history = History.of(np.array(pairs, dtype=np.int64).reshape(-1, 2), n_users)
    lists, _ = scorer.top_many(np.arange(n_users), n_items, history)
    for node in range(n_users):
        kept = [entry for entry in lists[node].tolist() if entry >= 0]
        assert kept == brute_list(scorer.scores(scorer.user(node))[0].numpy(), history[node])
        for place, entry in enumerate(kept, start=1):
            cells = history.cells(np.array([node]))
            assert scorer.ranks(scorer.user(node), np.array([entry]), cells)[0] == place


def test_history_holds_each_pair_once() -> None:
    history = History.of(np.array([[1, 3], [0, 2], [1, 3], [1, 0]]), 3)
    assert [history[user].tolist() for user in range(3)] == [[2], [0, 3], []]
    rows, items = history.cells(np.array([2, 1, 0, 1]))
    assert list(zip(rows.tolist(), items.tolist(), strict=True)) == [(1, 0), (1, 3), (2, 2), (3, 0), (3, 3)]


def test_unknown_ids_and_lengths_are_refused(recommender: Recommender) -> None:
    with pytest.raises(NotFoundError, match="No user 'nobody'"):
        recommender.recommend("nobody")
    with pytest.raises(NotFoundError, match="No item 'nothing'"):
        recommender.explain("u0", "nothing")
    with pytest.raises(NotFoundError, match="No item"):
        recommender.rank_of("u0", "")
    with pytest.raises(InputError, match="at least one item"):
        recommender.recommend("u0", k=0)
    with pytest.raises(InputError, match="out of range"):
        recommender.recommend_many(np.array([24]), 3)


def test_unknown_run_is_refused(workspace: object) -> None:
    with pytest.raises(NotFoundError, match="No run 'nowhere'"):
        Recommender.open(workspace, "nowhere")  # type: ignore[arg-type]


def test_vectors_of_another_dataset_are_refused(recommender: Recommender) -> None:
    vectors = recommender.run.vectors
    with pytest.raises(InputError, match="23 users and 16 items, its dataset 24 and 16"):
        OpenedRun("r", "r", RunVectors(vectors.user[1:], vectors.item, vectors.motivations, vectors.item_bias, {}), recommender.dataset)
    broken = RunVectors(vectors.user * torch.nan, vectors.item, vectors.motivations, vectors.item_bias, {})
    with pytest.raises(InputError, match="not numbers"):
        OpenedRun("r", "r", broken, recommender.dataset)


def test_weights_of_one_change_nothing_and_of_zero_remove_a_term(recommender: Recommender) -> None:
    plain = recommender.recommend("u7", k=11)
    assert recommender.reweighted("u7", {"sound": 1.0, "price": 1.0}, k=11) == plain
    reweighted = recommender.reweighted("u7", {"sound": 0.0, "price": 2.0}, k=11)
    for entry in reweighted.items:
        terms = recommender.scorer.terms(7, entry.item_idx)
        assert entry.score == pytest.approx(2 * terms[1] + terms[2] + terms[3], rel=1e-5)
    with pytest.raises(InputError, match="no motivation 'smell'"):
        recommender.reweighted("u7", {"smell": 0.5})
