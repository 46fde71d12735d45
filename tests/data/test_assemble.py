"""Assembling a dataset and publishing it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.assemble import assemble, ordered_ids, publish_dataset
from core.data.dataset import SPLITS, ReviewDataset
from core.data.report import ImportReport
from core.errors import InputError


def block(n_users: int = 8, n_items: int = 6) -> pd.DataFrame:
    rows = [
        (f"u{user}", f"i{item}", 4.0, 100 * item + user, "short", f"text {user} {item}")
        for user in range(n_users)
        for item in range(n_items)
    ]
    return pd.DataFrame(rows, columns=["user_id", "item_id", "rating", "timestamp", "summary", "text"])


def test_every_interaction_is_in_exactly_one_split():
    dataset = assemble(block(), name="block", domain="products")
    pairs = np.concatenate([dataset.pairs(split) for split in SPLITS])
    assert len(pairs) == len(np.unique(pairs, axis=0)) == 48
    assert (dataset.n_users, dataset.n_items) == (8, 6)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["ratio", "leave-last-out", "time"]))
def test_the_order_of_the_lines_does_not_matter(seed, split):
    frame = pd.concat([block(), block().head(7).assign(timestamp=5)])
    shuffled = frame.sample(frac=1, random_state=seed)
    first, second = (assemble(rows, name="block", domain="products", split=split, seed=2) for rows in (frame, shuffled))
    pd.testing.assert_frame_equal(first.interactions, second.interactions)
    pd.testing.assert_frame_equal(first.users, second.users)
    pd.testing.assert_frame_equal(first.items, second.items)


def test_published_dataset_reads_back_the_same(workspace):
    dataset = assemble(block(), name="block", domain="places")
    artefact = publish_dataset(workspace, dataset, {"seed": 0})
    again = ReviewDataset.open(workspace, "block")
    assert again.id == artefact.id
    assert again.domain == artefact.manifest.config["domain"] == "places"
    pd.testing.assert_frame_equal(again.interactions, dataset.interactions)
    assert artefact.manifest.summary["n_interactions"] == 48
    assert artefact.manifest.summary["splits"] == {"train": 32, "validation": 8, "test": 8}


def test_equal_content_and_configuration_give_the_same_id_and_are_written_once(workspace):
    first = publish_dataset(workspace, assemble(block(), name="block", domain="products"), {"path": "here", "seed": 0})
    moved = publish_dataset(workspace, assemble(block(), name="block", domain="products"), {"path": "there", "seed": 0})
    other = publish_dataset(workspace, assemble(block(), name="block", domain="products"), {"path": "here", "seed": 1})
    assert moved.id == first.id
    assert moved.manifest.created_at == first.manifest.created_at
    assert other.id != first.id


def test_an_older_dataset_imported_again_is_the_newest_of_its_name(workspace):
    first = publish_dataset(workspace, assemble(block(), name="block", domain="products"))
    publish_dataset(workspace, assemble(block(9), name="block", domain="products"))
    again = publish_dataset(workspace, assemble(block(), name="block", domain="products"))
    assert again.id == first.id == workspace.get("dataset", "block").id


def test_further_files_are_published_with_the_dataset(workspace):
    artefact = publish_dataset(
        workspace, assemble(block(), name="block", domain="products"), generated=True, write_more=lambda path: (path / "truth.txt").touch()
    )
    assert (artefact.path / "truth.txt").exists()
    assert artefact.manifest.generated


def test_whole_number_ids_are_ordered_as_numbers():
    assert ordered_ids(pd.Series(["10", "9", "2", "9"], dtype="str")).tolist() == ["2", "9", "10"]
    assert ordered_ids(pd.Series(["10", "9", "x"], dtype="str")).tolist() == ["10", "9", "x"]
    assert ordered_ids(pd.Series(["007", "7"], dtype="str")).tolist() == ["007", "7"]


def test_ids_stand_where_names_are_missing():
    items = pd.DataFrame({"item_id": ["i0", "i1", "unseen"], "title": ["Lamp", "", "Chair"]})
    dataset = assemble(block(), items, name="block", domain="products")
    assert dataset.items["title"].tolist()[:3] == ["Lamp", "i1", "i2"]
    assert dataset.users["name"].iloc[0] == "u0"
    assert "unseen" not in set(dataset.items["item_id"])


def test_unseen_items_of_a_published_split_are_kept_when_asked():
    items = pd.DataFrame({"item_id": ["i0", "unseen"]})
    assert assemble(block(), items, name="block", domain="products", keep_unseen=True).n_items == 7


def test_report_counts_what_was_dropped_and_kept():
    frame = pd.concat([block(), block().head(3).assign(timestamp=0), pd.DataFrame({"user_id": ["lonely"], "item_id": ["i0"]})])
    frame.loc[frame["user_id"] == "u1", "text"] = ""
    report = ImportReport.model_validate(
        assemble(frame.fillna({"text": "", "summary": "", "timestamp": -1}), name="block", domain="products").report
    )
    assert sorted(entry.count for entry in report.dropped.values()) == [1, 3]
    assert report.without_text == 6
    assert report.lines_read == 52
    assert sum(report.splits.values()) == report.interactions == 48
    assert "the user reviewed the item again" in report.render()
    assert "Kept 8 users, 6 items, 48 interactions; 87.5% have a text." in report.render()


def test_given_split_is_taken_as_it_is():
    frame = block().assign(split=["train"] * 40 + ["test"] * 8)
    dataset = assemble(frame, name="block", domain="products", split="given")
    assert len(dataset.rows("train")) == 40
    assert "The validation split is empty." in dataset.report["notes"]


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (block().drop(columns="item_id"), {}, "No column item_id"),
        (block().head(0), {}, "There are no interactions"),
        (block().head(3), {}, "No interactions are left.*--min-interactions"),
        (block(), {"split": "given"}, "no split column"),
        (block().assign(split="training set"), {"split": "given"}, "'training set' is no split"),
        (block().assign(split="test"), {"split": "given"}, "no training interactions"),
        (block().assign(user_id=""), {"min_interactions": 1}, "user_id"),
        (block().assign(timestamp=-7), {}, "timestamp"),
        (block(), {"name": "Not a name"}, "Not a usable name"),
    ],
)
def test_unusable_frames_are_refused_in_one_line(frame, options, message):
    with pytest.raises(InputError, match=message) as caught:
        assemble(frame, **{"name": "block", "domain": "products", **options})
    assert "\n" not in str(caught.value)
