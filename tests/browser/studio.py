"""The running app and a browser on it: what the browser tests and the screenshots share."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("LMMREC_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_LIMIT_S = 180.0
PAGES = {
    "Overview": "",
    "Prompt studio": "prompt_studio",
    "Extraction": "extraction",
    "Training": "training",
    "Evaluation": "evaluation",
    "Motivation map": "motivation_map",
    "Profiles": "profiles",
    "Recommendations": "recommendations",
}
"""Title and path of every page."""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_studio(workspace: Path) -> Iterator[str]:
    """Start the app on a workspace; its address. The server ends with the block."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port), "--server.headless", "true"]
    environment = os.environ | {"LMMREC_WORKSPACE": str(workspace), "OMP_NUM_THREADS": "1"}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(address, server)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_healthy(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"The app ended with status {server.returncode} before it was ready")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise TimeoutError(f"The app was not ready within {START_LIMIT_S:.0f} s")


QUIET_MS = 600
_AT_REST = """quiet => {
    const app = document.querySelector('[data-testid="stApp"]');
    const busy = app?.dataset.testScriptState !== "notRunning" || document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]');
    window.atRestSince = busy ? undefined : window.atRestSince ?? performance.now();
    return !busy && performance.now() - window.atRestSince >= quiet;
}"""


def wait_until_still(page: Any, timeout_ms: int = 120_000) -> None:
    """Wait until the script has run and every chart is drawn, and nothing has moved for a while: one run may lead to the next."""
    page.evaluate("() => { window.atRestSince = undefined }")
    page.wait_for_function(_AT_REST, arg=QUIET_MS, polling=50, timeout=timeout_ms)
