from __future__ import annotations

import json
import math

import pytest

from core.data.dataset import ReviewDataset
from core.extraction.trial_reviews import TrainingReviews
from core.extraction.trial_summary import different, failed, summaries, trial_document, trial_rows, ungrounded
from core.extraction.trials import Cell, Trial
from tests.extraction.made_up_trial import lost, made_up_trial, said

NAMES = [entry.key for entry in made_up_trial().taxonomy.motivations]
PRICE, SOUND, GIFT = NAMES[:3]


@pytest.fixture
def trial(small_dataset: ReviewDataset) -> Trial:
    return made_up_trial(reviews=tuple(int(index) for index in small_dataset.rows("train").index[:2]))


def cells(trial: Trial, **named: object) -> list[Cell]:
    """A cell for every review, variant and round, whose key says where it stands."""
    return [
        Cell(review=review, variant=variant, round=turn, key=f"{position}{variant}{turn}", **named)  # type: ignore[arg-type]
        for turn in (0, 1)
        for position, review in enumerate(trial.reviews)
        for variant in range(2)
    ]


def test_figures_of_each_variant(trial: Trial) -> None:
    answers = {
        "000": said(PRICE, SOUND, seconds=1.0),
        "100": said(PRICE, seconds=3.0),
        "010": said(PRICE, grounded=False, seconds=2.0),
        "110": lost(seconds=4.0),
    }
    first, second = summaries(trial, [cell for cell in cells(trial, tokens_per_s=20.0) if cell.round == 0], answers)
    assert (first.measures.valid.count, first.measures.valid.total) == (2, 2)
    assert (second.measures.valid.count, second.measures.valid.total) == (1, 2)
    assert second.measures.grounded.value == 0.0
    assert first.measures.per_review == 1.5
    assert first.measures.covered.count == 2
    assert first.agreement is None
    assert second.agreement is not None
    assert second.agreement.jaccard == 0.5  # {price} of {price, sound}; the failed one is left out
    assert (first.seconds, second.seconds) == (2.0, 3.0)
    assert first.seconds_sd == pytest.approx(math.sqrt(2))
    assert first.tokens_per_s == 20.0
    assert first.repeatability is None


def test_rounds_tell_how_repeatable_a_variant_is(trial: Trial) -> None:
    answers = {cell.key: said(PRICE) for cell in cells(trial)} | {"011": said(GIFT)}
    first, second = summaries(trial, cells(trial), answers, 1)
    assert first.repeatability is not None
    assert first.repeatability.jaccard == 1.0
    assert second.repeatability is not None
    assert second.repeatability.jaccard == 0.5
    assert second.agreement is not None
    assert second.agreement.jaccard == 0.5


@pytest.mark.parametrize("turn", [0, 2])
def test_no_answers_are_no_figures(trial: Trial, turn: int) -> None:
    first, _ = summaries(trial, [], {}, turn)
    assert first.answers == 0
    assert math.isnan(first.seconds)
    assert first.tokens_per_s is None


def test_thumbs_and_retries_are_counted(trial: Trial) -> None:
    answers = {cell.key: said(PRICE).model_copy(update={"attempts": 3, "truncated": True}) for cell in cells(trial)}
    first, _ = summaries(trial, cells(trial, thumb=-1), answers)
    assert (first.up, first.down, first.retries, first.truncated) == (0, 2, 4, 2)


def test_filters() -> None:
    assert failed([said(PRICE), lost()])
    assert not failed([said(PRICE), None])
    assert ungrounded([said(PRICE, grounded=False)])
    assert not ungrounded([lost(), None, said(PRICE)])
    assert different([said(PRICE), said(SOUND)])
    assert different([said(PRICE), said(PRICE, polarity="negative")])
    assert different([said(PRICE), lost()])
    assert not different([said(PRICE, SOUND), said(SOUND, PRICE), None])


def test_rows_and_document_hold_all_of_it(trial: Trial, small_dataset: ReviewDataset) -> None:
    reviews = {index: TrainingReviews(small_dataset).get(index) for index in trial.reviews}
    shown = [cell.model_copy(update={"comment": "hm", "thumb": 1}) for cell in cells(trial) if cell.round == 0]
    answers = {"000": said(PRICE, SOUND), "100": said(), "010": lost(), "110": said(GIFT)}
    rows = trial_rows(trial, shown, answers, reviews)
    assert [(row["variant"], row["name"], row["failure"]) for row in rows] == [
        ("A", PRICE, ""),
        ("A", SOUND, ""),
        ("B", None, "invalid"),
        ("A", None, ""),
        ("B", GIFT, ""),
    ]
    assert len({tuple(row) for row in rows}) == 1  # all have the same columns
    document = json.loads(json.dumps(trial_document(trial, shown, answers, reviews)))
    assert document["trial"] == trial.id
    assert document["cells"][1]["answer"]["raw"] == "sorry"
    assert document["cells"][0]["comment"] == "hm"
    assert document["variants"][1]["template"]["user"].endswith("Be short.")
    assert document["reviews"][0]["text"] == reviews[trial.reviews[0]].text
