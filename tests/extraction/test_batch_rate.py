"""What a batch costs on top of the model: it keeps the server busy, with little of the processor and of memory.

`python benchmarks/batch.py` measures the same on 1,000 and 10,000 reviews.
"""

from __future__ import annotations

import tracemalloc

from core.workspace import Workspace
from tests.batches import measure_batch
from tests.ollama_server.fixture import StartServer, ollama_server

__all__ = ["ollama_server"]


def test_a_batch_keeps_the_server_busy(workspace: Workspace, ollama_server: StartServer):
    server = ollama_server({"slots": 4, "latency_s": 0.2})
    found = measure_batch(workspace, server, 120, concurrency=8, latency_s=0.2)
    assert 0.95 <= found.share <= 1.0
    assert found.cpu_ms < 5.0


def test_memory_does_not_grow_with_the_number_of_reviews(workspace: Workspace, ollama_server: StartServer):
    server = ollama_server({"slots": 4})

    def peak(n: int) -> int:
        tracemalloc.start()
        try:
            measure_batch(workspace, server, n, concurrency=4, latency_s=0.0)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # fills the caches of fixed size, the most of them
    assert peak(500) < peak(50) + 1_000_000  # 450 answers kept would be more
