"""Every part of a step, the drawing of negatives included, happens on the model's device, and so does ranking.

PyTorch's "meta" device stands for a GPU where there is none: its tensors have a shape and a device and hold nothing. Whatever would read a
value, or make a shape of one, fails on it; so does an operation between it and the CPU. The values themselves are compared on CUDA
(`test_cuda.py`), which no machine without one can do.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from core.models.base import RecommendationModel
from core.models.build import build_model
from core.models.recommendation import Batch
from core.models.text_features import NodeText, TextFeatures
from core.models.top_k import top_k
from core.training.config import TrainingConfig
from core.training.samplers import BatchSampler
from core.training.trainer import train_step
from tests.training.test_no_waiting import INTERACTIONS, SETTINGS, TEXT

ELSEWHERE = torch.device("meta")


class Places(TorchDispatchMode):
    """Remembers each operation that made a tensor, and where; a number by itself on the CPU is what a kernel takes as its argument."""

    def __init__(self) -> None:
        super().__init__()
        self.here: list[str] = []
        self.elsewhere: list[str] = []

    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = operation(*args, **(kwargs or {}))
        for one in tree_leaves(made):
            if isinstance(one, torch.Tensor) and (one.device == ELSEWHERE or one.dim()):
                (self.elsewhere if one.device == ELSEWHERE else self.here).append(operation.name())
        return made


@pytest.fixture(autouse=True)
def plain_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no mixed precision for this device."""
    monkeypatch.setattr("torch.autocast", lambda *_, **__: nullcontext())


def moved(model: RecommendationModel) -> RecommendationModel:
    """A model on the other device, with the text its parts hold."""
    for module in model.modules():
        for name, value in vars(module).items():
            if isinstance(value, NodeText | TextFeatures):
                setattr(module, name, value.to(ELSEWHERE))
    return model.to(ELSEWHERE)


def tensors(batch: Batch) -> list[torch.Tensor]:
    return [one for one in vars(batch).values() if isinstance(one, torch.Tensor)]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("cells", [2**28, 0], ids=["table", "search"])
def test_an_epoch_is_drawn_and_stepped_on_the_device(settings: dict[str, Any], cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.models.known.TABLE_CELLS", cells)
    config = TrainingConfig(dim=8, batch_size=32, **settings)
    model = moved(build_model(INTERACTIONS, TEXT, config))
    sampler = BatchSampler(INTERACTIONS, config, 32, None, ELSEWHERE)  # type: ignore[arg-type]  # the device has no generators
    optimiser = torch.optim.Adam([one for one in model.parameters() if one.requires_grad], lr=0.01)
    steps = 0
    with Places() as places:
        for batch in sampler:
            assert {one.device for one in tensors(batch)} == {ELSEWHERE}
            losses = train_step(model, batch, optimiser)
            assert {one.device for one in losses.values()} == {ELSEWHERE}
            steps += 1
    assert steps == len(sampler)
    assert places.here == []
    assert {"aten::randperm.generator", "aten::randint.generator"} <= set(places.elsewhere)


def test_the_best_are_taken_on_the_device_and_copied_once_all_are_there() -> None:
    users, items = (torch.empty(70, 4, device=ELSEWHERE), torch.empty(50, 4, device=ELSEWHERE))
    with Places() as places, pytest.raises(NotImplementedError, match="Cannot copy out of meta"):
        top_k(users, items, 5, item_bias=torch.empty(50, device=ELSEWHERE), chunk=20)
    assert places.here == []
    assert places.elsewhere.count("aten::topk") == 2 * 4  # the values and the places of four chunks


def test_only_the_cells_left_out_come_from_the_host() -> None:
    exclude = sparse.csr_matrix(np.eye(70, 50, dtype=np.float32))
    with Places() as places, pytest.raises(NotImplementedError, match="Cannot copy out of meta"):
        top_k(torch.empty(70, 4, device=ELSEWHERE), torch.empty(50, 4, device=ELSEWHERE), 5, exclude=exclude, chunk=20)
    assert len(places.here) <= 4 * 2
    assert places.elsewhere.count("aten::index_fill_.int_Scalar") == 4


def test_what_is_done_on_the_host_is_seen() -> None:
    values = torch.ones(3, device=ELSEWHERE)
    with Places() as places:
        torch.randint(5, (3,)).add(1)
    assert places.here == ["aten::randint", "aten::add.Tensor"]
    with pytest.raises(RuntimeError, match="meta"):
        values + torch.ones(3)
    with pytest.raises(RuntimeError, match="meta"):
        values.sum().item()
    with pytest.raises(NotImplementedError):
        values.nonzero()
