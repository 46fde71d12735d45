"""The real datasets, as they were published."""

from __future__ import annotations

import pytest


def test_musical_instruments(real_data, imported):
    dataset = imported(real_data / "amazon-musical-instruments" / "reviews_Musical_Instruments_5.json.gz", "amazon")
    assert (dataset.n_users, dataset.n_items, len(dataset.interactions)) == (1429, 900, 10_261)
    assert dataset.report["dropped"] == {}
    assert dataset.report["without_text"] == 7


def test_gift_cards_with_metadata(real_data, imported):
    folder = real_data / "amazon-gift-cards"
    dataset = imported(folder / "Gift_Cards_5.json.gz", "amazon", items=folder / "meta_Gift_Cards.json.gz", min_interactions=1)
    assert dataset.report["lines_read"] == 2972
    assert (dataset.n_users, dataset.n_items) == (458, 148)
    assert dataset.report["titled_items"] >= 140


def test_yelp_with_written_profiles(real_data, imported):
    folder = real_data / "yelp-llm-profiles"
    files = {"items": folder / "items.jsonl.gz", "users": folder / "users.jsonl.gz"}
    dataset = imported(folder / "interactions.csv.gz", "table", domain="places", min_interactions=1, **files)
    assert (dataset.n_users, dataset.n_items) == (2228, 2473)
    assert dataset.report["splits"] == {"train": 28_089, "validation": 3533, "test": 3451}
    assert (dataset.users["profile_text"] != "").all()
    assert (dataset.items["profile_text"] != "").all()


@pytest.mark.parametrize(
    ("name", "counts"),
    [("yelp", (11_091, 11_010, 166_620, 55_479, 55_436)), ("amazon", (11_000, 9332, 120_464, 40_290, 40_106))],
)
def test_rlmrec_splits(real_data, imported, name, counts):
    dataset = imported(real_data / "rlmrec" / name, "rlmrec")
    assert (dataset.n_users, dataset.n_items, *dataset.report["splits"].values()) == counts
