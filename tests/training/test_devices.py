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
    """Faults while a dozen tensors of 4 MB are made and freed again and again."""
    began = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        kept = [torch.ones(1_000_000) for _ in range(12)]
        del kept
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - began


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc: memory is handled as it handles it")
def test_memory_kept_spares_most_page_faults() -> None:
    with memory_kept():
        faults = page_faults_of_steps()
    assert faults < 0.5 * page_faults_of_steps()


def test_memory_kept_lets_errors_through_and_can_be_nested() -> None:
    with pytest.raises(KeyError, match="left"), memory_kept(), memory_kept():
        raise KeyError("left")
