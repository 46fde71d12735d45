"""Checkpoints of a training under way: safetensors for tensors, JSON for the rest, both atomic.

The JSON names the tensors' file, and is written after it; a kill between the two leaves the checkpoint before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn, optim

from core.storage import read_json, read_tensors, write_json, write_tensors


@dataclass
class TrainingState:
    """Everything a training needs to go on as if it had never stopped.

    Args:
        epoch: epochs finished. best_epoch, best_value: of the validation figure. waited: validations without gain.
        seconds: spent so far. history: one record an epoch. best: parameters at the best epoch.
    """

    epoch: int
    best_epoch: int
    best_value: float
    waited: int
    seconds: float
    history: list[dict[str, Any]]
    best: dict[str, torch.Tensor]


def save_checkpoint(
    directory: Path, state: TrainingState, model: nn.Module, optimiser: optim.Optimizer, generators: dict[str, torch.Tensor]
) -> None:
    """Write the state after an epoch.

    Args:
        generators: name -> byte tensor, states of the random generators.
    """
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in state.best.items()}
    tensors |= {f"generator.{name}": tensor for name, tensor in generators.items()}
    for index, slots in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": tensor for name, tensor in slots.items()}
    name = f"checkpoint-{state.epoch}.safetensors"
    write_tensors(directory / name, {key: tensor.clone() for key, tensor in tensors.items()})
    plain = {key: value for key, value in vars(state).items() if key != "best"}
    write_json(directory / "checkpoint.json", plain | {"tensors": name})
    for old in directory.glob("checkpoint-*.safetensors"):
        if old.name != name:
            old.unlink()


def load_checkpoint(directory: Path, model: nn.Module, optimiser: optim.Optimizer) -> tuple[TrainingState, dict[str, torch.Tensor]] | None:
    """Put a checkpoint back into ``model`` and ``optimiser``; returns the state and the generators' states, or None if
    there is no checkpoint.
    """
    path = directory / "checkpoint.json"
    if not path.exists():
        return None
    plain = read_json(path)
    tensors = read_tensors(directory / plain.pop("tensors"))
    model.load_state_dict(_under("model.", tensors))
    slots: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in _under("optimiser.", tensors).items():
        index, _, key = name.partition(".")
        slots.setdefault(int(index), {})[key] = tensor
    optimiser.load_state_dict({"state": slots, "param_groups": optimiser.state_dict()["param_groups"]})
    return TrainingState(**plain, best=_under("best.", tensors)), _under("generator.", tensors)


def _under(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
