"""Where to train: device, mixed precision and the number of threads."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

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


_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MOST_MAPPED_BLOCKS = -1, -3, -4  # parameters of glibc's mallopt
_KEPT_BYTES = 2**31 - 1
_MAPPED_BLOCKS_BY_DEFAULT = 2**16
_TRIM_AFTERWARDS_BYTES, _MAPPED_AFTERWARDS_BYTES = 2**26, 2**25  # where glibc comes to by itself in a process that frees large blocks


@contextmanager
def memory_kept() -> Iterator[None]:
    """Keep up to 2 GB of freed memory with the process meanwhile, where the C library is glibc; give it back at the end.

    Every step frees and asks again for a dozen tensors of megabytes; handing their pages back to the system and having them zeroed
    anew each time costs 10 to 18 % of a LightGCN epoch on a CPU (`benchmarks/epoch.py`, `benchmarks/scale.py`).
    """
    library = _glibc()
    if library is not None:
        library.mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
        library.mallopt(_MOST_MAPPED_BLOCKS, 0)
    try:
        yield
    finally:
        if library is not None:
            library.mallopt(_TRIM_THRESHOLD, _TRIM_AFTERWARDS_BYTES)
            library.mallopt(_MMAP_THRESHOLD, _MAPPED_AFTERWARDS_BYTES)
            library.mallopt(_MOST_MAPPED_BLOCKS, _MAPPED_BLOCKS_BY_DEFAULT)
            library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
