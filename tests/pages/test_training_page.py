"""The training page: the form and what a training will take, seeds and ablations, interrupted trainings, comparison of runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.components import training_preflight
from core.jobs.benchmark_config import Cell
from core.jobs.benchmark_measure import Measured
from core.jobs.kinds import checked_arguments
from core.jobs.launch import process_started
from core.jobs.preflight import Plan, _path, plan_of
from core.jobs.store import JobStore
from core.jobs.sweep_config import SweepConfig
from core.jobs.sweep_report import FILE, SweepReport, sweep_rows
from core.progress import ProgressEvent
from core.storage import write_json, write_tensors
from core.training.config import TrainingConfig
from core.training.preflight import Cost
from core.workspace import Workspace
from tests.app.hand_made import history_lines
from tests.pages.test_pages import opened, words

COST = Cost(setup_s=0.5, step_s=0.02, steps=4, validation_s=0.1, memory_bytes=600_000_000, device_bytes=0, device="cpu")


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """What the page has measured: nothing is, here."""
    asked: list[Plan] = []

    class Never:
        def poll(self) -> None:
            return None

        def terminate(self) -> None:
            return None

    def start(space: Workspace, plan: Plan) -> Never:
        asked.append(plan)
        return Never()

    monkeypatch.setattr(training_preflight, "start_measuring", start)
    return asked


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What the page starts: its jobs, checked as real ones are, and not started."""
    jobs: list[tuple[str, dict[str, Any]]] = []

    def launch(space: Workspace, kind: str, arguments: dict[str, Any]) -> str:
        jobs.append((kind, checked_arguments(kind, arguments)))
        return f"{kind}-0"

    monkeypatch.setattr("app.components.job_progress.launch", launch)
    return jobs


@pytest.fixture
def form(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """The page with its form open."""

    def open_form(**query: str) -> AppTest:
        # A dataset without runs opens the form by itself; what is chosen then stays.
        for run in filled_copy.list("run"):
            filled_copy.remove(run)
        app = opened(filled_copy.root, "training", monkeypatch, **query)
        assert not app.exception
        return app

    return open_form


def keep(space: Workspace, config: TrainingConfig, cost: Cost = COST) -> None:
    """Write down what was measured of a training."""
    plan = plan_of(space, space.list("dataset")[0], config)
    assert plan is not None
    write_json(_path(space, plan.key), cost)


def test_what_a_training_takes_is_shown_before_its_start(form: Callable[..., AppTest], filled_copy: Workspace) -> None:
    keep(filled_copy, TrainingConfig())
    shown = words(form())
    assert "0.6 GB on cpu" in shown
    assert "20 ms a step, 4 steps an epoch" in shown


def test_memory_that_does_not_suffice_is_warned_of(form: Callable[..., AppTest], filled_copy: Workspace) -> None:
    keep(filled_copy, TrainingConfig(), COST.model_copy(update={"memory_bytes": 10**15}))
    assert "memory may not suffice" in words(form())


def test_unknown_costs_are_measured_once_and_the_training_can_be_started_meanwhile(
    form: Callable[..., AppTest], started: list[Plan]
) -> None:
    app = form()
    assert "Measuring a few steps" in words(app)
    app.run()
    assert [plan.config for plan in started] == [TrainingConfig()]
    assert not app.button(key="start-training").disabled


def test_why_it_could_not_be_measured_is_one_line(form: Callable[..., AppTest], filled_copy: Workspace) -> None:
    plan = plan_of(filled_copy, filled_copy.list("dataset")[0], TrainingConfig())
    assert plan is not None
    write_json(_path(filled_copy, plan.key), {"problem": "This machine has no cuda device"})
    assert "could not be measured: This machine has no cuda device" in words(form())


def test_one_training_starts_with_the_settings_of_the_form(
    form: Callable[..., AppTest], launched: list[tuple[str, dict[str, Any]]]
) -> None:
    app = form()
    (epochs,) = [one for one in app.number_input if str(one.key).endswith("-epochs")]
    epochs.set_value(5).run()
    app.button(key="start-training").click().run()
    ((kind, arguments),) = launched
    assert kind == "train"
    assert TrainingConfig.model_validate(arguments["config"]) == TrainingConfig(epochs=5)


def test_seeds_and_ablations_are_one_launch(
    form: Callable[..., AppTest], filled_copy: Workspace, launched: list[tuple[str, dict[str, Any]]]
) -> None:
    keep(filled_copy, TrainingConfig())
    app = form()
    app.number_input(key="train-seeds").set_value(3).run()
    (variants,) = [one for one in app.multiselect if str(one.key).startswith("train-variants")]
    assert {"no MCS", "no ITCM", "no text", "vector form", "no behaviour part"} <= set(variants.options)
    variants.set_value(["no-mcs", "no-behaviour"]).run()
    assert not app.exception
    assert "9 trainings: about" in words(app)
    start = app.button(key="start-sweep")
    assert start.label == "Start 9 trainings"
    start.click().run()
    ((kind, arguments),) = launched
    assert kind == "sweep"
    assert SweepConfig.model_validate(arguments["config"]) == SweepConfig(seeds=3, variants=("no-mcs", "no-behaviour"))


def test_a_closed_form_measures_nothing(filled: Workspace, monkeypatch: pytest.MonkeyPatch, started: list[Plan]) -> None:
    assert not opened(filled.root, "training", monkeypatch).exception
    assert started == []


def publish_sweep(space: Workspace) -> str:
    """A finished sweep of three seeds, plain and without MCS."""
    dataset = space.list("dataset")[0]
    config = SweepConfig(seeds=3, variants=("no-mcs",))
    measured = {
        cell: Measured(
            run=f"{cell.variant}-{cell.seed}",
            figures={"recall@20": 0.2 + cell.seed / 100 - 0.05 * (cell.variant != "plain"), "ndcg@20": 0.1},
            seconds=3.0,
            epochs=30,
        )
        for cell in (Cell(model="lmmrec", variant=variant, seed=seed) for seed in range(3) for variant in ("plain", "no-mcs"))
    }
    report = SweepReport(
        dataset=dataset.id, profiles=None, config=config, label="lmmrec", complete=True, done=6, total=6, workers=2, seconds=9.0,
        rows=sweep_rows(config, measured), failures=[],
    )  # fmt: skip
    with space.publish(
        "sweep", "small-sweep0", name="small", sources={"dataset": dataset.id}, config=config.model_dump(mode="json")
    ) as draft:
        write_json(draft.path / FILE, report)
        draft.summary |= {"model": "lmmrec", "seeds": 3, "variants": ["no-mcs"]}
    return "small-sweep0"


def test_a_finished_sweep_is_a_table_of_means_and_spreads(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = publish_sweep(filled_copy)
    app = opened(filled_copy.root, "training", monkeypatch)
    assert not app.exception
    (frame,) = [one.value for one in app.dataframe if "training" in one.value]
    assert list(frame["training"]) == ["as set", "no MCS"]
    assert list(frame["recall@20"]) == ["0.2100 ± 0.0100", "0.1600 ± 0.0100"]
    assert frame["change of recall@20"][1] == "-23.8 ± 1.1 %"
    assert sweep in {one.id for one in filled_copy.list("sweep")}


def test_a_training_that_was_lost_with_the_server_can_go_on_or_be_thrown_away(
    filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = filled_copy.list("dataset")[0]
    config = TrainingConfig(model="lightgcn", seed=9)
    plan = plan_of(filled_copy, dataset, config)
    assert plan is not None
    from core.jobs.training_step import run_id, running_directory

    directory = running_directory(filled_copy, run_id(dataset, None, config))
    write_json(directory / "checkpoint.json", {"epoch": 45})
    store = JobStore(filled_copy)
    arguments = checked_arguments("train", {"dataset": dataset.id, "config": config.model_dump(mode="json")})
    identifier, _ = store.create("train", arguments)
    store.claim(identifier, 2**22 + 1, 1.0)  # a process that is gone
    app = opened(filled_copy.root, "training", monkeypatch)
    assert "LightGCN, seed 9: 45 of 300 epochs" in words(app).replace("\\", "")
    assert app.button(key=f"go-on-{identifier}").label == "Go on"
    app.button(key=f"discard-{identifier}").click().run()
    assert not app.exception
    assert not directory.exists()
    assert "Interrupted" not in words(app)


def test_a_live_training_shows_its_curves_device_and_memory(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    from core.jobs.training_step import run_id, running_directory

    dataset = filled_copy.list("dataset")[0]
    config = TrainingConfig(model="lightgcn", seed=9, device="cpu")
    directory = running_directory(filled_copy, run_id(dataset, None, config))
    directory.mkdir(parents=True)
    (directory / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in history_lines(9)), encoding="utf-8")
    store = JobStore(filled_copy)
    identifier, _ = store.create("train", checked_arguments("train", {"dataset": dataset.id, "config": config.model_dump(mode="json")}))
    store.claim(identifier, os.getpid(), process_started(os.getpid()) or 0.0)
    store.report(identifier, ProgressEvent("Training", 9, 300))
    app = opened(filled_copy.root, "training", monkeypatch)
    assert not app.exception
    shown = words(app)
    assert "Device: cpu · memory " in shown
    assert "Epoch 9 · best recall@20" in shown
    assert "9 of 300" in "\n".join(str(bar.proto.text) for bar in app.get("progress"))
    store.end(identifier, "stopped", "Stopped on request")


def test_compared_runs_show_figures_and_only_the_settings_that_differ(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "training", monkeypatch)
    app.multiselect(key="compare").set_value(["small-lmmrec-s0-lm00", "small-lightgcn-s0-li00"]).run()
    assert not app.exception
    (difference,) = [one.value for one in app.dataframe if "setting" in one.value]
    assert list(difference["setting"]) == ["Model", "Profiles"]
    (figures,) = [one.value for one in app.dataframe if "change of recall@20" in one.value]
    assert list(figures["change of recall@20"]) == ["first", "+0.0 %"]


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"history.share": torch.tensor(0.5)}, "the words of what people took count by half"),
        ({"history.share": torch.tensor(0.25)}, "the words of what people took count to 25%"),  # of another version
        ({"student": torch.ones(1)}, None),
        (None, None),
    ],
)
def test_a_run_says_how_much_the_words_of_a_history_count(
    filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch, held: dict[str, torch.Tensor] | None, said: str | None
) -> None:
    run = filled_copy.get("run", "small-lmmrec-s0-lm00")
    if held is not None:
        write_tensors(run.path / "model.safetensors", held)
    app = opened(filled_copy.root, "training", monkeypatch, run=run.id)
    assert not app.exception
    shown = words(app)
    assert run.id in shown
    assert said in shown if said else "the words of what people took" not in shown


def test_runs_on_the_way_are_shown_when_asked_for(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run = filled_copy.get("run", "small-lightgcn-s0-li00")
    manifest = run.manifest.model_copy(update={"byproduct": True})
    write_json(run.path / "manifest.json", manifest)
    app = opened(filled_copy.root, "training", monkeypatch)
    (before,) = [one.value for one in app.dataframe if "model" in one.value]
    app.toggle(key="all-runs").set_value(True).run()
    (after,) = [one.value for one in app.dataframe if "model" in one.value]
    assert (list(before["model"]), sorted(after["model"])) == (["LMMRec"], ["LMMRec", "LightGCN"])


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        (0.1, 0.4, "less than 1 s"), (3, 3.2, "3 s"), (22, 41, "20-40 s"), (40, 300, "40 s to 5 min"), (180, 310, "3-5 min"),
        (300, 7200, "5 min to 2.0 h"), (7200, 14400, "2.0-4.0 h"),
    ],
)  # fmt: skip
def test_a_range_of_time_is_said_as_people_say_it(least: float, most: float, said: str) -> None:
    assert training_preflight.range_words(least, most) == said


def test_memory_carries_its_unit() -> None:
    assert training_preflight.size_words(6.1e8) == "0.6 GB"
    assert training_preflight.size_words(2e6) == "2 MB"
