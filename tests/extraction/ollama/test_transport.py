"""Streams of JSON lines however the network cuts them, and stops that reach one thread alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import StoppedError
from core.extraction.ollama import transport
from core.extraction.ollama.transport import received, stoppable
from core.progress import never_stop

LETTERS = st.characters(blacklist_categories=["Cs"]) | st.sampled_from('\x85\u2028\u2029"\\')


class Cut(httpx.SyncByteStream):
    """Bytes in parts, as a network delivers them."""

    def __init__(self, content: bytes, cuts: list[int]) -> None:
        edges = sorted({0, len(content), *(cut % (len(content) + 1) for cut in cuts)})
        self.parts = [content[begin:end] for begin, end in pairwise(edges)]
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self.parts

    def close(self) -> None:
        self.closed = True


@given(st.lists(st.text(LETTERS), min_size=1, max_size=5), st.lists(st.integers(0, 10_000), max_size=8), st.booleans())
def test_lines_come_out_whole_wherever_they_are_cut(texts: list[str], cuts: list[int], ended: bool) -> None:
    content = "\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts) + "\n" * ended
    response = httpx.Response(200, stream=transport._WholeLines(Cut(content.encode(), cuts)))
    assert [json.loads(line)["text"] for line in response.iter_lines()] == texts


def test_closing_the_lines_closes_the_connection() -> None:
    connection = Cut(b"{}\n", [])
    transport._WholeLines(connection).close()
    assert connection.closed


def test_a_stop_is_that_of_its_thread_and_of_the_innermost_request() -> None:
    def outer() -> bool:
        return True

    def inner() -> bool:
        return False

    seen = []
    with stoppable(outer):
        with stoppable(inner):
            seen.append(transport._thread.stop)
        seen.append(transport._thread.stop)
        other = threading.Thread(target=lambda: seen.append(getattr(transport._thread, "stop", never_stop)))
        other.start()
        other.join()
    assert seen == [inner, outer, never_stop]
    assert transport._thread.stop is never_stop


def test_whoever_takes_the_pieces_keeps_their_own_errors_and_stops() -> None:
    closed = []

    def source() -> Iterator[int]:
        try:
            yield from range(5)
        finally:
            closed.append(True)

    pieces = received(source(), "host", "model", lambda: False)
    assert next(pieces) == 0
    assert transport._thread.stop is never_stop, "between two pieces nothing of the request is left"
    pieces.close()
    assert closed == [True]
    with pytest.raises(StoppedError):
        next(received(source(), "host", "model", lambda: True))
