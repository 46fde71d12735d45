"""The process behind a job: `python -m core.jobs.worker WORKSPACE JOB`.

It takes the job, does it, writes progress a few times a second and ends it with one honest state. A second thread looks
for a stop request, so that the work itself only reads a flag.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from types import FrameType

from core.errors import StoppedError, StudioError
from core.jobs.kinds import run_kind
from core.jobs.launch import STOP_GRACE_S, process_started
from core.jobs.store import JobStore
from core.progress import ProgressEvent
from core.workspace import Artefact, Workspace

REPORT_EVERY_S = 0.3
LOOK_EVERY_S = 0.3
STOPPED = "Stopped on request; what was finished is kept"
log = logging.getLogger("lmmrec.worker")


class Reporter:
    """Writes progress into the store: every new stage at once, the rest at most every `REPORT_EVERY_S` seconds."""

    def __init__(self, store: JobStore, identifier: str) -> None:
        self._store = store
        self._identifier = identifier
        self._latest: ProgressEvent | None = None
        self._written: ProgressEvent | None = None
        self._written_at = 0.0

    def __call__(self, event: ProgressEvent) -> None:
        """Take one report."""
        new_stage = self._latest is None or event.stage != self._latest.stage
        if new_stage:
            log.info("%s%s", event.stage, f" ({event.total})" if event.total else "")
        self._latest = event
        if new_stage or time.monotonic() - self._written_at >= REPORT_EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Write the latest report if it is not written yet."""
        if self._latest is None or self._latest is self._written:
            return
        self._store.report(self._identifier, self._latest)
        self._written, self._written_at = self._latest, time.monotonic()


class StopWatch(threading.Thread):
    """Looks for a stop request and for a pause; work that goes on long after a stop request is ended by force."""

    def __init__(self, store: JobStore, identifier: str, grace_s: float = STOP_GRACE_S) -> None:
        super().__init__(name="stop-watch", daemon=True)
        self._store = store
        self._identifier = identifier
        self._grace_s = grace_s
        self.requested = threading.Event()
        self.held = threading.Event()  # while the job is paused
        self.ended = threading.Event()

    def run(self) -> None:
        """Watch until the work has ended."""
        while not self.ended.wait(LOOK_EVERY_S):
            self._hold()
            if self.requested.is_set() or self._asked():
                self.requested.set()
                if not self.ended.wait(self._grace_s):
                    log.warning("The work did not stop within %.0f s of being asked: ending the process", self._grace_s)
                    self._store.end(self._identifier, "stopped", "Ended by force: it did not stop when asked; what was finished is kept")
                    os.killpg(0, signal.SIGKILL)
                return

    def _hold(self) -> None:
        try:
            paused = self._store.paused(self._identifier)
        except StudioError as error:
            log.warning("Could not look whether to pause: %s", error)
            return
        if paused != self.held.is_set():
            log.info("Paused" if paused else "Going on")
        if paused:
            self.held.set()
        else:
            self.held.clear()

    def _asked(self) -> bool:
        try:
            return self._store.stop_requested(self._identifier)
        except StudioError as error:
            log.warning("Could not look for a stop request: %s", error)
            return False


def work(workspace: Workspace, identifier: str) -> int:
    """Do a queued job; the exit status of the process.

    Raises:
        NotFoundError: there is no such job.
    """
    store = JobStore(workspace)
    if not store.claim(identifier, os.getpid(), process_started(os.getpid()) or 0.0):
        log.warning("Job %s is not waiting to be done", identifier)
        return 2
    watch = StopWatch(store, identifier)
    _listen(watch)
    watch.start()
    reporter = Reporter(store, identifier)
    job = store.get(identifier)
    log.info("%s %s", job.kind, job.arguments)
    try:
        artefact = run_kind(job.kind, workspace, job.arguments, reporter, watch.requested.is_set, watch.held.is_set)
    except StoppedError:
        watch.ended.set()
        reporter.flush()
        store.end(identifier, "stopped", STOPPED)
        return StoppedError.exit_status
    except StudioError as error:
        watch.ended.set()
        log.error("%s", error)
        store.end(identifier, "failed", str(error))
        return error.exit_status
    except Exception as error:
        watch.ended.set()
        log.exception("The job failed for a reason it does not know")
        store.end(identifier, "failed", f"{type(error).__name__}: {_first_line(error)}. The log has the details")
        return 1
    watch.ended.set()
    reporter.flush()
    _finish(store, identifier, artefact)
    return 0


def _finish(store: JobStore, identifier: str, artefact: Artefact) -> None:
    log.info("Made %s %s", artefact.manifest.kind, artefact.id)
    message = f"Made the {artefact.manifest.kind} {artefact.id}"
    store.end(identifier, "finished", message, result_kind=artefact.manifest.kind, result=artefact.id)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["no message"])[0][:300].rstrip(".")


def _listen(watch: StopWatch) -> None:
    def ask(number: int, frame: FrameType | None) -> None:
        watch.requested.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)


def main(arguments: list[str]) -> int:
    """Entry point of the process: the workspace's directory and the job's id."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    root, identifier = arguments
    return work(Workspace(root, create=False), identifier)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
