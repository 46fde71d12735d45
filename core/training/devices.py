"""Where to train: device, mixed precision and the number of threads."""

from __future__ import annotations

import os

import torch

from core.errors import InputError


def pick_device(name: str) -> torch.device:
    """ "auto" takes CUDA, then MPS, then the CPU.

    Raises:
        InputError: no such device here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(f"No such device: {name}", where="device", hint="Use auto, cpu, cuda or mps") from error
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(device.type, False):
        raise InputError(f"This machine has no {device.type} device", where="device", hint="Use auto or cpu")
    return device


def thread_count(n_values: int) -> int:
    """Threads for steps over ``n_values`` floats of propagation (edges times dimensions).

    Small graphs are faster on one thread (see `benchmarks/`). The rule depends on the size alone, so that results repeat.
    """
    return 1 if n_values < 20_000_000 else (os.cpu_count() or 1)
