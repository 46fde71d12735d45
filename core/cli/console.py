"""What the command line writes: answers to stdout (tables or one JSON document), progress and errors to stderr."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from types import FrameType
from typing import Any, TextIO

import typer

from core.progress import Progress, ProgressEvent

_DRAW_EVERY_S = 0.1
_LINE_EVERY_S = 10.0
_STDERR = 2  # the descriptor


def answer(document: dict[str, Any], as_json: bool, plain: Callable[[], str]) -> None:
    """Write an answer: the JSON document, or what ``plain`` makes of it for people."""
    typer.echo(json.dumps(_finite(document), indent=2, ensure_ascii=False) if as_json else plain())


def _finite(value: Any) -> Any:
    """JSON has no NaN: such numbers become null."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Aligned columns under their headers; numbers to the right."""
    texts = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(headers), *texts]) for column in range(len(headers))]
    numeric = [bool(rows) and all(isinstance(row[column], (int, float)) for row in rows) for column in range(len(headers))]

    def line(cells: Sequence[str]) -> str:
        padded = (cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(cells, widths, numeric, strict=True))
        return "  ".join(padded).rstrip()

    return "\n".join([line(headers), line(["-" * width for width in widths]), *map(line, texts)])


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, int):
        return f"{value:,}"
    return " ".join(str(value).split())


def duration(seconds: float) -> str:
    """Seconds as people say them: "8 s", "3 min 20 s", "1 h 05 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class ProgressLine:
    """Progress on a stream: one line drawn again and again on a terminal, a line now and then elsewhere.

    Args:
        stream: where to (stderr).
        clock: seconds; a test has its own.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._terminal = stream.isatty()
        self._stage: str | None = None
        self._started = self._first_done = 0.0
        self._drawn_at = -math.inf
        self._width = 0

    def __call__(self, event: ProgressEvent) -> None:
        """Take one report."""
        moment = self._clock()
        new_stage = event.stage != self._stage
        if new_stage:
            self.close()
            self._stage, self._started, self._first_done = event.stage, moment, event.done
        complete = event.total > 0 and event.done >= event.total
        every = _DRAW_EVERY_S if self._terminal else _LINE_EVERY_S
        if new_stage or moment - self._drawn_at >= every or (complete and self._terminal):
            self._draw(self._text(event, moment))
            self._drawn_at = moment

    def _text(self, event: ProgressEvent, moment: float) -> str:
        parts = [event.stage]
        if event.total:
            parts.append(f"{event.done:,}/{event.total:,} ({event.done / event.total:.0%})")
        elif event.done:
            parts.append(f"{event.done:,}")
        elapsed, gained = moment - self._started, event.done - self._first_done
        if elapsed > 0.5 and gained > 0:
            rate = gained / elapsed
            parts.append(f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s")
            if event.total > event.done:
                parts.append(f"{duration((event.total - event.done) / rate)} left")
        numbers = {name: value for name, value in event.measures.items() if isinstance(value, float) and not name.endswith("_per_s")}
        parts += [f"{name} {value:.4g}" for name, value in list(numbers.items())[:3]]
        return "  ".join(parts)

    def _draw(self, text: str) -> None:
        if self._terminal:
            self._stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Leave the line as it stands."""
        if self._terminal and self._width:
            self._stream.write("\n")
            self._stream.flush()
        self._width = 0


@contextmanager
def working() -> Iterator[tuple[Progress, Callable[[], bool]]]:
    """Progress and the stop request of long work: the first Ctrl-C (or SIGTERM) asks it to stop, the second ends it at once.

    Whatever a library prints meanwhile goes to stderr: stdout belongs to the answer.
    """
    requested = threading.Event()
    line = ProgressLine(sys.stderr)

    def ask(number: int, frame: FrameType | None) -> None:
        if requested.is_set():
            raise KeyboardInterrupt
        requested.set()
        # Past the stream's buffer: the signal may come in the middle of a write to it, which must not be entered twice.
        with suppress(OSError):  # stderr is closed: nobody to tell
            os.write(_STDERR, b"\nStopping as soon as it can; Ctrl-C again ends it at once.\n")

    in_main_thread = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)} if in_main_thread else {}
    try:
        with redirect_stdout(sys.stderr):
            yield line, requested.is_set
    finally:
        line.close()
        for number, handler in before.items():
            signal.signal(number, handler)
