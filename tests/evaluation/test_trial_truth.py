"""Scores of a trial's variants against planted motivations, on cases small enough to do by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import f1_score

from core.data.dataset import SPLITS, ReviewDataset
from core.errors import InputError
from core.evaluation.planted import Planted
from core.evaluation.trial_truth import TrialTruth, planted_f1
from core.extraction.trials import Cell, Trial
from tests.extraction.made_up_trial import TAXONOMY, lost, made_up_trial, said

PRICE, SOUND, GIFT = KEYS = [entry.key for entry in TAXONOMY.motivations][:3]


@pytest.fixture
def dataset() -> ReviewDataset:
    """Two users who reviewed two items each; the last pair is held out."""
    rows = pd.DataFrame({"user_idx": [0, 0, 1, 1], "item_idx": [0, 1, 0, 1], "text": ["said"] * 4})
    rows["split"] = pd.Categorical(["train"] * 3 + ["test"], categories=list(SPLITS))
    users, items = pd.DataFrame({"user_id": ["a", "b"]}), pd.DataFrame({"item_id": ["x", "y"]})
    return ReviewDataset("hand-0", "hand", "products", rows, users, items, report={}, generated=True)


@pytest.fixture
def planted() -> Planted:
    """The first review was written for two motivations, the others for one; the third speaks of something else."""
    mixes = pd.DataFrame(1 / 3, columns=KEYS, index=pd.Index(["a", "b"], name="user_id"))
    reviews = pd.DataFrame({"user_id": list("aabb"), "item_id": list("xyxy"), "dominant": [PRICE, SOUND, SOUND, GIFT]})
    return Planted(mixes, mixes, reviews.assign(second=[GIFT, "", "", ""], told=reviews["dominant"], matches=[True, True, False, True]))


def cells(trial: Trial, round: int = 0) -> list[Cell]:
    return [
        Cell(review=review, variant=variant, round=round, key=f"{review}{variant}{round}") for review in trial.reviews for variant in (0, 1)
    ]


def test_a_score_is_that_of_the_formula(dataset: ReviewDataset, planted: Planted) -> None:
    trial = made_up_trial(reviews=(0, 1, 2))
    answers = {
        "000": said(PRICE, SOUND),
        "100": said(SOUND),
        "200": lost(),
        "010": said(PRICE, GIFT),
        "110": said("other"),
        "210": said(SOUND),
    }
    first, second = TrialTruth.of(dataset, planted).scores(trial, cells(trial), answers)
    # A: price 1 of 1; sound: one hit, one wrong, one missed by the failed answer; gift: missed.
    assert first is not None
    assert first.macro_f1 == pytest.approx((1 + 2 / (2 + 1 + 1) + 0) / 3)
    assert first.micro_f1 == pytest.approx(2 * 2 / (2 * 2 + 1 + 2))
    # B: price and gift right, sound one of two; "other" claims nothing.
    assert second is not None
    assert second.macro_f1 == pytest.approx((1 + 2 / 3 + 1) / 3)
    assert second.micro_f1 == pytest.approx(2 * 3 / (2 * 3 + 1))
    assert (first.reviews, first.telling) == (3, 2)


def test_only_answered_reviews_of_the_round_count(dataset: ReviewDataset, planted: Planted) -> None:
    trial = made_up_trial(reviews=(0, 1, 2))
    found = [*cells(trial), *cells(trial, 1)]
    answers = {"110": said(SOUND), "001": said(PRICE, GIFT)}
    truth = TrialTruth.of(dataset, planted)
    first, second = truth.scores(trial, found, answers)
    assert first is None
    assert second is not None
    assert (second.reviews, second.macro_f1, second.micro_f1) == (1, 1.0, 1.0)  # what is neither planted nor named is left out
    first, second = truth.scores(trial, found, answers, 1)
    assert first is not None
    assert (first.reviews, first.telling, first.macro_f1) == (1, 1, 1.0)
    assert second is None


def test_a_held_out_review_has_no_truth_here(dataset: ReviewDataset, planted: Planted) -> None:
    truth = TrialTruth.of(dataset, planted)
    assert truth.planted == {0: {PRICE, GIFT}, 1: {SOUND}, 2: {SOUND}}
    trial = made_up_trial(reviews=(3,))
    assert truth.scores(trial, cells(trial), {"300": said(GIFT), "310": said(GIFT)}) == [None, None]


def test_another_taxonomy_or_dataset_is_not_scored(dataset: ReviewDataset, planted: Planted) -> None:
    trial = made_up_trial(reviews=(0, 1))
    fewer = TAXONOMY.model_copy(update={"motivations": TAXONOMY.motivations[1:]})
    answers = {"000": said(SOUND)}
    assert TrialTruth.of(dataset, planted).scores(trial.model_copy(update={"taxonomy": fewer}), cells(trial), answers) == [None, None]
    with pytest.raises(InputError, match="No training review with planted motivations"):
        TrialTruth.of(replace(dataset, users=pd.DataFrame({"user_id": ["p", "q"]})), planted)


@settings(deadline=None)  # the reference loads as it is first called
@given(st.integers(1, 8).flatmap(lambda n: st.tuples(*(arrays(bool, (n, 4)) for _ in range(2)))))
def test_f1_is_that_of_scikit_learn_over_the_motivations_there_are(sets: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = sets
    macro, micro = planted_f1(truth, predicted)
    there = [int(key) for key in np.flatnonzero((truth | predicted).any(axis=0))]
    each = [f1_score(truth[:, key], predicted[:, key], zero_division=0.0) for key in there]
    assert macro == pytest.approx(np.mean(each) if each else 0.0)
    assert micro == pytest.approx(f1_score(truth, predicted, average="micro", zero_division=0.0))
