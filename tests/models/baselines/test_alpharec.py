"""AlphaRec against its formulas written out in loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.models.baselines.alpharec import AlphaRec, mean_of_items
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.recommendation import Batch
from core.models.text_features import NodeText, TextFeatures, motivation_lift

PAIRS = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (2, 0)]
N_USERS, N_ITEMS, WIDTH = 4, 5, 6  # user 3 and item 4 have no interaction
TAU = 0.3


def side(count: int, seed: int) -> NodeText:
    whole = torch.randn(count, WIDTH, generator=torch.Generator().manual_seed(seed))
    return NodeText(whole.unsqueeze(1), torch.ones(count, 1, dtype=torch.bool), whole, motivation_lift(torch.ones(count, 1)))


@pytest.fixture
def interactions() -> Interactions:
    return Interactions(N_USERS, N_ITEMS, np.array(PAIRS, dtype=np.int64))


@pytest.fixture
def text() -> TextFeatures:
    return TextFeatures(side(N_USERS, 1), side(N_ITEMS, 2), ("other",))


def built(interactions: Interactions, text: TextFeatures, **settings: object) -> AlphaRec:
    config = ModelConfig.model_validate(
        {"model": "alpharec", "dim": 3, "layers": 2, "temperature": TAU, "loss": "softmax", "text_dropout": 0.0} | settings
    )
    return AlphaRec(interactions, text, config, torch.Generator().manual_seed(0))


def by_hand(model: AlphaRec, text: TextFeatures) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Users and items of unit length: means of raw text, the MLP, two layers of propagation node by node, mean of the layers."""
    taken = [[i for u, i in PAIRS if u == user] for user in range(N_USERS)]
    takers = [[u for u, i in PAIRS if i == item] for item in range(N_ITEMS)]
    items_raw = list(text.items.whole)
    users_raw = [sum((items_raw[i] for i in mine), torch.zeros(WIDTH)) / max(len(mine), 1) for mine in taken]

    def encode(vector: torch.Tensor) -> torch.Tensor:
        hidden = model.encoder.first.weight @ vector + model.encoder.first.bias
        hidden = torch.where(hidden > 0, hidden, 0.01 * hidden)
        return model.encoder.second.weight @ hidden + model.encoder.second.bias

    users, items = [encode(v) for v in users_raw], [encode(v) for v in items_raw]
    layers = [(users, items)]
    for _ in range(2):
        users, items = layers[-1]
        next_users = [sum((items[i] / math.sqrt(len(taken[u]) * len(takers[i])) for i in taken[u]), torch.zeros(3)) for u in range(N_USERS)]
        next_items = [
            sum((users[u] / math.sqrt(len(taken[u]) * len(takers[i])) for u in takers[i]), torch.zeros(3)) for i in range(N_ITEMS)
        ]
        layers.append((next_users, next_items))
    mean_users = [sum(layer[0][u] for layer in layers) / 3 for u in range(N_USERS)]
    mean_items = [sum(layer[1][i] for layer in layers) / 3 for i in range(N_ITEMS)]
    return [v / v.norm().clamp(min=1e-9) for v in mean_users], [v / v.norm() for v in mean_items]


def test_vectors_are_propagated_text_and_the_score_is_their_cosine(interactions: Interactions, text: TextFeatures) -> None:
    model = built(interactions, text)
    vectors = model.vectors()
    with torch.no_grad():
        users, items = by_hand(model, text)
    assert torch.allclose(vectors["user"].squeeze(1), torch.stack(users), atol=1e-5)
    assert torch.allclose(vectors["item"].squeeze(1), torch.stack(items), atol=1e-5)


@torch.no_grad()
def loss_by_hand(users: list[torch.Tensor], items: list[torch.Tensor], rows: list[tuple[int, int, list[int]]]) -> float:
    total = 0.0
    for user, positive, negatives in rows:
        own = math.exp(float(users[user] @ items[positive]) / TAU)
        others = sum(math.exp(float(users[user] @ items[n]) / TAU) for n in negatives)
        total -= math.log(own / (own + others))
    return total / len(rows)


def test_the_loss_contrasts_a_positive_with_shared_negatives_the_user_has_not_taken(interactions: Interactions, text: TextFeatures) -> None:
    model = built(interactions, text)
    excluded = torch.tensor([[False, True, False], [False, False, True]])
    batch = Batch(torch.tensor([0, 1]), torch.tensor([0, 2]), torch.tensor([3, 1, 2]), excluded)
    wanted = loss_by_hand(*by_hand(model, text), [(0, 0, [3, 2]), (1, 2, [3, 1])])
    losses = model.losses(batch)
    assert list(losses) == ["recommendation"]
    assert float(losses["recommendation"].detach()) == pytest.approx(wanted, abs=1e-5)


def test_the_first_negatives_of_a_bpr_batch_serve_every_row_that_has_not_taken_them(interactions: Interactions, text: TextFeatures) -> None:
    model = built(interactions, text, loss="bpr", negatives=3)
    batch = Batch(torch.tensor([0, 1, 1, 2]), torch.tensor([0, 2, 1, 3]), torch.tensor([2, 4, 1, 0]))
    rows = [(0, 0, [2, 4]), (1, 2, [4]), (1, 1, [4]), (2, 3, [4, 1])]
    wanted = loss_by_hand(*by_hand(model, text), rows)
    assert float(model.losses(batch)["recommendation"].detach()) == pytest.approx(wanted, abs=1e-5)


def test_only_the_encoder_is_trained_and_all_of_it(interactions: Interactions, text: TextFeatures) -> None:
    model = built(interactions, text)
    model.losses(Batch(torch.tensor([0, 2]), torch.tensor([1, 3]), torch.tensor([2, 4])))["recommendation"].backward()
    named = dict(model.named_parameters())
    assert set(named) == {"encoder.first.weight", "encoder.first.bias", "encoder.second.weight", "encoder.second.bias"}
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in named.values())


def test_what_users_write_about_themselves_is_not_read(interactions: Interactions, text: TextFeatures) -> None:
    other = TextFeatures(side(N_USERS, 9), text.items, text.motivations)
    first, second = built(interactions, text).vectors(), built(interactions, other).vectors()
    assert torch.equal(first["user"], second["user"])


def test_dropout_acts_on_the_text_in_training_only(interactions: Interactions, text: TextFeatures) -> None:
    model = built(interactions, text, text_dropout=0.5)
    assert not torch.equal(model()[0], model()[0])
    model.eval()
    assert torch.equal(model()[0], model()[0])


def test_a_user_without_items_has_no_text(interactions: Interactions, text: TextFeatures) -> None:
    means = mean_of_items(interactions, text.items.whole)
    assert not means[3].any()
    assert torch.allclose(means[0], (text.items.whole[0] + text.items.whole[1]) / 2)
