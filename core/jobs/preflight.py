"""The measurement before a training as a process of its own: `python -m core.jobs.preflight WORKSPACE REQUEST`.

A process of its own, because its peak of memory is then the training's, and because the page stays free meanwhile. What it finds is kept
in the workspace's cache, under a key of the data, of the settings a step's cost hangs on, and of the machine.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch

from core.data.dataset import ReviewDataset
from core.errors import InputError, NotFoundError, StudioError
from core.jobs.extraction_step import profiles_of_dataset, usual_profiles
from core.jobs.launch import ROOT
from core.jobs.locks import TakenError, exclusive
from core.jobs.perturbed_text import text_to_read
from core.jobs.training_step import interactions_of, measure
from core.models.config import WRAPPERS
from core.storage import content_hash, read_json, write_json
from core.training.config import TrainingConfig
from core.training.preflight import (
    Cost,
    cost_settings,
    expected_epochs,
    free_device_memory,
    free_memory,
    measure_cost,
    seconds_of,
    tensor_bytes,
)
from core.workspace import Artefact, Workspace

VERSION = 1  # of what is measured and how
_ALIKE = ("evaluate_every", "patience")


@dataclass(frozen=True)
class Preflight:
    """What a training will take.

    Args:
        least_s, most_s: seconds, for the fewest and the most epochs. epochs: those. earlier: runs the range was taken from.
        memory_bytes: peak of the process. device_bytes: of the accelerator's own memory, 0 where it has none.
        free_bytes, free_device_bytes: what the machine has to spare now.
    """

    least_s: float
    most_s: float
    epochs: tuple[int, int]
    earlier: int
    cost: Cost
    free_bytes: int
    free_device_bytes: int | None

    @property
    def fits(self) -> bool:
        """Whether the memory suffices."""
        on_device = self.free_device_bytes is None or self.cost.device_bytes <= self.free_device_bytes
        return self.cost.memory_bytes <= self.free_bytes and on_device


@dataclass(frozen=True)
class Plan:
    """One training that is asked about: the dataset, the profiles it reads (None: none) and its settings."""

    dataset: Artefact
    profiles: Artefact | None
    config: TrainingConfig

    @property
    def key(self) -> str:
        """Of what its cost hangs on, machine included."""
        machine = (platform.node(), platform.machine(), os.cpu_count(), torch.__version__, torch.cuda.is_available())
        text = self.profiles.id if self.profiles else None
        return content_hash(VERSION, machine, self.dataset.id, text, cost_settings(self.config))


def plan_of(workspace: Workspace, dataset: Artefact, config: TrainingConfig, profiles: str | None = None) -> Plan | None:
    """The training that a start with these settings would be; None while the profiles it would read are not there yet.

    Raises:
        NotFoundError: no such profiles. InputError: they are of another dataset.
    """
    if not config.reads_text:
        return Plan(dataset, None, config)
    chosen = profiles_of_dataset(workspace, dataset, profiles) if profiles else usual_profiles(workspace, dataset)
    return Plan(dataset, chosen, config) if chosen else None


def known_preflight(workspace: Workspace, plan: Plan) -> Preflight | None:
    """What was measured of a training like this one on this machine, made into an estimate; None where nothing was yet.

    Raises:
        InputError: the measurement failed; says why. The next one begins anew.
    """
    path = _path(workspace, plan.key)
    if not path.exists():
        return None
    found = read_json(path)
    if "problem" in found:
        path.unlink(missing_ok=True)
        raise InputError(found["problem"])
    cost = Cost.model_validate(found)
    earlier = _earlier_epochs(workspace, plan)
    low, high = expected_epochs(plan.config, earlier)
    seconds = [seconds_of(cost, plan.config, epochs) for epochs in (low, high)]
    return Preflight(seconds[0], seconds[1], (low, high), len(earlier), cost, free_memory(), free_device_memory(cost.device))


def is_measured(workspace: Workspace, plan: Plan) -> bool:
    """Whether there is something for `known_preflight`: a measurement, or why there is none."""
    return _path(workspace, plan.key).exists()


def too_large(plan: Plan) -> tuple[int, int] | None:
    """Bytes the training's tensors take at the least and bytes that are free, where the former exceed the latter; else None."""
    summary = plan.dataset.manifest.summary
    sizes = [int(summary.get(name, 0)) for name in ("n_users", "n_items", "n_interactions")]
    n_slots = int(read_json(plan.profiles.path / "shape.json")["slots"]) if plan.profiles else 1
    needed = tensor_bytes(sizes[0], sizes[1], sizes[2], plan.config, n_slots=n_slots)
    on_device = plan.config.device if plan.config.device != "auto" else "cuda"
    free = free_device_memory(on_device) or free_memory()
    return (needed, free) if needed > free else None


def _earlier_epochs(workspace: Workspace, plan: Plan) -> list[int]:
    """Epochs of the runs of the same model on the dataset that were given as long to get better."""
    wanted = plan.config.model_dump(mode="json")
    names = ("model", *_ALIKE, *(("backbone",) if plan.config.model in WRAPPERS else ()))
    runs = workspace.made_from("run", plan.dataset)
    alike = [run for run in runs if all(run.manifest.config.get(name) == wanted[name] for name in names)]
    return [int(epochs) for run in alike if (epochs := run.manifest.summary.get("epochs"))]


def forget_preflight(workspace: Workspace, plan: Plan) -> None:
    """Leave out what was measured, so that it is measured again."""
    _path(workspace, plan.key).unlink(missing_ok=True)


def start_measuring(workspace: Workspace, plan: Plan) -> subprocess.Popen[bytes]:
    """Start the process that measures; it writes what it finds where `known_preflight` looks, or why it found nothing."""
    request = {
        "dataset": plan.dataset.id,
        "profiles": plan.profiles.id if plan.profiles else None,
        "config": plan.config.model_dump(mode="json"),
    }
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    return subprocess.Popen(
        [sys.executable, "-m", "core.jobs.preflight", str(workspace.root), json.dumps(request)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=ROOT,
        env=environment,
    )


def measure_plan(workspace: Workspace, plan: Plan) -> Cost:
    """Measure in this process, and keep what was found.

    Raises:
        InputError: the model cannot be built, or its training split is empty. TakenError: another process measures
            the same. StorageError: the disk refused.
    """
    with exclusive(workspace, f"preflight-{plan.key}"):
        splits = interactions_of(ReviewDataset.load(plan.dataset))
        if len(splits["train"].pairs) == 0:
            raise InputError("The training split is empty", where=plan.dataset.id, hint="Import the reviews again with another split")
        plain = plan.config.model_copy(update={"text_control": "profiles", "text_noise": 0.0})
        text = text_to_read(workspace, plan.profiles, plain) if plan.profiles else None
        folder = workspace.new_draft("preflight")
        try:
            cost = measure_cost(splits["train"], text, plan.config, lambda vectors: measure(vectors, splits, "validation").means, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    write_json(_path(workspace, plan.key), cost)
    return cost


def _path(workspace: Workspace, key: str) -> Path:
    return workspace.cache / "preflight" / f"{key}.json"


def main(arguments: list[str]) -> int:
    """Entry point of the process: the workspace's directory and the request as JSON."""
    root, text = arguments
    request = json.loads(text)
    try:
        workspace = Workspace(root, create=False)
        profiles = workspace.get("profiles", request["profiles"]) if request["profiles"] else None
        plan = Plan(workspace.get("dataset", request["dataset"]), profiles, TrainingConfig.model_validate(request["config"]))
    except NotFoundError:  # the workspace went away while this process started
        return NotFoundError.exit_status
    psutil.Process().nice(5)  # a page is being used beside it
    try:
        measure_plan(workspace, plan)
    except TakenError:  # another process measures the same, and keeps what it finds
        return 0
    except (StudioError, MemoryError, torch.OutOfMemoryError) as error:
        write_json(_path(workspace, plan.key), {"problem": str(error) or "There is not enough memory to try it"})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
