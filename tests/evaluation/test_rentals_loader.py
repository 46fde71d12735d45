"""The occasion of a rental never reaches what is imported; labels find their rentals again."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def loader(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    sys.modules.pop("rentals", None)
    import rentals

    return rentals


@pytest.fixture
def folder(tmp_path: Path, loader: object) -> Path:
    rows = [
        (1, 10, "wedding", 10.0, "gown", "2016-05-01"),
        (1, 10, "work", 8.0, "gown", "2016-06-01"),
        (2, 10, "formal affair", 6.0, "gown", "2016-07-01"),
        (2, 11, None, 8.0, "top", "2016-08-01"),
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "rented_for", "rating", "category", "review_date"])
    frame["rented_for"] = frame["rented_for"].astype("category")
    frame["review_date"] = pd.to_datetime(frame["review_date"])
    (tmp_path / loader.FILE).parent.mkdir(parents=True)  # type: ignore[attr-defined]
    frame.to_parquet(tmp_path / loader.FILE)  # type: ignore[attr-defined]
    return tmp_path


def test_what_is_imported_knows_nothing_of_occasions(loader, folder: Path, tmp_path: Path) -> None:
    def written(frame: pd.DataFrame, name: str) -> pd.DataFrame:
        loader.write_without_occasions(frame, tmp_path / name)
        return pd.read_parquet(tmp_path / name)

    frame = loader.rentals(folder)
    table = written(frame, "a.parquet")
    assert list(table.columns) == ["user_id", "item_id", "rating", "review_date", "text"]
    assert table["text"].tolist() == ["I rented the gown.", "I rented the gown.", "I rented the top."]
    pd.testing.assert_frame_equal(table, written(frame.assign(rented_for="party"), "b.parquet"))


def test_labels_are_those_of_the_first_rental_of_a_pair_and_only_stated_ones(loader, folder: Path) -> None:
    found = loader.stated_occasions(loader.rentals(folder))
    assert found["occasion"].to_dict() == {("1", "10"): "wedding", ("2", "10"): "formal_affair"}


def test_real_occasions_are_those_of_the_taxonomy(loader, real_data: Path) -> None:
    if not (real_data / loader.FILE).exists():
        pytest.skip(f"no rentals in {real_data}")
    frame = loader.rentals(real_data)
    labels = loader.stated_occasions(frame)
    assert set(labels["occasion"]) == set(loader.OCCASIONS.keys)
