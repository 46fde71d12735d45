"""Scores against scikit-learn, the formulas written out, and what an interval must do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import f1_score, precision_recall_fscore_support

from core.extraction.quality.scores import resampled, score

Bools = npt.NDArray[np.bool_]
PAIRS = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12).flatmap(
    lambda shape: st.tuples(hnp.arrays(np.bool_, shape), hnp.arrays(np.bool_, shape))
)


def keys_of(labels: Bools) -> list[str]:
    return [f"m{index}" for index in range(labels.shape[1])]


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_scores_are_those_of_scikit_learn(pair: tuple[Bools, Bools]) -> None:
    truth, predicted = pair
    found = score(truth, predicted, keys_of(truth), resamples=5)
    expected = np.array(
        [
            precision_recall_fscore_support(truth[:, k], predicted[:, k], average="binary", zero_division=0)[:3]
            for k in range(truth.shape[1])
        ]
    )
    np.testing.assert_allclose([[one.precision, one.recall, one.f1] for one in found.motivations], expected, atol=1e-12)
    assert found.macro_f1 == pytest.approx(expected[:, 2].mean())
    assert found.micro_f1 == pytest.approx(f1_score(truth.ravel(), predicted.ravel(), zero_division=0))
    assert [one.support for one in found.motivations] == truth.sum(axis=0).tolist()
    assert [one.predicted for one in found.motivations] == predicted.sum(axis=0).tolist()


def test_scores_by_hand() -> None:
    truth = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], dtype=bool)
    predicted = np.array([[1, 0], [0, 1], [1, 1], [0, 1]], dtype=bool)
    found = score(truth, predicted, ["a", "b"])
    a, b = found.motivations
    assert (a.precision, a.recall, a.f1) == (0.5, 0.5, 0.5)  # 1 hit, 1 false, 1 missed
    assert (b.precision, b.recall, b.f1) == (pytest.approx(2 / 3), 1.0, pytest.approx(0.8))  # 2 hits, 1 false
    assert found.macro_f1 == pytest.approx(0.65)
    assert found.micro_f1 == pytest.approx(2 * 3 / (2 * 3 + 2 + 1))
    assert found.sentences == 4


def test_interval_is_the_bootstrap_over_sentences() -> None:
    generator = np.random.default_rng(1)
    truth, predicted = generator.random((40, 3)) < 0.5, generator.random((40, 3)) < 0.5
    found = score(truth, predicted, keys_of(truth), resamples=300, seed=3)
    values = []
    for weights in resampled(40, 300, 3):
        rows = np.repeat(np.arange(40), weights.astype(int))
        values.append(f1_score(truth[rows], predicted[rows], average="macro", zero_division=0))
    np.testing.assert_allclose(found.macro_interval, np.quantile(values, [0.025, 0.975]), atol=1e-12)


def test_interval_holds_the_score_and_narrows_with_more_sentences() -> None:
    generator = np.random.default_rng(2)
    truth = generator.random((2000, 4)) < 0.3
    predicted = truth ^ (generator.random(truth.shape) < 0.15)
    few, many = score(truth[:100], predicted[:100], keys_of(truth)), score(truth, predicted, keys_of(truth))
    for found in (few, many):
        assert found.macro_interval.low < found.macro_f1 < found.macro_interval.high
        assert found.micro_interval.low < found.micro_f1 < found.micro_interval.high
    width = [found.macro_interval.high - found.macro_interval.low for found in (few, many)]
    assert 3.0 < width[0] / width[1] < 7.0  # the root of 20 is 4.5


def test_perfect_predictions_leave_no_doubt() -> None:
    truth = np.tile(np.eye(3, dtype=bool), (20, 1))
    found = score(truth, truth, keys_of(truth))
    assert (found.macro_f1, found.macro_interval, found.micro_interval) == (1.0, (1.0, 1.0), (1.0, 1.0))


def test_every_resample_draws_as_many_sentences() -> None:
    weights = resampled(17, 50, 0)
    assert (weights.sum(axis=1) == 17).all()
    assert (weights >= 0).all()
    np.testing.assert_array_equal(weights, resampled(17, 50, 0))
