"""The scripted server for tests: started in its own process, and ended in every case."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
StartServer = Callable[..., "RunningServer"]


class RunningServer:
    """A scripted server in a process of its own, which ends with this one however this one ends.

    Args:
        script: see `tests.ollama_server.script`.
        folder: gets a folder with the script and the log.
        port: 0 takes a free one.
    """

    def __init__(self, script: dict[str, Any], folder: Path, port: int = 0) -> None:
        own = Path(tempfile.mkdtemp(prefix="ollama-server-", dir=folder))
        written = own / "script.json"
        written.write_text(json.dumps(script), encoding="utf-8")
        self.log_path = own / "requests.log"
        arguments = ["--port", str(port), "--script", str(written), "--log", str(self.log_path), "--with-parent"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.ollama_server", *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            self.stop()
            raise RuntimeError(f"the scripted server did not start (status {self.process.returncode}); see its error output")

    def log(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        """The requests that have ended, in that order; only those of one endpoint where it is named."""
        if not self.log_path.exists():
            return []
        lines = self.log_path.read_text(encoding="utf-8").splitlines(keepends=True)
        entries = [json.loads(line) for line in lines if line.endswith("\n")]
        return [entry for entry in entries if endpoint in (None, entry["endpoint"])]

    def stop(self) -> None:
        """End the process; a second call does nothing."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=10)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@pytest.fixture
def ollama_server(tmp_path: Path) -> Iterator[StartServer]:
    """`ollama_server(script)` starts a scripted server; all are stopped when the test ends."""
    with ExitStack() as running:

        def start(script: dict[str, Any] | None = None, port: int = 0) -> RunningServer:
            return running.enter_context(RunningServer(script or {}, tmp_path, port))

        yield start
