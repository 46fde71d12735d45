"""Probes: their features written out, classes that can and cannot be told apart, users kept out of their own probe, AUC by counting."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.evaluation.disentanglement import cross_validated_probe, guesses, held_out_probe, in_slices, pair_features, slot_aucs

K, S = 3, 2


def vectors(n: int, seed: int) -> torch.Tensor:
    return torch.randn(n, K, S, generator=torch.Generator().manual_seed(seed))


def made_up(n: int, seed: int, strength: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features of K classes around K corners, their labels, and users with one row or more."""
    generator = np.random.default_rng(seed)
    classes = generator.integers(K, size=n)
    features = generator.normal(size=(n, K)) + strength * np.eye(K)[classes]
    return features, np.array(["ease", "price", "sound"])[classes], generator.integers(n // 3, size=n)


def test_features_of_a_pair_are_those_of_the_definitions() -> None:
    user, item = vectors(4, 0), vectors(5, 1)
    pairs = np.array([(0, 4), (3, 1), (2, 2)])
    for kind, width in (("terms", K), ("products", K * S), ("vectors", 2 * K * S)):
        assert pair_features(user, item, pairs, kind).shape == (3, width)  # type: ignore[arg-type]
    for row, (u, i) in enumerate(pairs):
        terms = [sum(float(user[u, k, s]) * float(item[i, k, s]) for s in range(S)) for k in range(K)]
        assert pair_features(user, item, pairs, "terms")[row] == pytest.approx(terms)
        products = [float(user[u, k, s]) * float(item[i, k, s]) for k in range(K) for s in range(S)]
        assert pair_features(user, item, pairs, "products")[row] == pytest.approx(products)
        both = [*user[u].flatten().tolist(), *item[i].flatten().tolist()]
        assert pair_features(user, item, pairs, "vectors")[row] == pytest.approx(both)


def test_slices_cut_a_vector_without_changing_scores() -> None:
    user, item = vectors(4, 0).reshape(4, 1, K * S), vectors(5, 1).reshape(5, 1, K * S)
    pairs = np.array([(0, 4), (3, 1)])
    whole = pair_features(user, item, pairs, "terms")
    cut = pair_features(in_slices(user, K), in_slices(item, K), pairs, "terms")
    assert cut.shape == (2, K)
    assert cut.sum(axis=1) == pytest.approx(whole[:, 0])
    with pytest.raises(ValueError, match="cannot be cut into 4"):
        in_slices(user, 4)


def test_probe_finds_what_is_there_and_nothing_where_there_is_nothing() -> None:
    features, labels, users = made_up(600, 0, strength=3.0)
    found = cross_validated_probe(features, labels, users)
    assert found.accuracy > 0.9
    assert found.macro_f1 == pytest.approx(found.accuracy, abs=0.05)
    assert len(found.accuracies) == 5
    noise, labels, users = made_up(600, 1, strength=0.0)
    assert cross_validated_probe(noise, labels, users).accuracy == pytest.approx(1 / K, abs=0.08)


def test_scores_are_those_of_the_predictions() -> None:
    features, labels, users = made_up(300, 2, strength=1.0)
    held_out = held_out_probe(features[:200], labels[:200], features[200:], labels[200:])
    assert held_out.accuracy == pytest.approx(np.mean([a == b for a, b in zip(held_out.predicted, labels[200:], strict=True)]))
    f1 = []
    for name in np.unique(labels):
        hits = sum((held_out.predicted == name) & (labels[200:] == name))
        f1.append(2 * hits / (sum(held_out.predicted == name) + sum(labels[200:] == name)))
    assert held_out.macro_f1 == pytest.approx(np.mean(f1))
    folds = cross_validated_probe(features, labels, users)
    assert folds.accuracy == pytest.approx(np.mean(folds.accuracies))
    assert np.array_equal(folds.correct, folds.predicted == labels)


def test_a_probe_meets_no_user_it_is_tested_on() -> None:
    """Features that only say who the user is give a user's own label away, unless the user is kept out."""
    generator = np.random.default_rng(3)
    users = np.repeat(np.arange(60), 5)
    labels = np.array(["a", "b"])[generator.integers(2, size=60)][users]
    features = np.eye(60)[users]
    assert held_out_probe(features, labels, features, labels).accuracy == 1
    assert cross_validated_probe(features, labels, users).accuracy < 0.75


def test_guesses_are_counted() -> None:
    learnt, tested = np.array(list("aaabbc")), np.array(list("abbc"))
    found = guesses(learnt, tested)
    assert found.majority == 1 / 4
    assert found.proportional == pytest.approx((3 / 6 + 2 * 2 / 6 + 1 / 6) / 4)
    assert found.uniform == pytest.approx(1 / 3)
    assert found.majority_macro_f1 == pytest.approx((2 * 1 / (4 + 1)) / 3)
    assert guesses(learnt).majority == 1 / 2


@given(st.lists(st.tuples(st.integers(-3, 3), st.sampled_from("ab")), min_size=1, max_size=25))
def test_auc_is_the_share_of_pairs_in_order(rows: list[tuple[int, str]]) -> None:
    terms = np.array([[float(value), -float(value)] for value, _ in rows])
    labels = np.array([label for _, label in rows])
    found = slot_aucs(terms, labels, ["a", "c"])
    own = [value for value, label in rows if label == "a"]
    others = [value for value, label in rows if label != "a"]
    if own and others:
        expected = np.mean([(x > y) + (x == y) / 2 for x in own for y in others])
        assert found[:, 0] == pytest.approx([expected, 1 - expected])
    else:
        assert np.isnan(found[:, 0]).all()
    assert np.isnan(found[:, 1]).all()


def test_too_little_to_probe_is_told() -> None:
    features, labels, users = made_up(30, 4, 1.0)
    with pytest.raises(InputError, match="two classes"):
        held_out_probe(features, np.full(30, "a"), features, labels)
    with pytest.raises(InputError, match="rows to test on"):
        held_out_probe(features, labels, features[:0], labels[:0])
    with pytest.raises(InputError, match="5 users"):
        cross_validated_probe(features, labels, users % 4)
