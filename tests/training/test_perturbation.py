"""Perturbations: noise that is never right, texts of other nodes, statements of other users; all from the seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.models.graph import Interactions
from core.models.text_features import NodeText, TextFeatures
from core.training.config import TrainingConfig
from core.training.perturbation import (
    TextControl,
    check_perturbations,
    controlled,
    exchanged,
    noise,
    perturbations,
    swapped_users,
)


@st.composite
def splits(draw: st.DrawFn) -> tuple[Interactions, np.ndarray]:
    """Training interactions, and the pairs of all splits, on grids from nearly empty to nearly full."""
    n_users, n_items = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    cells = draw(st.lists(st.integers(0, n_users * n_items - 1), min_size=1, max_size=60, unique=True))
    pairs = np.array([[cell // n_items, cell % n_items] for cell in cells], dtype=np.int64)
    n_train = draw(st.integers(1, len(pairs)))
    return Interactions(n_users, n_items, pairs[:n_train]), pairs


def codes(pairs: np.ndarray, n_items: int) -> set[int]:
    return set((pairs[:, 0] * n_items + pairs[:, 1]).tolist())


@given(splits(), st.floats(0, 1), st.integers(0, 2**40))
def test_noise_has_its_size_and_is_new_and_of_users_that_train(made: tuple[Interactions, np.ndarray], share: float, seed: int) -> None:
    train, known = made
    wanted = round(share * len(train.pairs))
    users = set(train.pairs[:, 0].tolist())
    free = len(users) * train.n_items - sum(user in users for user in known[:, 0].tolist())
    if wanted > free:
        with pytest.raises(InputError, match="pairs that are no interactions"):
            noise(train, known, share, seed)
        return
    added = noise(train, known, share, seed)
    assert added.shape == (wanted, 2)
    assert added.dtype == np.int64
    assert len(codes(added, train.n_items)) == wanted
    assert not codes(added, train.n_items) & codes(known, train.n_items)
    assert set(added[:, 0].tolist()) <= users
    assert ((added[:, 1] >= 0) & (added[:, 1] < train.n_items)).all()
    np.testing.assert_array_equal(added, noise(train, known, share, seed))


@pytest.mark.parametrize("n_items", [200, 20_000])  # the free pairs are listed; drawn and rejected
def test_noise_follows_the_users_activity_and_spreads_over_items(n_items: int) -> None:
    busy = np.stack([np.zeros(80, dtype=np.int64), np.arange(80)], axis=1)
    rest = np.stack([np.arange(1, 21), np.arange(20)], axis=1)
    train = Interactions(21, n_items, np.concatenate([busy, rest]))
    added = np.concatenate([noise(train, train.pairs, 0.2, seed) for seed in range(200)])
    weights = [80 * (n_items - 80), *[n_items - 1] * 20]  # interactions times free pairs
    assert (added[:, 0] == 0).mean() == pytest.approx(weights[0] / sum(weights), abs=0.03)
    quarters = np.bincount(added[:, 1] * 4 // n_items, minlength=4) / len(added)
    if n_items == 20_000:
        np.testing.assert_allclose(quarters, 0.25, atol=0.03)
    else:  # the busy user has no free pair among the first 80 of 200 items
        assert quarters[0] < 0.15 < quarters[2]


def test_noise_of_other_seeds_differs() -> None:
    train = Interactions(50, 5000, np.stack([np.arange(1000) % 50, np.arange(1000)], axis=1))
    first, second = (codes(noise(train, train.pairs, 0.3, seed), 5000) for seed in (0, 1))
    assert len(first & second) < 30


def test_noise_fills_the_last_free_pair() -> None:
    full = np.array([[user, item] for user in range(4) for item in range(5)], dtype=np.int64)
    added = noise(Interactions(4, 5, full[:-1]), full[:-1], 1 / 19, 0)
    assert added.tolist() == [[3, 4]]


@given(st.lists(st.integers(0, 6), max_size=40), st.integers(0, 2**32))
def test_exchange_keeps_the_owners_and_moves_all_it_can(owners: list[int], seed: int) -> None:
    before = np.array(owners, dtype=np.int64)
    after = exchanged(before, np.random.default_rng(seed))
    assert sorted(after.tolist()) == sorted(owners)
    most = int(np.bincount(before).max()) if owners else 0
    assert int((after == before).sum()) == max(0, 2 * most - len(owners))


def statements(reviews: list[tuple[int, int, int]], profiles: list[int] = []) -> pd.DataFrame:  # noqa: B006
    """Two statements for each (interaction, user, item), then one for each user with a profile text and one item profile."""
    rows = [("review", *review) for review in reviews for _ in range(2)]
    rows += [("user_profile", -1, user, -1) for user in profiles] + [("item_profile", -1, -1, 0)]
    return pd.DataFrame(rows, columns=["source", "interaction_idx", "user_idx", "item_idx"])


REVIEWS = [(10 + index, index % 7, index % 5) for index in range(40)]


@given(st.floats(0, 1), st.integers(0, 1000))
def test_swap_moves_whole_reviews_of_the_share_and_nothing_else(share: float, seed: int) -> None:
    frame = statements(REVIEWS, profiles=list(range(7)))
    users, before = swapped_users(frame, share, seed), frame["user_idx"].to_numpy()
    of_review = (frame["source"] == "review").to_numpy()
    assert (users[of_review][::2] == users[of_review][1::2]).all()
    chosen = round(share * len(REVIEWS))
    moved = int((users != before)[of_review].sum())
    # No user has more than 6 of these reviews: from 12 on, no chosen review has to stay with its user for want of others.
    assert moved == 2 * chosen if chosen >= 12 else moved % 2 == 0
    assert moved <= 2 * chosen
    assert sorted(users[of_review]) == sorted(before[of_review])
    of_user = (frame["source"] == "user_profile").to_numpy()
    texts = round(share * 7)
    assert int((users != before)[of_user].sum()) == (texts if texts > 1 else 0)
    assert sorted(users[of_user]) == list(range(7))
    assert users[-1] == -1


def test_swap_is_of_the_seed_and_a_smaller_share_is_part_of_a_larger() -> None:
    frame = statements(REVIEWS)
    before = frame["user_idx"].to_numpy()
    np.testing.assert_array_equal(swapped_users(frame, 0.5, 3), swapped_users(frame, 0.5, 3))
    assert (swapped_users(frame, 0.5, 3) != swapped_users(frame, 0.5, 4)).any()
    small, large = (swapped_users(frame, share, 3) != before for share in (0.3, 0.8))
    assert small.any()
    assert (large | ~small).all()


def node_text(n: int, silent: list[int], seed: int) -> NodeText:
    generator = torch.Generator().manual_seed(seed)
    present = torch.rand(n, 3, generator=generator) < 0.7
    present[:, 0] = True
    present[silent] = False
    slots = torch.randn(n, 3, 8, generator=generator) * present.unsqueeze(-1)
    whole = torch.randn(n, 8, generator=generator) * present.any(1, keepdim=True)
    words = torch.randn(n, 5, generator=generator) * present.any(1, keepdim=True)
    return NodeText(slots, present, whole, torch.rand(n, 3, generator=generator) + 0.5, words)


TEXT = TextFeatures(node_text(30, [4, 9], 0), node_text(20, [0], 1), ("a", "b", "other"))


def sides(text: TextFeatures) -> tuple[NodeText, NodeText]:
    return text.users, text.items


def test_profiles_are_left_as_they_are() -> None:
    assert controlled(TEXT, "profiles", 0) is TEXT


def test_shuffled_text_is_another_nodes_of_the_same_side_as_a_whole() -> None:
    for before, after in zip(sides(TEXT), sides(controlled(TEXT, "shuffled", 5)), strict=True):
        givers = []
        for node in range(len(before.whole)):
            if not before.present[node].any():
                assert not after.present[node].any()
                assert not after.whole[node].any()
                continue
            giver = int(torch.nonzero((before.whole == after.whole[node]).all(1)).flatten())
            givers.append(giver)
            assert giver != node
            for part in ("slots", "present", "lift", "words"):
                assert torch.equal(getattr(after, part)[node], getattr(before, part)[giver])
        assert len(set(givers)) == len(givers)


def test_random_text_keeps_lengths_and_silence_and_nothing_else() -> None:
    for before, after in zip(sides(TEXT), sides(controlled(TEXT, "random", 5)), strict=True):
        assert torch.equal(after.present, before.present)
        assert not after.slots[~before.present].any()
        for node in range(len(before.whole)):
            lengths = [[text.slots[node, slot].norm() for slot in range(3) if before.present[node, slot]] for text in (before, after)]
            if lengths[0]:
                torch.testing.assert_close(sum(lengths[0]) / len(lengths[0]), sum(lengths[1]) / len(lengths[1]))
        torch.testing.assert_close(after.whole.norm(dim=1), before.whole.norm(dim=1))
        torch.testing.assert_close(after.words.norm(dim=1), before.words.norm(dim=1))
        for part in ("whole", "words"):
            likeness = torch.nn.functional.cosine_similarity(getattr(after, part), getattr(before, part))
            assert abs(float(likeness.mean())) < 0.25
        assert (after.lift == 1).all()


def test_no_text_says_nothing() -> None:
    for before, after in zip(sides(TEXT), sides(controlled(TEXT, "none", 5)), strict=True):
        assert after.slots.shape == before.slots.shape
        assert after.whole.shape == before.whole.shape
        assert after.present.dtype == torch.bool
        assert after.words.shape == before.words.shape
        assert not any(getattr(after, part).any() for part in ("slots", "present", "whole", "words"))
        assert (after.lift == 1).all()


@pytest.mark.parametrize("control", ["shuffled", "random", "none"])
def test_text_without_words_has_none_under_any_control(control: TextControl) -> None:
    plain = TextFeatures(*(replace(side, words=None) for side in sides(TEXT)), TEXT.motivations)
    assert all(side.words is None for side in sides(controlled(plain, control, 0)))


@pytest.mark.parametrize("control", ["shuffled", "random"])
def test_controls_are_of_the_seed(control: TextControl) -> None:
    first, again, other = (controlled(TEXT, control, seed).users.whole for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_one_node_with_text_keeps_it() -> None:
    alone = node_text(3, [0, 2], 0)
    shuffled = controlled(TextFeatures(alone, alone, ()), "shuffled", 0).users
    assert torch.equal(shuffled.whole, alone.whole)


def test_only_what_differs_and_acts_is_a_perturbation() -> None:
    assert perturbations(TrainingConfig()) == {}
    noisy = TrainingConfig(interaction_noise=0.2, text_control="shuffled")
    assert perturbations(noisy) == {"interaction_noise": 0.2, "text_control": "shuffled"}
    assert perturbations(TrainingConfig(model="lightgcn", text_noise=0.1, interaction_noise=0.2)) == {"interaction_noise": 0.2}


def test_text_of_a_model_that_reads_none_cannot_be_changed() -> None:
    check_perturbations(TrainingConfig(model="lightgcn", interaction_noise=0.1))
    with pytest.raises(InputError, match=r"lightgcn reads no text \(text_control, text_noise\)"):
        check_perturbations(TrainingConfig(model="lightgcn", text_control="none", text_noise=0.1))
