"""Scores against planted motivations, on cases small enough to do by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import adjusted_mutual_info_score, f1_score

from core.data.dataset import SPLITS, ReviewDataset
from core.errors import InputError
from core.evaluation.planted import Planted, score_extraction, score_profiles, score_top_contribution
from core.extraction.taxonomy import Taxonomy, TaxonomyEntry
from core.workspace import Workspace

KEYS = ["food", "room", "price"]


@pytest.fixture
def taxonomy() -> Taxonomy:
    entries = tuple(TaxonomyEntry(key=key, name=key, description=key, examples=(key,)) for key in KEYS)
    return Taxonomy(name="hand", title="By hand", motivations=entries)


@pytest.fixture
def dataset() -> ReviewDataset:
    """Three users, two items; everyone reviewed both, the last pair is held out."""
    rows = pd.DataFrame({"user_idx": [0, 0, 1, 1, 2, 2], "item_idx": [0, 1, 0, 1, 0, 1], "text": ["said"] * 6})
    rows["split"] = pd.Categorical(["train"] * 5 + ["test"], categories=list(SPLITS))
    users = pd.DataFrame({"user_id": ["a", "b", "c"]})
    items = pd.DataFrame({"item_id": ["x", "y"]})
    return ReviewDataset("hand-0", "hand", "places", rows, users, items, report={}, generated=True)


@pytest.fixture
def planted() -> Planted:
    mixes = pd.DataFrame(
        [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.05, 0.25, 0.7]], columns=KEYS, index=pd.Index(["a", "b", "c"], name="user_id")
    )
    strengths = pd.DataFrame(0.5, columns=KEYS, index=pd.Index(["x", "y"], name="item_id"))
    dominant = ["food", "room", "room", "price", "price", "food"]
    told = ["food", "room", "room", "price", "", "food"]
    reviews = pd.DataFrame({"user_id": list("aabbcc"), "item_id": list("xyxyxy"), "dominant": dominant, "told": told})
    return Planted(mixes, strengths, reviews.assign(matches=[True] * 4 + [False, True]))


def _statements(rows: list[tuple[int, int, float]], source: str = "review") -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["interaction_idx", "motivation", "strength"]).assign(source=source)


def test_extraction_takes_the_largest_summed_strength(dataset: ReviewDataset, planted: Planted, taxonomy: Taxonomy) -> None:
    statements = _statements([(0, 0, 0.4), (0, 0, 0.3), (0, 1, 0.6), (1, 1, 0.5), (2, 2, 0.9), (3, 2, 0.1), (3, 3, 0.9)])
    scores = score_extraction(dataset, planted, statements, taxonomy)
    truth = ["food", "room", "room", "price", "price"]
    found = ["food", "room", "price", "price", "other"]
    assert scores["ami"] == pytest.approx(adjusted_mutual_info_score(truth, found))
    assert scores["macro_f1"] == pytest.approx(f1_score(truth, found, labels=KEYS, average="macro", zero_division=0.0))
    assert scores["accuracy"] == pytest.approx(3 / 5)
    assert scores["coverage"] == pytest.approx(4 / 5)
    assert scores["matching_share"] == pytest.approx(4 / 5)
    assert scores["ami_ceiling"] == pytest.approx(adjusted_mutual_info_score(truth, ["food", "room", "room", "price", "other"]))
    assert scores["ami_matching"] == pytest.approx(adjusted_mutual_info_score(truth[:4], found[:4]))
    assert scores["n_reviews"] == 5


def test_extraction_score_ignores_held_out_reviews_and_profile_texts(dataset: ReviewDataset, planted: Planted, taxonomy: Taxonomy) -> None:
    own = _statements([(0, 0, 0.5), (1, 1, 0.5)])
    held_out = _statements([(5, 2, 1.0)])
    profile = _statements([(2, 1, 1.0)], source="user_profile")
    expected = score_extraction(dataset, planted, own, taxonomy)
    assert score_extraction(dataset, planted, pd.concat([own, held_out, profile]), taxonomy) == expected


def test_perfect_extraction_scores_one(dataset: ReviewDataset, planted: Planted, taxonomy: Taxonomy) -> None:
    statements = _statements([(0, 0, 1.0), (1, 1, 1.0), (2, 1, 1.0), (3, 2, 1.0), (4, 2, 1.0)])
    scores = score_extraction(dataset, planted, statements, taxonomy)
    assert scores["ami"] == pytest.approx(1.0)
    assert scores["macro_f1"] == pytest.approx(1.0)


def test_extraction_of_another_dataset_is_refused(dataset: ReviewDataset, planted: Planted, taxonomy: Taxonomy) -> None:
    elsewhere = replace(dataset, users=pd.DataFrame({"user_id": ["p", "q", "r"]}))
    with pytest.raises(InputError, match="No training review with planted motivations"):
        score_extraction(elsewhere, planted, _statements([(0, 0, 1.0)]), taxonomy)


def test_top_contribution_counts_hits_and_states_chance(planted: Planted) -> None:
    rows = pd.DataFrame({"user_id": ["a", "a", "b", "c"], "motivation": ["food", "price", "room", "other"]})
    scores = score_top_contribution(planted, rows)
    assert scores["share"] == pytest.approx(2 / 4)
    assert scores["chance_uniform"] == pytest.approx(2 / 3)
    # Among a, b, c the two strongest hold food once, room three times, price twice.
    assert scores["chance_shuffled"] == pytest.approx(np.mean([1 / 3, 2 / 3, 3 / 3, 0.0]))
    assert (scores["n"], scores["n_users"]) == (4, 3)


def test_shuffled_chance_equals_the_mean_over_shuffles(planted: Planted) -> None:
    rows = pd.DataFrame({"user_id": ["a", "b", "c", "a"], "motivation": ["food", "room", "price", "room"]})
    shares = []
    for order in permutations("abc"):
        shuffled = dict(zip("abc", order, strict=True))
        shares.append(score_top_contribution(planted, rows.assign(user_id=rows["user_id"].map(shuffled)))["share"])
    assert score_top_contribution(planted, rows)["chance_shuffled"] == pytest.approx(np.mean(shares))


def test_top_contribution_refuses_unknown_users_and_empty_rows(planted: Planted) -> None:
    with pytest.raises(InputError, match="No planted mix for 1 users"):
        score_top_contribution(planted, pd.DataFrame({"user_id": ["z"], "motivation": ["food"]}))
    with pytest.raises(InputError, match="No recommendation to score"):
        score_top_contribution(planted, pd.DataFrame({"user_id": [], "motivation": []}))


def test_profiles_score_is_the_mean_rank_correlation(dataset: ReviewDataset, planted: Planted, taxonomy: Taxonomy) -> None:
    shares = {"a": [0.5, 0.3, 0.2], "b": [0.4, 0.35, 0.25]}
    rows = [(node, motivation, share / 2) for node, user in enumerate(shares) for motivation, share in enumerate(shares[user])]
    table = pd.DataFrame([*rows, *rows, (2, 3, 1.0)], columns=["node_idx", "motivation", "share"])
    scores = score_profiles(dataset, planted, table, taxonomy)
    own = [spearmanr(shares[user], planted.users.loc[user]).statistic for user in shares]
    crossed = [spearmanr(shares["a"], planted.users.loc["b"]).statistic, spearmanr(shares["b"], planted.users.loc["a"]).statistic]
    assert scores["rank_correlation"] == pytest.approx(np.mean(own))
    assert scores["rank_correlation_shuffled"] == pytest.approx(np.mean(crossed))
    assert scores["top_is_strongest"] == pytest.approx(1 / 2)
    assert scores["n_users"] == 2


def test_profiles_without_a_planted_user_are_refused(dataset: ReviewDataset, planted: Planted, taxonomy: Taxonomy) -> None:
    with pytest.raises(InputError, match="No profile of a user"):
        score_profiles(dataset, planted, pd.DataFrame({"node_idx": [2], "motivation": [3], "share": [1.0]}), taxonomy)


def test_dataset_without_truth_is_refused(workspace: Workspace) -> None:
    with workspace.publish("dataset", "real-1", name="real"):
        pass
    with pytest.raises(InputError, match="no planted motivations"):
        Planted.load(workspace.get("dataset", "real-1"))
