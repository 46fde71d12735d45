"""The usual way that the speed benchmarks compare with computes the same numbers as the way of the core."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from usual_way import MaskedUsers, Triples, UsualLightGCN, evaluate, train_epoch

from core.evaluation.protocol import evaluate as evaluate_at_once
from core.models.build import build_model
from core.models.collaborative import Collaborative
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.recommendation import Batch

KINDS = np.random.default_rng(0).choice(3, size=(30, 40), p=[0.7, 0.2, 0.1])
SEEN, HELD_OUT = (Interactions(30, 40, np.argwhere(kind == KINDS).astype(np.int64)) for kind in (1, 2))


def test_losses_and_gradients_of_a_step_are_equal() -> None:
    usual = UsualLightGCN(SEEN, 8, 3, 0.01)
    ours = build_model(SEEN, None, ModelConfig(model="lightgcn", dim=8, layers=3, regularisation=0.01, loss="bpr"))
    assert isinstance(ours, Collaborative)
    with torch.no_grad():
        ours.backbone.embedding.copy_(torch.cat([usual.user_embedding, usual.item_embedding]))
    users, positives = torch.from_numpy(SEEN.pairs[:64].T.copy())
    negatives = torch.arange(64) % 40
    plain, mine = usual.loss(users, positives, negatives), sum(ours.losses(Batch(users, positives, negatives)).values())
    plain.backward()
    mine.backward()
    assert mine.item() == pytest.approx(plain.item(), rel=1e-5)
    gradient = torch.cat([usual.user_embedding.grad, usual.item_embedding.grad])
    assert torch.allclose(ours.backbone.embedding.grad, gradient, rtol=1e-4, atol=1e-7)


def test_the_usual_epoch_trains_on_negatives_nobody_knows() -> None:
    model, triples = UsualLightGCN(SEEN, 8, 2, 0.0), Triples(SEEN)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = [train_epoch(model, triples, optimiser, 64) for _ in range(5)]
    assert losses[-1] < losses[0]
    assert not triples.history & set(zip(triples.users.tolist(), triples.negatives.tolist(), strict=True))


@pytest.mark.parametrize("full_sort", [False, True])
def test_figures_of_an_evaluation_are_equal(full_sort: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    users, items = torch.randn(30, 6, generator=generator), torch.randn(40, 6, generator=generator)
    usual = evaluate(users, items, MaskedUsers(HELD_OUT, SEEN), (5, 20), batch_size=7, full_sort=full_sort)
    means = evaluate_at_once(users, items, HELD_OUT, SEEN, cutoffs=(5, 20)).means
    assert means == pytest.approx(usual, abs=1e-9)
