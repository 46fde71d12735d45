"""What a batch costs on top of the model: it keeps the server busy, with little of the processor and of memory.

`python benchmarks/batch.py` measures the same on 1,000 and 10,000 reviews.
"""

from __future__ import annotations

import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import httpx

from core.workspace import Workspace
from tests.batches import measure_batch, text_of
from tests.ollama_server.fixture import RunningServer, StartServer, ollama_server

__all__ = ["ollama_server"]


def bare_client(server: RunningServer, n: int, *, concurrency: int, latency_s: float, slots: int = 4) -> tuple[float, float]:
    """`share` and `cpu_ms` of `tests.batches.BatchMeasure` of a client that posts ``n`` questions and keeps nothing of the answers."""
    with httpx.Client(base_url=server.url, timeout=30) as client, ThreadPoolExecutor(concurrency) as pool:

        def ask(number: int) -> None:
            message = {"role": "user", "content": f"Bare. {text_of(number)}"}
            client.post("/api/chat", json={"model": "tiny:1b", "stream": False, "messages": [message]}).raise_for_status()

        ask(n)  # opens a connection
        processor, began = time.process_time(), time.monotonic()
        list(pool.map(ask, range(n)))
        seconds, processor = time.monotonic() - began, time.process_time() - processor
    return n / seconds * latency_s / slots, 1000 * processor / n


def test_a_batch_keeps_the_server_busy(workspace: Workspace, ollama_server: StartServer):
    server = ollama_server({"slots": 4, "latency_s": 0.2})
    # On a slow machine server and clock cost something too: there, as much is asked for as a bare client reaches at the same moment.
    possible, cpu_ms = bare_client(server, 120, concurrency=8, latency_s=0.2)
    found = measure_batch(workspace, server, 120, concurrency=8, latency_s=0.2)
    assert min(0.95, 0.97 * possible) <= found.share <= 1.0
    assert found.cpu_ms < max(5.0, 3 * cpu_ms)


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
