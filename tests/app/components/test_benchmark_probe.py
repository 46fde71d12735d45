"""The probe of a generated dataset: it looks at held-out interactions, and slots are matched with motives by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from app.components.benchmark_probe import PlantedAucs, has_probe, held_out_truth, planted_aucs
from core.data.dataset import ReviewDataset
from core.evaluation.planted import FOLDER, Planted
from core.storage import write_parquet
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace
from tests.app.hand_made import N_ITEMS, TAXONOMY, K


@pytest.fixture
def planted(filled_copy: Workspace) -> tuple[Artefact, pd.DataFrame]:
    """A dataset with a planted truth: the motive of an interaction is given by its item."""
    artefact = filled_copy.list("dataset")[0]
    dataset = ReviewDataset.load(artefact)
    keys = TAXONOMY.keys[:3]
    reviews = pd.DataFrame(
        {
            "user_id": dataset.users["user_id"].to_numpy()[dataset.interactions["user_idx"]],
            "item_id": dataset.items["item_id"].to_numpy()[dataset.interactions["item_idx"]],
            "dominant": [keys[item % 3] for item in dataset.interactions["item_idx"]],
        }
    )
    for name, side in (("users", "user_id"), ("items", "item_id")):
        frame = getattr(dataset, name)[[side]].assign(**dict.fromkeys(keys, 1 / 3))
        write_parquet(artefact.path / FOLDER / f"{name}.parquet", frame)
    write_parquet(artefact.path / FOLDER / "reviews.parquet", reviews)
    return artefact, reviews


def with_slots(run: Artefact, of_item: list[int]) -> Artefact:
    """The run with vectors in which item i adds to slot of_item[i] only, the same for all users."""
    vectors = RunVectors.load(run.path / "vectors.safetensors")
    user, item = torch.ones_like(vectors.user), torch.zeros_like(vectors.item)
    for index, slot in enumerate(of_item):
        item[index, slot] = 1.0
    replace(vectors, user=user, item=item).save(run.path / "vectors.safetensors")
    return run


def test_only_held_out_interactions_are_looked_at(filled_copy: Workspace, planted: tuple[Artefact, pd.DataFrame]) -> None:
    artefact, _ = planted
    dataset = ReviewDataset.load(artefact)
    truth = held_out_truth(dataset, Planted.load(artefact))
    assert sorted(map(tuple, truth[["user_idx", "item_idx"]].to_numpy())) == sorted(map(tuple, dataset.pairs("test")))


def test_slots_that_are_the_motives_score_one_and_the_others_less(filled_copy: Workspace, planted: tuple[Artefact, pd.DataFrame]) -> None:
    artefact, _ = planted
    run = with_slots(filled_copy.get("run", "small-lmmrec-s0-lm00"), [index % 3 for index in range(N_ITEMS)])
    found = planted_aucs(artefact, run)
    assert found is not None
    assert found.values.shape == (K, 3)
    assert found.n == len(ReviewDataset.load(artefact).pairs("test"))
    assert found.own == 1.0
    assert found.others < 0.5
    swapped = planted_aucs(artefact, with_slots(run, [(index + 1) % 3 for index in range(N_ITEMS)]))
    assert swapped is not None
    assert swapped.own < 0.5


def test_a_run_without_named_slots_is_not_probed(filled_copy: Workspace, planted: tuple[Artefact, pd.DataFrame]) -> None:
    assert planted_aucs(planted[0], filled_copy.get("run", "small-lightgcn-s0-li00")) is None


def test_a_dataset_without_a_truth_has_no_probe(filled: Workspace) -> None:
    assert not has_probe(filled.list("dataset")[0])


def test_means_are_of_slots_named_after_the_motive_and_of_all_other_pairs() -> None:
    found = PlantedAucs(np.array([[0.9, 0.3], [0.4, 0.7], [0.5, 0.6]]), ("a", "b", "other"), ("a", "b"), 10)
    assert found.own == pytest.approx(0.8)
    assert found.others == pytest.approx((0.3 + 0.4 + 0.5 + 0.6) / 4)
