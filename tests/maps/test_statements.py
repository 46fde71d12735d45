"""Statements lie where the run's own text encoder puts them, or, where there is none, between who said them and what of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import normalize

from core.data.dataset import ReviewDataset
from core.maps.space import MapSpace
from core.maps.statements import closeness, drawn_statements, open_statement_encoder, stratified
from core.storage import read_tensors, write_tensors
from core.training.opened import OpenedRun
from core.training.run import RunVectors
from tests.maps.speaking_run import DIM, KEYS, speaking_run, without_encoder


@pytest.fixture
def run(small_dataset: ReviewDataset, tmp_path: Path) -> OpenedRun:
    return speaking_run(small_dataset, tmp_path)


def test_a_statement_is_the_text_view_of_somebody_who_said_nothing_else(run: OpenedRun) -> None:
    """A profile of one statement and the statement itself go the same way through the encoder."""
    encoder = open_statement_encoder(run)
    assert encoder is not None
    assert run.profiles is not None
    assert run.statement_embeddings is not None
    embeddings, slots = run.statement_embeddings[:6], torch.tensor([0, 1, 0, 2, 1, 0])
    negative = torch.tensor([False, True, False, False, False, True])
    found = encoder(embeddings, slots, negative)
    assert found.shape == (6, len(KEYS), DIM)
    for row in range(6):
        text, present = torch.zeros(1, len(KEYS), 2 * embeddings.shape[1]), torch.zeros(1, len(KEYS), dtype=torch.bool)
        half = embeddings.shape[1] * int(negative[row])
        text[0, slots[row], half : half + embeddings.shape[1]] = embeddings[row]
        present[0, slots[row]] = True
        torch.testing.assert_close(found[row], encoder.encoder(text, present)[0])
        others = [slot for slot in range(len(KEYS)) if slot != slots[row]]
        assert (found[row, others] == 0).all()
        assert found[row, slots[row]].norm() > 0


def test_an_encoder_that_does_not_make_the_stored_views_is_not_used(run: OpenedRun) -> None:
    shuffled = {name: view.flip(0) if name == "user_text" else view for name, view in run.vectors.views.items()}
    vectors = RunVectors(run.vectors.user, run.vectors.item, KEYS, run.vectors.item_bias, shuffled)
    assert open_statement_encoder(replace(run, vectors=vectors)) is None
    assert open_statement_encoder(without_encoder(run)) is None
    assert open_statement_encoder(replace(run, profiles=None)) is None


@pytest.mark.parametrize(("kept", "fewer"), [("second", "first.weight"), ("first.weight", "second")])
def test_an_encoder_of_another_form_is_not_used(run: OpenedRun, kept: str, fewer: str) -> None:
    assert run.directory is not None
    weights = read_tensors(run.directory / "model.safetensors")
    old = {name: one for name, one in weights.items() if not name.endswith(fewer)}
    assert any(name.endswith(kept) for name in old)
    write_tensors(run.directory / "model.safetensors", old)
    assert open_statement_encoder(run) is None


def test_statements_drawn_are_of_training_reviews_and_all_there_are_where_they_fit(run: OpenedRun) -> None:
    space = MapSpace.of(run.vectors)
    found = drawn_statements(run, space, 1000, encoder=open_statement_encoder(run))
    assert found is not None
    assert run.profiles is not None
    assert found.placed_by == "encoder"
    assert found.available == len(found.table) == len(run.profiles.statements)
    assert found.table["statement"].tolist() == run.profiles.statements["statement"].iloc[found.table["row"]].tolist()
    torch.testing.assert_close(found.vectors.norm(dim=1), torch.ones(len(found.vectors)))
    assert closeness(found, space).keys() == {"user", "item"}
    assert drawn_statements(run, space, 0) is None
    assert drawn_statements(replace(run, profiles=None), space, 10) is None


def test_held_out_statements_are_never_drawn(run: OpenedRun) -> None:
    assert run.profiles is not None
    held_out = run.dataset.interactions.index[run.dataset.interactions["split"] != "train"][0]
    leaking = run.profiles.statements.copy()
    leaking.loc[0, "interaction_idx"] = held_out
    found = drawn_statements(replace(run, profiles=replace(run.profiles, statements=leaking)), MapSpace.of(run.vectors), 1000)
    assert found is not None
    assert 0 not in found.table["row"].tolist()
    assert found.table["row"].tolist() == list(range(1, len(leaking)))


def test_in_the_space_of_a_slot_only_its_statements_are_drawn(run: OpenedRun) -> None:
    found = drawn_statements(run, MapSpace.of(run.vectors, "price"), 1000, encoder=open_statement_encoder(run))
    assert found is not None
    assert found.vectors.shape[1] == DIM
    assert set(found.table["motivation"]) == {1}
    assert drawn_statements(run, MapSpace.of(run.vectors, "other"), 1000) is None


def test_without_an_encoder_a_statement_is_the_mean_of_its_user_and_item_in_its_slot(run: OpenedRun) -> None:
    space = MapSpace.of(run.vectors)
    found = drawn_statements(run, space, 30)
    assert found is not None
    assert found.placed_by == "nodes"
    row = found.table.iloc[7]
    both = (space.vectors[row["user_idx"]] + space.vectors[space.n_users + row["item_idx"]]).view(len(KEYS), DIM)
    expected = torch.zeros_like(both)
    expected[row["motivation"]] = both[row["motivation"]]
    torch.testing.assert_close(found.vectors[7], normalize(expected.flatten(), dim=0))


def test_closeness_is_the_share_of_nodes_that_are_farther(run: OpenedRun) -> None:
    space = MapSpace.of(run.vectors)
    found = drawn_statements(run, space, 40, encoder=open_statement_encoder(run))
    assert found is not None
    cosines = (found.vectors @ space.vectors.T).numpy()[:, : space.n_users]
    own = found.table["user_idx"].to_numpy()
    expected = [(row < row[user]).sum() / (space.n_users - 1) for row, user in zip(cosines, own, strict=True)]
    assert closeness(found, space)["user"] == pytest.approx(np.median(expected), abs=1e-4)
    assert closeness(found, space)["user"] > 0.6  # what a user says goes the way of the user's vector


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=5), st.integers(1, 80), st.integers(0, 5))
def test_as_many_of_every_motivation_as_there_are(sizes: list[int], most: int, seed: int) -> None:
    strata = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    rows = stratified(strata, most, seed)
    assert len(rows) == len(set(rows.tolist())) == min(most, len(strata))
    kept = pd.Series(strata[rows]).value_counts().reindex(range(len(sizes)), fill_value=0)
    largest = kept.max()
    for stratum, size in enumerate(sizes):  # a motivation has fewer than another only where it has no more
        assert kept[stratum] == size or kept[stratum] >= largest - 1
