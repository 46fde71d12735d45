"""Nothing inside a training step makes the host wait for the device: no value is read, no shape depends on one.

On the CPU every operation of a step, backward and optimiser included, is looked at as it is dispatched; where there is CUDA, its own
check for synchronisation runs as well.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from core.models.build import build_model
from core.models.config import MODELS
from core.models.graph import Interactions
from core.models.text_features import NodeText, TextFeatures, motivation_lift
from core.training.config import TrainingConfig
from core.training.samplers import BatchSampler
from core.training.trainer import train_step

PAIRS = torch.rand(30, 20, generator=torch.Generator().manual_seed(0)).lt(0.3).nonzero().numpy()
INTERACTIONS = Interactions(30, 20, PAIRS)


def _text(count: int) -> NodeText:
    slots = torch.randn(count, 3, 6, generator=torch.Generator().manual_seed(count))
    present = torch.arange(count * 3).view(count, 3) % 4 > 0
    slots = slots * present.unsqueeze(-1)
    return NodeText(slots, present, slots.mean(1), motivation_lift(present.float()))


TEXT = TextFeatures(_text(30), _text(20), ("sound", "price", "other"))
SOLVED = ("ease", "ease-text", "popularity")
WAITING = {
    "aten::_local_scalar_dense", "aten::item", "aten::is_nonzero", "aten::equal", "aten::nonzero", "aten::masked_select",
    "aten::_unique", "aten::_unique2", "aten::unique_dim", "aten::unique_consecutive", "aten::bincount", "aten::repeat_interleave.Tensor",
}  # fmt: skip
SETTINGS: tuple[dict[str, Any], ...] = (
    *({"model": name} for name in MODELS if name not in SOLVED),
    {"model": "lightgcn", "loss": "bpr", "regularisation": 0.01},
    {"model": "lightgcn", "loss": "softmax", "negatives": 10},
    {"model": "lightgcn", "edge_keep": 0.8},
    {"model": "lightgcn", "candidates": 4},
    {"model": "lmmrec", "slot_dim": 4, "aligned_nodes": 8, "align_every": 1},
    {"model": "lmmrec", "form": "vector", "prototypes": 3, "candidates": 2},
)


class Watch(TorchDispatchMode):
    """Remembers the operations that would wait."""

    def __init__(self) -> None:
        super().__init__()
        self.met: list[str] = []

    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = operation.name()
        masked = name.startswith("aten::index") and any(
            isinstance(one, torch.Tensor) and one.dtype == torch.bool for group in args if isinstance(group, list | tuple) for one in group
        )
        if name in WAITING or masked:
            self.met.append(name)
        return operation(*args, **(kwargs or {}))


def parts_of(settings: dict[str, Any], device: torch.device) -> tuple[Any, BatchSampler, torch.optim.Optimizer]:
    config = TrainingConfig(dim=8, batch_size=32, **settings)
    model = build_model(INTERACTIONS, TEXT.to(device), config).to(device)
    sampler = BatchSampler(INTERACTIONS, config, 32, torch.Generator(device).manual_seed(0), device)
    return model, sampler, torch.optim.Adam([one for one in model.parameters() if one.requires_grad], lr=0.01, fused=True)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("cells", [2**28, 0], ids=["table", "search"])
def test_a_step_reads_no_value(settings: dict[str, Any], cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.models.known.TABLE_CELLS", cells)
    monkeypatch.setattr("core.models.distinct._waiting_is_free", lambda rows: False)
    model, sampler, optimiser = parts_of(settings, torch.device("cpu"))
    with Watch() as watch:
        for batch in sampler:
            train_step(model, batch, optimiser)
    assert watch.met == []


def test_the_watch_sees_what_would_wait() -> None:
    values = torch.arange(4.0, requires_grad=True)
    with Watch() as watch:
        values.sum().item()
        torch.tensor([1, 1]).unique()
        values[values > 1].sum().backward()
    assert len(watch.met) >= 3


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_cuda_meets_no_synchronisation_in_a_step(settings: dict[str, Any]) -> None:
    model, sampler, optimiser = parts_of(settings, torch.device("cuda"))
    batches = list(sampler)
    train_step(model, batches[0], optimiser, mixed=True)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for batch in batches[1:]:
            train_step(model, batch, optimiser, mixed=True)
    finally:
        torch.cuda.set_sync_debug_mode("default")
