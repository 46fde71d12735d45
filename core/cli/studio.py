"""`lmmrec demo`, `app`, `ls`, `jobs` and `stop`: the studio itself and what its workspace holds."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.console import answer, table, working
from core.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, existing
from core.errors import InputError
from core.workspace import KINDS, Artefact, Workspace

if TYPE_CHECKING:
    from core.jobs.store import Job

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "127.0.0.1"
FIRST_PORT = 8501
PLURALS = {
    "dataset": "datasets",
    "extraction": "extractions",
    "profiles": "profiles",
    "run": "runs",
    "map": "maps",
    "epoch-map": "maps over epochs",
    "comparison": "comparisons",
    "benchmark": "benchmarks",
    "sweep": "sweeps",
}


def demo(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Compute everything anew instead of unpacking what ships.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Build the demo workspace.

    Generated reviews with planted motivations, two trained runs and a map; unpacked from what ships, in seconds.
    """
    from core.cli.stages import run_document
    from core.jobs.steps import build_demo

    place = Workspace(workspace)
    with working() as (progress, stop):
        run = build_demo(place, rebuild=rebuild, progress=progress, stop=stop)
    document = {"workspace": str(place.root), **run_document(run)}
    answer(document, json, lambda: f"The demo is in {place.root}\nRun {run.id}\n\nNext: lmmrec app")


def app(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help=f"Where to listen.  [default: {FIRST_PORT} or the next free]")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Start the studio in the browser.

    Builds the demo first where the workspace is empty.
    """
    chosen = _free_port(port)
    place = Workspace(workspace)
    if not any(place.list(kind) for kind in KINDS):
        from core.jobs.steps import build_demo

        with working() as (progress, stop):
            build_demo(place, progress=progress, stop=stop)
    typer.echo(f"LMMRec Studio: http://{ADDRESS}:{chosen}  (workspace {place.root}; Ctrl-C ends it)")
    sys.stdout.flush()
    _serve(place, chosen)


def _free_port(wanted: int | None) -> int:
    candidates: Sequence[int] = (wanted,) if wanted is not None else range(FIRST_PORT, FIRST_PORT + 50)
    for port in candidates:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ADDRESS, port))
            except PermissionError as error:
                raise InputError(f"Port {port} needs rights this account has not", where="--port", hint="Choose one above 1023") from error
            except OSError:
                continue
            return port
    what = f"Port {wanted} is taken" if wanted is not None else f"Ports {candidates[0]} to {candidates[-1]} are taken"
    raise InputError(what, where=ADDRESS, hint="Choose another with --port")


def _serve(place: Workspace, port: int) -> None:
    """Become the server: signals reach it directly and nothing is left to look after."""
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app" / "main.py")]
    command += ["--server.address", ADDRESS, "--server.port", str(port), "--server.headless", "true"]
    os.chdir(ROOT)  # Streamlit looks for .streamlit/config.toml where it stands
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    os.execve(sys.executable, command, os.environ | {"LMMREC_WORKSPACE": str(place.root), "PYTHONPATH": path})


def ls(workspace: WorkspaceOption = DEFAULT_WORKSPACE, json: JsonOption = False) -> None:
    """What the workspace holds."""
    from core.jobs.launch import jobs as all_jobs

    place = existing(workspace)
    held = {PLURALS[kind]: place.list(kind) for kind in KINDS}
    found = all_jobs(place)
    document: dict[str, Any] = {"workspace": str(place.root)}
    document |= {plural: [_entry(artefact) for artefact in artefacts] for plural, artefacts in held.items()}
    document["jobs"] = [_job_entry(job) for job in found]
    answer(document, json, lambda: _overview(place, held, found))


def _entry(artefact: Artefact) -> dict[str, Any]:
    manifest = artefact.manifest
    return {
        "id": manifest.id,
        "name": manifest.name,
        "created_at": manifest.created_at,
        "sources": manifest.sources,
        "generated": manifest.generated,
        "summary": manifest.summary,
    }


def _overview(place: Workspace, held: dict[str, list[Artefact]], found: Sequence[Job]) -> str:
    parts = [f"Workspace {place.root}"]
    for plural, artefacts in held.items():
        rows = [[one.id, one.manifest.created_at[:16].replace("T", " "), _gist(one)] for one in artefacts]
        if rows:
            parts.append(table([plural, "made (UTC)", ""], rows))
    if found:
        parts.append(_jobs_table(found[:10]))
    if len(parts) == 1:
        parts.append("It is empty. Next: lmmrec demo, or lmmrec data import PATH --format ... --name ...")
    return "\n\n".join(parts)


def _gist(artefact: Artefact) -> str:
    """The few figures of an artefact that fit on its line."""
    summary = artefact.manifest.summary
    test = summary.get("test")
    if isinstance(test, dict):
        gist = [f"{name} {value:.4f}" for name, value in test.items() if name in ("recall@20", "ndcg@20")]
    else:
        counts = {name.removeprefix("n_"): value for name, value in summary.items() if name.startswith("n_")}
        gist = [f"{value:,} {name}" for name, value in counts.items()][:3]
    return ", ".join([*(["generated"] if artefact.manifest.generated else []), *gist])


def jobs(workspace: WorkspaceOption = DEFAULT_WORKSPACE, json: JsonOption = False) -> None:
    """Work in the background, newest first."""
    from core.jobs.launch import jobs as all_jobs

    found = all_jobs(existing(workspace))
    answer({"jobs": [_job_entry(job) for job in found]}, json, lambda: _jobs_table(found) if found else "No jobs yet.")


def _jobs_table(found: Sequence[Job]) -> str:
    rows = [[job.id, job.status, f"{job.done:,}/{job.total:,}" if job.total else "", job.message or job.stage] for job in found]
    return table(["job", "status", "progress", ""], rows)


def _job_entry(job: Job) -> dict[str, Any]:
    return {name: value for name, value in asdict(job).items() if name not in ("pid", "pid_started")}


def pause(
    job: Annotated[str, typer.Argument(metavar="JOB", help="Id of the job, as `lmmrec jobs` shows it.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Hold an extraction by a language model.

    It asks nothing new until `lmmrec resume`; questions in flight are answered.
    """
    from core.jobs.launch import pause as pause_job

    found = pause_job(existing(workspace), job)
    document = _job_entry(found) | {"paused": True}
    answer(document, json, lambda: f"{found.id}: paused at {found.done:,} of {found.total:,}. Next: lmmrec resume {found.id}")


def resume(
    job: Annotated[str, typer.Argument(metavar="JOB", help="Id of the job, as `lmmrec jobs` shows it.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Go on with a paused extraction."""
    from core.jobs.launch import resume as resume_job

    found = resume_job(existing(workspace), job)
    answer(_job_entry(found) | {"paused": False}, json, lambda: f"{found.id}: goes on at {found.done:,} of {found.total:,}.")


def stop(
    job: Annotated[str, typer.Argument(metavar="JOB", help="Id of the job, as `lmmrec jobs` shows it.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Stop a job.

    What it has finished is kept, and a training goes on from there when it is started again.
    """
    from core.jobs.launch import STOP_GRACE_S
    from core.jobs.launch import stop as stop_job

    found = stop_job(existing(workspace), job, wait_s=STOP_GRACE_S + 5)
    answer(_job_entry(found), json, lambda: f"{found.id}: {found.status}. {found.message}")
