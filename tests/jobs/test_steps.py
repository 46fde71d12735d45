"""The steps in a row: a raw file becomes a run with its map, stage by stage, each told and each kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import core.maps.build
from core.errors import InputError, StoppedError
from core.jobs import steps, training_step
from core.jobs.locks import exclusive
from core.jobs.settings import assignments, validated
from core.jobs.training_step import run_id, training_version
from core.models.config import BACKBONES, TEXT_MODELS
from core.progress import ProgressEvent
from core.training.config import TrainingConfig
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace

TINY = {"epochs": 2, "batch_size": 64, "negatives": 8}
EXTRACTION = {"encoder": "tfidf"}


@pytest.fixture
def request_(tmp_path: Path) -> dict[str, Any]:
    texts = ("The sound is rich and clear. It was worth every penny.", "Setup took two minutes. My daughter loves it.")
    rows = [f"u{user},i{item},{4 + user % 2},{texts[(user + item) % 2]}\n" for user in range(12) for item in range(10)]
    path = tmp_path / "reviews.csv"
    path.write_text("user,item,rating,text\n" + "".join(rows))
    return {"path": path, "format": "table", "name": "shop", "min_interactions": 1}


@pytest.fixture(autouse=True)
def _quick_map(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(workspace: Workspace, run: str, *rest: object) -> Artefact:
        source = workspace.get("run", run)
        with workspace.publish("map", "map-1", name="map", sources={"run": source.id}):
            pass
        return workspace.get("map", "map-1")

    monkeypatch.setattr(core.maps.build, "build_map", build)


def test_pipeline_goes_from_a_file_to_a_run_and_its_map(workspace: Workspace, request_: dict[str, Any]):
    events: list[ProgressEvent] = []
    run = steps.pipeline(workspace, request_, EXTRACTION, TrainingConfig(**TINY), None, events.append)
    assert run.manifest.kind == "run"
    assert workspace.get("map", "map-1").manifest.sources == {"run": run.id}
    profiles = workspace.get("profiles", run.manifest.sources["profiles"])
    assert profiles.manifest.sources["dataset"] == run.manifest.sources["dataset"] == workspace.get("dataset", "shop").id
    told = list(dict.fromkeys(event.stage.split(":")[0] for event in events))
    assert told[:3] == ["1/4 Importing", "2/4 Extracting", "3/4 Training"]
    assert all(event.measures["steps"] == 4 for event in events)


def test_second_run_of_the_same_pipeline_makes_nothing_new(workspace: Workspace, request_: dict[str, Any]):
    config = TrainingConfig(model="lightgcn", **TINY)
    first = steps.pipeline(workspace, request_, None, config)
    again = steps.pipeline(workspace, request_, None, config)
    assert again == first
    assert [len(workspace.list(kind)) for kind in ("dataset", "extraction", "profiles", "run")] == [1, 0, 0, 1]


def test_stopped_pipeline_keeps_what_is_finished(workspace: Workspace, request_: dict[str, Any]):
    told: list[str] = []
    with pytest.raises(StoppedError):
        steps.pipeline(
            workspace,
            request_,
            EXTRACTION,
            TrainingConfig(**TINY),
            None,
            lambda event: told.append(event.stage),
            lambda: any(stage.startswith("2/4") for stage in told),
        )
    assert len(workspace.list("dataset")) == 1
    assert workspace.list("run") == []


def test_run_is_trained_by_one_process_at_a_time(workspace: Workspace, request_: dict[str, Any]):
    dataset = steps.import_dataset(workspace, request_)
    config = TrainingConfig(model="lightgcn", **TINY)
    identifier = run_id(dataset, None, config)
    with exclusive(workspace, identifier), pytest.raises(InputError, match="Another process is making this very artefact"):
        steps.train(workspace, dataset.id, config)
    assert steps.train(workspace, dataset.id, config).id == identifier


def test_evaluation_of_a_run_repeats_its_own_figures(workspace: Workspace, request_: dict[str, Any]):
    run = steps.train(workspace, steps.import_dataset(workspace, request_).id, TrainingConfig(model="lightgcn", **TINY))
    for split in ("validation", "test"):
        assert steps.evaluate_run(workspace, run.id, split)["metrics"] == pytest.approx(run.manifest.summary[split])  # type: ignore[arg-type]


def test_unknown_setting_names_what_was_meant():
    with pytest.raises(InputError, match=r"No such training setting \(learning_rat\)\. Did you mean learning_rate"):
        validated(TrainingConfig, {"learning_rat": "0.1"}, "training")


def test_wrong_value_names_the_setting_and_the_value():
    with pytest.raises(InputError, match=r"Wrong training setting: .*not 'many' \(layers\)"):
        validated(TrainingConfig, {"layers": "many"}, "training")


def test_settings_come_as_text_and_become_what_they_are():
    config = validated(TrainingConfig, assignments(["learning_rate=0.01", "layers = 3", "device=cpu"], "--set"), "training")
    assert (config.learning_rate, config.layers, config.device) == (0.01, 3, "cpu")


def test_value_may_hold_an_equals_sign():
    assert assignments(["text=a=b"], "--column") == {"text": "a=b"}


@pytest.mark.parametrize("model", ["lmmrec", *(name for name in TEXT_MODELS if name != "lmmrec")])
def test_only_lmmrec_in_slots_names_its_terms(workspace: Workspace, request_: dict[str, Any], model: Any):
    dataset = steps.import_dataset(workspace, request_)
    steps.extract(workspace, dataset.id, EXTRACTION)
    run = steps.train(workspace, dataset.id, TrainingConfig(model=model, **TINY))
    vectors = RunVectors.load(run.path / "vectors.safetensors")
    assert vectors.named == (model == "lmmrec")
    assert not vectors.named or len(vectors.motivations) == vectors.user.shape[1]


def test_a_new_version_of_trainings_is_one_for_every_backbone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {backbone: training_version(backbone) for backbone in BACKBONES}
    assert before["dccf"] > before["lightgcn"]  # it alone was changed since
    monkeypatch.setattr(training_step, "TRAINING_VERSION", training_step.TRAINING_VERSION + 1)
    assert all(training_version(backbone) > version for backbone, version in before.items())
