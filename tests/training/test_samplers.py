"""Batches: every interaction once an epoch, negatives that are none of the user's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.models import known
from core.models.graph import Interactions
from core.training.config import TrainingConfig
from core.training.samplers import BatchSampler

INTERACTIONS = Interactions(20, 50, np.argwhere(np.random.default_rng(0).random((20, 50)) < 0.2).astype(np.int64))
KNOWN = {tuple(pair) for pair in INTERACTIONS.pairs.tolist()}


def sampler_of(loss: str) -> BatchSampler:
    config = TrainingConfig.model_validate({"loss": loss, "negatives": 30})
    return BatchSampler(INTERACTIONS, config, 64, torch.Generator().manual_seed(0), torch.device("cpu"))


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_an_epoch_meets_every_interaction_once(loss: str) -> None:
    batches = sampler_of(loss)
    met = [pair for batch in batches for pair in zip(batch.users.tolist(), batch.positives.tolist(), strict=True)]
    assert sorted(met) == sorted(KNOWN)
    assert len(list(batches)) == len(batches)


@pytest.mark.parametrize("cells", [known.TABLE_CELLS, 0], ids=["table", "search"])
def test_softmax_negatives_of_a_users_history_are_excluded(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "TABLE_CELLS", cells)
    for batch in sampler_of("softmax"):
        assert batch.excluded is not None
        for row, user in enumerate(batch.users.tolist()):
            expected = [(user, item) in KNOWN for item in batch.negatives.tolist()]
            assert batch.excluded[row].tolist() == expected


def test_bpr_negatives_are_seldom_known() -> None:
    pairs = [pair for batch in sampler_of("bpr") for pair in zip(batch.users.tolist(), batch.negatives.tolist(), strict=True)]
    assert sum(pair in KNOWN for pair in pairs) / len(pairs) < 0.12  # drawn twice at a density of 0.2: 0.04 expected


def test_candidates_are_drawn_per_interaction_and_the_first_is_the_negative() -> None:
    config = TrainingConfig(candidates=4)
    for batch in BatchSampler(INTERACTIONS, config, 64, torch.Generator().manual_seed(0), torch.device("cpu")):
        assert batch.candidates is not None
        assert batch.candidates.shape == (4, len(batch.users))
        assert batch.negatives.equal(batch.candidates[0])
    assert all(batch.candidates is None for batch in sampler_of("bpr"))
