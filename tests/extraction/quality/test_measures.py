"""Figures of answers: by hand, and against scikit-learn and published examples."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, jaccard_score

from core.extraction.grounding import Grounding, ground
from core.extraction.ollama.extractor import Answer, Failure
from core.extraction.quality.measures import agreement, cohen_kappa, jaccard, krippendorff_alpha, measure, repeatability
from core.extraction.schema import Motivation, Polarity, ReviewMotivations

KEYS = ["food", "price", "staff"]
POSITIVE: Polarity = "positive"


def said(*named: str | tuple[str, Polarity]) -> ReviewMotivations:
    pairs = [name if isinstance(name, tuple) else (name, POSITIVE) for name in named]
    return ReviewMotivations(
        motivations=[Motivation(name=name, statement="S", quote="the tea", polarity=polarity, strength=0.5) for name, polarity in pairs]
    )


def answered(result: ReviewMotivations, *grounded: bool) -> Answer:
    groundings = tuple(ground("the tea", "the tea is hot" if stands else "zzz") for stands in grounded)
    assert [grounding.grounded for grounding in groundings] == list(grounded)
    return Answer(result=result, groundings=groundings)


FAILED = Answer(failure=Failure(kind="invalid", message="no JSON"))
sets = st.frozensets(st.sampled_from(KEYS))


def test_measures_of_one_answer_set_by_hand() -> None:
    answers = [
        answered(said("food", "food", "other"), True, False, True),
        answered(said()),
        FAILED,
        answered(said("price"), True),
    ]
    found = measure(answers, KEYS)
    assert (found.valid.count, found.valid.total, found.valid.value) == (3, 4, 0.75)
    assert (found.grounded.count, found.grounded.total, found.grounded.value) == (3, 4, 0.75)
    assert found.per_review == pytest.approx((3 + 0 + 1) / 3)
    assert found.per_review_sd == pytest.approx(np.std([3, 0, 1], ddof=1))
    assert (found.covered.count, found.covered.total) == (2, 3)
    assert (found.other.count, found.other.total) == (1, 4)
    assert found.counts == {"food": 2, "price": 1, "staff": 0, "other": 1}


def test_measures_of_nothing_are_not_a_number() -> None:
    for found in (measure([], KEYS), measure([FAILED], KEYS)):
        assert math.isnan(found.grounded.value)
        assert math.isnan(found.per_review)
        assert math.isnan(found.other.value)
        assert found.covered.count == 0
    assert math.isnan(measure([], KEYS).valid.value)
    assert measure([FAILED], KEYS).valid.value == 0.0


@given(sets, sets)
def test_jaccard_is_that_of_scikit_learn(one: frozenset[str], other: frozenset[str]) -> None:
    vectors = [[key in named for key in KEYS] for named in (one, other)]
    assert jaccard(one, other) == pytest.approx(jaccard_score(*vectors, zero_division=1.0))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[bool, bool]]) -> None:
    one, other = (np.array(side, dtype=bool) for side in zip(*pairs, strict=True))
    if len(set(one) | set(other)) == 1:
        assert cohen_kappa(one, other) == 1.0  # scikit-learn has nan: there is nothing to disagree about
    else:
        assert cohen_kappa(one, other) == pytest.approx(cohen_kappa_score(one, other))


def test_kappa_by_hand() -> None:
    # 20 both yes, 5 and 10 one of them only, 15 both no: p_o 0.7, p_e 0.5, kappa 0.4
    one = np.array([True] * 25 + [False] * 25)
    other = np.array([True] * 20 + [False] * 5 + [True] * 10 + [False] * 15)
    assert cohen_kappa(one, other) == pytest.approx(0.4)


def test_alpha_of_single_names_is_krippendorffs_nominal_alpha() -> None:
    # The example with missing values known from Krippendorff (2011) and its Wikipedia article: nominal alpha 0.691
    coders = ["*****3412113 3*3".replace(" ", ""), "1*2133 43*******".replace(" ", ""), "**2134 4*2113 3*4".replace(" ", "")]
    units = [[frozenset(value) for value in unit if value != "*"] for unit in zip(*coders, strict=True)]
    assert krippendorff_alpha(units) == pytest.approx(0.691, abs=5e-4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(sets, max_size=4), min_size=1, max_size=8))
def test_alpha_follows_its_definition(units: list[list[frozenset[str]]]) -> None:
    pairable = [unit for unit in units if len(unit) > 1]
    values = [named for unit in pairable for named in unit]
    found = krippendorff_alpha(units)
    if not values:
        assert math.isnan(found)
        return
    observed = np.mean(
        [np.mean([1 - jaccard(unit[i], unit[j]) for j in range(len(unit)) if j != i]) for unit in pairable for i in range(len(unit))]
    )
    expected = np.mean([1 - jaccard(a, b) for a, b in combinations(values, 2)])
    assert found == pytest.approx(1.0 if expected == 0 else 1 - observed / expected)


def test_alpha_is_about_zero_by_chance_and_one_in_full_agreement() -> None:
    generator = np.random.default_rng(0)
    drawn = [[frozenset(k for k in KEYS if generator.random() < 0.5) for _ in range(2)] for _ in range(3000)]
    assert abs(krippendorff_alpha(drawn)) < 0.05
    assert krippendorff_alpha([[unit[0], unit[0]] for unit in drawn]) == 1.0


def test_agreement_by_hand() -> None:
    first = [said("food", "price"), said(), said("staff"), said(("food", "negative"), "food"), None]
    second = [said("food", "other"), said("other"), None, said("food"), said("food")]
    found = agreement(first, second, KEYS)
    assert found.reviews == 3
    assert found.jaccard == pytest.approx((1 / 2 + 1 + 1) / 3)
    assert (found.identical.count, found.identical.total) == (2, 3)
    # food: yes-yes, no-no, yes-yes: kappa 1; price: only the first names it, once: kappa 0; staff: nobody does, left out
    assert found.kappa == pytest.approx(0.5)
    assert (found.polarity.count, found.polarity.total) == (1, 2)  # in the last, one says both and the other only positive


def test_agreement_is_symmetric_and_full_with_oneself() -> None:
    first = [said("food"), said("price", ("staff", "negative")), None, said()]
    second = [said("food", "staff"), said(("staff", "negative")), said("price"), said()]
    assert agreement(first, second, KEYS) == agreement(second, first, KEYS)
    own = agreement(first, first, KEYS)
    assert (own.reviews, own.jaccard, own.kappa, own.alpha, own.polarity.value) == (3, 1.0, 1.0, 1.0, 1.0)


def test_agreement_of_sets_that_share_no_review_is_not_a_number() -> None:
    found = agreement([None, said()], [said(), None], KEYS)
    assert found.reviews == 0
    assert all(map(math.isnan, (found.jaccard, found.kappa, found.alpha, found.polarity.value)))


def test_sets_of_different_reviews_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter|longer"):
        agreement([said()], [said(), said()], KEYS)


def test_repeatability_is_the_mean_over_pairs_of_runs() -> None:
    runs = [
        [said("food"), said("price"), said("staff")],
        [said("food"), said("price", "food"), None],
        [said("food"), said(), None],
    ]
    found = repeatability(runs, KEYS)
    pairs = [agreement(one, other, KEYS).jaccard for one, other in combinations(runs, 2)]
    assert found.runs == 3
    assert found.jaccard == pytest.approx(np.mean(pairs))
    assert (found.identical.count, found.identical.total) == (1, 2)  # the third review was answered once only
    assert found.alpha < 1.0
    assert repeatability([runs[0]] * 4, KEYS).jaccard == 1.0


def test_a_single_run_says_nothing_of_repeatability() -> None:
    found = repeatability([[said("food")]], KEYS)
    assert math.isnan(found.jaccard)
    assert found.identical.total == 0


def test_what_is_grounded_is_what_the_grounding_says() -> None:
    near: Grounding = ground("the tea is very hot", "The tea is hot, the cake cold.")
    assert measure([Answer(result=said("food"), groundings=(near,))], KEYS).grounded.count == int(near.grounded)
