from __future__ import annotations

import pytest

from core.data.dataset import ReviewDataset
from core.errors import NotFoundError
from core.extraction.texts import SourceTexts
from core.extraction.trial_reviews import TrainingReviews


@pytest.fixture(scope="module")
def reviews(small_dataset: ReviewDataset) -> TrainingReviews:
    return TrainingReviews(small_dataset)


def test_only_training_reviews_are_there(reviews: TrainingReviews, small_dataset: ReviewDataset) -> None:
    train = set(small_dataset.rows("train").index)
    assert len(reviews) == len(train)
    assert {index for index in range(len(small_dataset.interactions)) if index in reviews} == train


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_held_out_review_cannot_be_had(reviews: TrainingReviews, small_dataset: ReviewDataset, split: str) -> None:
    held_out = int(small_dataset.rows(split).index[0])  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="no training review"):
        reviews.get(held_out)


def test_a_review_is_what_a_run_over_the_dataset_would_ask_about(reviews: TrainingReviews, small_dataset: ReviewDataset) -> None:
    index = int(small_dataset.rows("train").index[0])
    found = reviews.get(index)
    assert found.text == "A summary\nThe sound is rich and clear. It was worth every penny."
    assert found.variables == {"review": found.text, "rating": 4.0, "item_title": f"Item {small_dataset.interactions['item_idx'][index]}"}


def test_a_draw_is_that_of_an_extraction_of_a_sample(reviews: TrainingReviews, small_dataset: ReviewDataset) -> None:
    wanted = [row[0] for row in SourceTexts.read(small_dataset).sampled(7, 3).reviews]
    assert reviews.sampled(7, 3) == wanted
    assert reviews.sampled(7, 4) != wanted
    assert len(reviews.sampled(10_000, 0)) == len(reviews)


def test_search_is_by_words_of_text_and_title(reviews: TrainingReviews) -> None:
    assert all("daughter" in reviews.get(index).text for index in reviews.matching("DAUGHTER"))
    assert all(reviews.get(index).item_title.startswith("Item 1") for index in reviews.matching("item 1"))
    assert reviews.matching("zither") == []
    assert len(reviews.matching("", limit=5)) == 5
