"""The different nodes of a batch: the same sums whether the host may wait for their number or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from core.models.build import build_model
from core.models.config import BACKBONES, MODELS, ModelConfig
from core.models.distinct import chosen_nodes, distinct
from core.models.graph import Interactions
from core.models.recommendation import Batch
from core.models.text_features import TextFeatures


@contextmanager
def no_waiting() -> Iterator[None]:
    """The shapes of a GPU."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.models.distinct._waiting_is_free", lambda rows: False)
        yield


@given(st.lists(st.integers(0, 8), min_size=1, max_size=30), st.integers(9, 25))
def test_weighted_sums_are_those_over_the_rows_and_over_the_different_nodes(rows: list[int], count: int) -> None:
    values = torch.randn(count, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    batch = torch.tensor(rows)
    expected = sum(times * values[node] for node, times in Counter(rows).items()), sum(values[node] for node in set(rows))
    found = [distinct(batch, count)]
    with no_waiting():
        found.append(distinct(batch, count))
    for met in found:
        assert met.nodes[met.place].tolist() == rows
        of_nodes = values[met.nodes]
        assert float((met.times * of_nodes).sum()) == pytest.approx(float(expected[0]), abs=1e-5)
        assert float((met.once * of_nodes).sum()) == pytest.approx(float(expected[1]), abs=1e-5)


def test_where_waiting_is_free_each_node_stands_once() -> None:
    assert distinct(torch.tensor([4, 1, 4, 0]), 9).nodes.tolist() == [0, 1, 4]


@pytest.mark.parametrize("rows", [12, 200], ids=["fewer than there are nodes", "more"])
@pytest.mark.parametrize(
    "settings",
    [{"model": name} for name in MODELS if name not in ("ease", "ease-text", "popularity")]
    + [{"model": "lmmrec", "backbone": name} for name in BACKBONES],
    ids=str,
)
def test_losses_and_gradients_do_not_depend_on_whether_the_host_may_wait(
    settings: dict[str, Any], rows: int, checkerboard: Interactions, block_text: TextFeatures
) -> None:
    config = ModelConfig.model_validate({"dim": 8, "slot_dim": 4, "behaviour_dim": 4, "text_dropout": 0.0, **settings})
    generator = torch.Generator().manual_seed(1)
    pairs = torch.tensor(checkerboard.pairs)[torch.randint(len(checkerboard.pairs), (rows,), generator=generator)]
    batch = Batch(pairs[:, 0], pairs[:, 1], torch.randint(30, (rows,), generator=generator))

    def losses_and_gradient() -> tuple[dict[str, float], torch.Tensor]:
        model = build_model(checkerboard, block_text, config)
        torch.manual_seed(0)
        losses = model.losses(batch)
        torch.stack(list(losses.values())).sum().backward()
        gradients = [parameter.grad.flatten() for parameter in model.parameters() if parameter.grad is not None]
        return {name: float(loss.detach()) for name, loss in losses.items()}, torch.cat(gradients)

    waited = losses_and_gradient()
    with no_waiting():
        found = losses_and_gradient()
    assert found[0] == pytest.approx(waited[0], rel=1e-4, abs=1e-6)
    assert torch.allclose(found[1], waited[1], rtol=1e-3, atol=1e-5)


def test_views_are_compared_of_different_nodes_those_of_the_batch_first() -> None:
    rows = torch.tensor([7, 3, 3, 7, 11])
    few, all_of_them, more_than_there_are = (chosen_nodes(rows, 20, most).tolist() for most in (2, 5, 50))
    assert set(few) < {3, 7, 11}
    assert len(set(few)) == 2
    assert {3, 7, 11} < set(all_of_them)
    assert len(set(all_of_them)) == 5
    assert sorted(more_than_there_are) == list(range(20))
    drawn = {tuple(sorted(chosen_nodes(rows, 20, 2).tolist())) for _ in range(60)}
    assert drawn == {(3, 7), (3, 11), (7, 11)}


def test_only_what_is_allowed_is_chosen_those_of_the_batch_first() -> None:
    allowed = torch.arange(20) % 2 == 1
    chosen = chosen_nodes(torch.tensor([7, 3, 2, 2]), 20, 4, allowed).tolist()
    assert {3, 7} < set(chosen)
    assert all(node % 2 for node in chosen)
