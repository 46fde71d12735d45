"""Where a training runs: threads by the size of the graph; memory kept meanwhile changes no number."""

from __future__ import annotations

import platform
import resource

import pytest
import torch

from core.training.devices import memory_kept, thread_count


def test_small_graphs_take_one_thread() -> None:
    assert thread_count(1_000_000) == 1
    assert thread_count(10**9) >= 1


def page_faults_of_steps() -> int:
    """Faults while tensors of 4 MB, 120 MB together, are made and freed again and again; the first round does not count."""
    faults = []
    for _ in range(5):
        began = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        kept = [torch.ones(1_000_000) for _ in range(30)]
        del kept
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - began)
    return sum(faults[1:])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc: memory is handled as it handles it")
def test_memory_kept_spares_the_page_faults_of_every_step() -> None:
    with memory_kept():
        faults = page_faults_of_steps()
    assert faults < 30_000  # where every step asks for its pages anew, 117,000


def test_memory_kept_lets_errors_through_and_can_be_nested() -> None:
    with pytest.raises(KeyError, match="left"), memory_kept(), memory_kept():
        raise KeyError("left")
