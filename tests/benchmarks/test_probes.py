"""The probes of the seeds put together: figures are means over seeds, and a model that knows the motive is told from one that does not."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from probes import Model, OneSeed, aucs, cross_validated, held_out, over_seeds, references, summarised

N_USERS, N_ITEMS, PER_USER = 60, 40, 8
MOTIVES = ("price", "sound", "ease")


def planted(seed: int) -> tuple[dict[str, Model], pd.DataFrame, pd.DataFrame]:
    """Items have one motive each. LMMRec's slots hold it, LightGCN's slices are noise; interactions to learn from and to test on."""
    generator = np.random.default_rng(seed)
    motive = generator.integers(len(MOTIVES), size=N_ITEMS)
    knowing = torch.nn.functional.one_hot(torch.from_numpy(motive), len(MOTIVES)).float()[:, :, None].repeat(1, 1, 2)
    noise = torch.Generator().manual_seed(seed)
    users = torch.ones(N_USERS, len(MOTIVES), 2)
    models = {
        "LMMRec": (users, knowing),
        "LightGCN": (users, torch.randn(N_ITEMS, len(MOTIVES), 2, generator=noise)),
    }
    parts = []
    for _ in range(2):
        user_idx, item_idx = np.repeat(np.arange(N_USERS), PER_USER), generator.integers(N_ITEMS, size=N_USERS * PER_USER)
        labels = np.array(MOTIVES)[motive[item_idx]]
        ids = np.char.add("user-", user_idx.astype(str))
        category = pd.Series(labels).map({"price": "top", "sound": "gown", "ease": "gown"})
        parts.append(pd.DataFrame({"user_idx": user_idx, "item_idx": item_idx, "user_id": ids, "occasion": labels, "category": category}))
    return models, parts[0], parts[1]


def one_seed(seed: int) -> OneSeed:
    models, learnt, tested = planted(seed)
    figures, right = held_out(models, learnt, tested, "occasion")
    return OneSeed({"held_out": figures}, {"held_out": right}, overlap=1 / 3)


def test_a_probe_of_slots_that_hold_the_motive_names_it_and_shares_are_of_users() -> None:
    models, learnt, tested = planted(0)
    figures, right = held_out(models, learnt, tested, "occasion")
    for kind in ("terms", "products", "vectors"):
        assert figures["probes"]["LMMRec"][kind] == {"accuracy": 1.0, "macro_f1": 1.0}
        shares = right[kind]
        assert len(shares.users) == N_USERS
        assert shares.b.tolist() == [1.0] * N_USERS
        # Users have tested as many interactions each, so that the mean over users is the probe's accuracy.
        assert shares.a.mean() == pytest.approx(figures["probes"]["LightGCN"][kind]["accuracy"])
    assert figures["probes"]["LightGCN"]["terms"]["accuracy"] < 0.9


def test_seeds_are_put_together_as_means_and_tested_over_users_and_seeds() -> None:
    seeds = [one_seed(seed) for seed in range(3)]
    document = over_seeds(seeds)
    accuracies = [one.figures["held_out"]["probes"]["LightGCN"]["terms"]["accuracy"] for one in seeds]
    found = document["held_out"]["probes"]["LightGCN"]["terms"]["accuracy"]
    assert found == {"mean": pytest.approx(np.mean(accuracies)), "sd": pytest.approx(np.std(accuracies, ddof=1)), "by_seed": accuracies}
    difference = document["held_out"]["difference"]["terms"]
    assert difference["users"]["change"] == pytest.approx(1 - np.mean(accuracies))
    assert difference["users"]["n_users"] == N_USERS
    assert difference["users"]["p"] < 1e-6
    assert difference["splits"]["n_splits"] == 3
    assert difference["splits"]["p_corrected"] > difference["splits"]["p"]


def test_one_seed_has_no_spread_and_names_stay() -> None:
    assert summarised([{"a": {"b": 2.0}, "c": 3}]) == {
        "a": {"b": {"mean": 2.0, "sd": 0.0, "by_seed": [2.0]}},
        "c": {"mean": 3.0, "sd": 0.0, "by_seed": [3]},
    }


def test_a_cross_validated_probe_is_of_all_rows_and_each_slot_finds_its_own() -> None:
    models, learnt, tested = planted(1)
    rows = pd.concat([learnt, tested], ignore_index=True)
    found = cross_validated(models, rows, "occasion")
    assert found["n"] == len(rows)
    assert found["probes"]["LMMRec"]["terms"]["accuracy"] == 1.0
    slots = aucs(models, MOTIVES, tested, "occasion")
    assert slots["own_slot"] == dict.fromkeys(MOTIVES, 1.0)
    assert slots["own_is_best_slot"] == 1.0
    assert slots["mean_other"] < 0.5


def test_references_are_what_the_category_and_the_item_tell() -> None:
    """A top is always for "price"; a gown is for one of two, so that its category tells the commoner of these alone."""
    models, learnt, tested = planted(2)
    found = references(models, learnt, tested)
    commoner = learnt.loc[learnt["category"] == "gown", "occasion"].mode().iloc[0]
    expected = ((tested["occasion"] == "price") | (tested["occasion"] == commoner)).mean()
    assert found["category"]["accuracy"] == pytest.approx(expected)
    assert found["commonest occasion of the item"]["accuracy"] == pytest.approx(1.0, abs=0.03)
