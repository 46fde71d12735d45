"""AutoCF: attention along pairs, what is hidden, and the three losses, each written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.models.backbones import AutoCF
from core.models.backbones.graph_attention import GraphAttention, Pairs
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.recommendation import Batch

FIRST, SECOND = torch.tensor([0, 0, 3, 2]), torch.tensor([1, 2, 1, 2])
PRESENT = torch.tensor([1.0, 1.0, 0.0, 0.5])


def autocf(interactions: Interactions, **settings: object) -> AutoCF:
    config = ModelConfig.model_validate({"model": "autocf", "mask_seeds": 2, "layer_combination": "sum"} | settings)
    return AutoCF(interactions, config, 4, torch.Generator().manual_seed(0))


def written_out(attention: GraphAttention, nodes: torch.Tensor) -> torch.Tensor:
    """Loops over the present pairs; (2, 2) is there in both directions, a half each; (3, 1) does not count."""
    partners = {0: [1, 2], 1: [0], 2: [0, 2]}
    queries, keys, values = (nodes @ transform for transform in attention.transforms)
    result = torch.zeros_like(nodes)
    for row, columns in partners.items():
        for head in range(2):
            part = slice(2 * head, 2 * head + 2)
            share = torch.stack([queries[row, part] @ keys[column, part] for column in columns]).softmax(0)
            result[row, part] = sum(weight * values[column, part] for weight, column in zip(share, columns, strict=True))
    return result


def test_attention_equals_its_formula() -> None:
    attention = GraphAttention(4, 2, torch.Generator().manual_seed(0))
    nodes = torch.randn(4, 4)
    found = attention(nodes, Pairs.of(FIRST, SECOND, PRESENT, 4))
    assert torch.allclose(found, written_out(attention, nodes), atol=1e-5)


def test_attention_has_true_gradients_pairs_met_twice_included() -> None:
    attention = GraphAttention(4, 2, torch.Generator().manual_seed(0)).double()
    twice = Pairs.of(torch.cat([FIRST, FIRST]), torch.cat([SECOND, SECOND]), PRESENT.repeat(2).double(), 4)
    nodes = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, _: attention(x, twice), (nodes, attention.transforms))


@pytest.fixture
def chain() -> Interactions:
    """user 0 - item 0 - user 1 - item 1 - user 2 - item 2 - user 3"""
    return Interactions(4, 3, np.array([[0, 0], [1, 0], [1, 1], [2, 1], [2, 2], [3, 2]], dtype=np.int64))


def test_the_interactions_of_seeds_and_of_their_neighbours_are_hidden(chain: Interactions) -> None:
    backbone = autocf(chain)
    near = backbone.near(torch.eye(7)[0])  # user 0 alone
    assert near.nonzero().flatten().tolist() == [0, 4]
    kept = backbone.kept(near)
    assert kept.tolist() == [0, 0, 1, 1, 1, 1]
    matrix = backbone.adjacency(torch.eye(7), backbone.weights_of(kept))
    degree = torch.tensor([0.0, 1, 2, 1, 0, 2, 2]).clamp(min=1)
    for (user, item), there in zip(chain.pairs, kept, strict=True):
        assert matrix[user, 4 + item] == matrix[4 + item, user] == pytest.approx(float(there * (degree[user] * degree[4 + item]).rsqrt()))


def test_random_pairs_come_from_hidden_and_some_other_nodes(checkerboard: Interactions) -> None:
    backbone = autocf(checkerboard)
    near = torch.zeros(70, dtype=torch.bool)
    near[[3, 60]] = True
    torch.manual_seed(0)
    pool = (near | (torch.rand(70) < 0.2)).nonzero().flatten()
    torch.manual_seed(0)
    pairs = backbone.decoder_pairs(near, torch.zeros(len(checkerboard.pairs)))
    different = (pairs.present > 0) & (pairs.rows != pairs.columns)
    assert set(pairs.rows[different].tolist()) == set(pool.tolist())
    assert float(pairs.present.sum()) == 70 + 2 * len(checkerboard.pairs)


def test_the_whole_graph_is_the_pairs_of_its_interactions(checkerboard: Interactions) -> None:
    backbone = autocf(checkerboard)
    users, items = torch.from_numpy(checkerboard.pairs).unbind(1)
    expected = Pairs.of(users, 40 + items, torch.ones(len(users)), 70)
    for name, found in vars(backbone.whole_pairs()).items():
        assert torch.equal(found, getattr(expected, name)), name


def test_agreement_looks_at_paths_that_lead_away(chain: Interactions) -> None:
    backbone = autocf(chain)
    nodes = backbone.embedding.detach()
    away = nodes[4] + nodes[1]  # of user 0: its item, and the item's other user
    expected = functional.cosine_similarity(away, nodes[0], dim=0)
    assert float(backbone.agreement()[0].detach()) == pytest.approx(float(expected), rel=1e-4)


def test_the_losses_equal_their_formulas(checkerboard: Interactions, one_batch: Batch) -> None:
    backbone = autocf(checkerboard, ssl_weight=0.5)
    users, items, own = backbone.step(one_batch)
    scores = users[one_batch.users] @ items.T
    assert own["reconstruction"].item() == pytest.approx(functional.cross_entropy(scores, one_batch.positives).item(), rel=1e-5)
    sides = (users, one_batch.users), (items, one_batch.positives)
    some = torch.stack([(side[met.unique()] @ side.T).logsumexp(1).mean() for side, met in sides]).sum()
    assert own["contrast"].item() == pytest.approx(0.5 * some.item(), rel=1e-5)
    assert own["infomax"].item() == pytest.approx(-0.1 * backbone.agreement().sigmoid().log().mean().item(), rel=1e-4)
