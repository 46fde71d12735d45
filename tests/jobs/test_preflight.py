"""The measurement before a training: kept by what it hangs on, told when it fails, and right about a real training's memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.errors import InputError
from core.jobs import preflight
from core.jobs.preflight import Plan, forget_preflight, known_preflight, measure_plan, plan_of, start_measuring, too_large
from core.jobs.steps import train
from core.storage import write_json
from core.training.config import TrainingConfig
from core.workspace import Artefact, Workspace

ROOT = Path(__file__).resolve().parents[2]
CONFIG = TrainingConfig(model="lightgcn", dim=8, batch_size=32, epochs=6, evaluate_every=2, patience=1, device="cpu")


@pytest.fixture
def small(workspace: Workspace, small_dataset: ReviewDataset) -> Artefact:
    return publish_dataset(workspace, small_dataset)


def planned(workspace: Workspace, dataset: Artefact, config: TrainingConfig = CONFIG) -> Plan:
    plan = plan_of(workspace, dataset, config)
    assert plan is not None
    return plan


def test_what_was_measured_is_found_again_for_like_settings(workspace: Workspace, small: Artefact) -> None:
    plan = planned(workspace, small)
    assert known_preflight(workspace, plan) is None
    cost = measure_plan(workspace, plan)
    found = known_preflight(workspace, plan)
    assert found is not None
    assert found.cost == cost
    assert (found.epochs, found.earlier, found.fits) == ((4, 6), 0, True)
    assert 0 < found.least_s < found.most_s
    assert known_preflight(workspace, planned(workspace, small, CONFIG.model_copy(update={"seed": 7, "learning_rate": 0.1}))) is not None
    assert known_preflight(workspace, planned(workspace, small, CONFIG.model_copy(update={"dim": 16}))) is None
    forget_preflight(workspace, plan)
    assert known_preflight(workspace, plan) is None
    assert list((workspace.root / ".drafts").iterdir()) == []


def test_earlier_runs_of_the_model_narrow_the_range(workspace: Workspace, small: Artefact) -> None:
    plan = planned(workspace, small)
    measure_plan(workspace, plan)
    run = train(workspace, small.id, CONFIG.model_copy(update={"seed": 3}))
    found = known_preflight(workspace, plan)
    assert found is not None
    assert found.earlier == 1
    assert found.epochs[0] <= run.manifest.summary["epochs"] <= found.epochs[1]


def test_memory_that_does_not_suffice_is_told(workspace: Workspace, small: Artefact, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(workspace, small)
    assert too_large(plan) is None
    measure_plan(workspace, plan)
    monkeypatch.setattr(preflight, "free_memory", lambda: 1000)
    found = known_preflight(workspace, plan)
    assert found is not None
    assert not found.fits
    needed, free = too_large(plan) or (0, 0)
    assert needed > free == 1000


def test_a_model_that_reads_text_is_planned_once_there_are_profiles(workspace: Workspace, small: Artefact) -> None:
    assert plan_of(workspace, small, TrainingConfig()) is None


def test_why_a_measurement_failed_is_told_once(workspace: Workspace, small: Artefact) -> None:
    plan = planned(workspace, small)
    write_json(preflight._path(workspace, plan.key), {"problem": "This machine has no cuda device"})
    with pytest.raises(InputError, match="no cuda device"):
        known_preflight(workspace, plan)
    assert known_preflight(workspace, plan) is None


TRAINING = """
import sys
from core.jobs.steps import train
from core.training.config import TrainingConfig
from core.training.preflight import peak_memory
from core.workspace import Workspace
train(Workspace(sys.argv[1]), sys.argv[2], TrainingConfig.model_validate_json(sys.argv[3]))
print(peak_memory())
"""


def test_memory_measured_in_its_own_process_is_that_of_a_real_training(workspace: Workspace, small: Artefact) -> None:
    config = CONFIG.model_copy(update={"dim": 256})
    plan = planned(workspace, small, config)
    assert start_measuring(workspace, plan).wait(timeout=300) == 0
    found = known_preflight(workspace, plan)
    assert found is not None
    command = [sys.executable, "-c", TRAINING, str(workspace.root), small.id, config.model_dump_json()]
    real = int(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300).stdout)
    assert real / 1.5 < found.cost.memory_bytes < 1.5 * real


def test_a_process_that_cannot_measure_leaves_the_reason(workspace: Workspace, small: Artefact) -> None:
    plan = planned(workspace, small, CONFIG.model_copy(update={"device": "abacus"}))
    assert start_measuring(workspace, plan).wait(timeout=300) == 1
    with pytest.raises(InputError, match="No such device"):
        known_preflight(workspace, plan)
