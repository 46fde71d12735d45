"""Seeds and ablations as one launch: what is trained, what is made of it, and that nothing is trained twice."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean, stdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import core.jobs.training_step
from core.data.dataset import ReviewDataset
from core.errors import InputError, StoppedError, StudioError
from core.jobs.benchmark_config import Cell
from core.jobs.benchmark_measure import Measured
from core.jobs.kinds import checked_arguments
from core.jobs.sweep import planned_sweep, sweep
from core.jobs.sweep_config import SweepConfig, variants_of
from core.jobs.sweep_report import read_sweep, sweep_rows, unfinished_sweeps
from core.motivations.build import build_profiles
from core.progress import ProgressEvent, never_stop, silent
from core.training.config import TrainingConfig
from core.workspace import Artefact, Workspace
from tests.app.hand_made import publish_extraction, publish_reviews

TINY = {"slot_dim": 2, "behaviour_dim": 4, "text_dim": 6, "epochs": 2, "evaluate_every": 1, "batch_size": 512, "device": "cpu"}


@pytest.fixture
def shop(workspace: Workspace) -> tuple[Artefact, Artefact]:
    """A dataset and its profiles."""
    dataset = publish_reviews(workspace)
    return dataset, build_profiles(workspace, publish_extraction(workspace, dataset), ReviewDataset.load(dataset))


def swept(
    workspace: Workspace,
    dataset: Artefact,
    config: dict[str, Any],
    stop: Callable[[], bool] = never_stop,
    progress: Callable[[ProgressEvent], None] = silent,
) -> Artefact:
    return sweep(workspace, dataset.id, config, progress, stop, workers=1)


def test_every_part_that_can_be_left_out_is_another_training(shop: tuple[Artefact, Artefact]) -> None:
    training = TrainingConfig.model_validate(TINY)
    config = SweepConfig(training=training, seeds=1, variants=variants_of(training))
    tasks = planned_sweep(*shop, config)
    assert len(tasks) == len(config.cells()) == 1 + len(config.variants)
    settings = {task.cells[0].variant: task.config for task in tasks}
    assert settings["no-behaviour"].behaviour_dim == 0
    assert settings["no-mcs"].mcs_weight == settings["no-mcs"].slot_mcs_weight == 0
    assert settings["no-itcm"].itcm_weight == 0
    assert settings["no-text"].text_control == "none"
    assert settings["no-slots"].form == "vector"
    assert settings["plain"] == training


def test_only_parts_a_model_has_can_be_left_out() -> None:
    assert variants_of(TrainingConfig(model="lightgcn")) == ()
    assert set(variants_of(TrainingConfig(model="rlmrec-con"))) == {"shuffled", "random-text", "no-text"}
    paper = variants_of(TrainingConfig(form="vector", behaviour_dim=0, itcm_weight=0))
    assert "no-mcs" in paper
    assert not {"no-slots", "no-behaviour", "no-gate", "no-history", "no-words", "no-itcm", "no-independence"} & set(paper)


def test_a_variant_the_model_lacks_is_refused_before_anything_runs() -> None:
    with pytest.raises(InputError, match="no variant 'no-mcs'"):
        checked_arguments("sweep", {"dataset": "shop", "config": {"training": {"model": "lightgcn"}, "variants": ["no-mcs"]}})
    with pytest.raises(InputError, match="seeds"):
        checked_arguments("sweep", {"dataset": "shop", "config": {"seeds": 11}})


@given(st.permutations(["no-mcs", "no-behaviour", "no-text"]))
def test_order_of_variants_is_no_other_sweep(variants: list[str]) -> None:
    assert SweepConfig(variants=tuple(variants)) == SweepConfig(variants=("no-mcs", "no-behaviour", "no-text"))


def test_rows_are_means_over_seeds_and_changes_are_paired_by_seed() -> None:
    config = SweepConfig(seeds=3, variants=("no-mcs", "no-text"))
    values = {"plain": [0.2, 0.3, 0.4], "no-mcs": [0.1, 0.3]}  # the third seed of no-mcs is not done yet
    measured = {
        Cell(model="lmmrec", variant=variant, seed=seed): Measured(
            run=f"{variant}-{seed}", figures={"recall@20": value}, seconds=2.0 + seed, epochs=10
        )
        for variant, row in values.items()
        for seed, value in enumerate(row)
    }
    plain, no_mcs = sweep_rows(config, measured)
    assert (plain.variant, plain.seeds, plain.changes) == ("plain", [0, 1, 2], {})
    assert plain.figures["recall@20"].mean == pytest.approx(fmean(values["plain"]))
    assert plain.figures["recall@20"].sd == pytest.approx(stdev(values["plain"]))
    assert no_mcs.runs == ["no-mcs-0", "no-mcs-1"]
    assert no_mcs.changes["recall@20"].values == pytest.approx([-0.1, 0.0])
    assert no_mcs.relative["recall@20"].values == pytest.approx([-0.5, 0.0])
    assert no_mcs.seconds.mean == pytest.approx(2.5)


def test_the_table_comes_from_the_runs_and_they_stay_byproducts(workspace: Workspace, shop: tuple[Artefact, Artefact]) -> None:
    made = swept(workspace, shop[0], {"training": TINY, "seeds": 2, "variants": ["no-behaviour"]})
    report = read_sweep(made)
    assert (report.complete, report.done, report.total, report.failures) == (True, 4, 4, [])
    for row in report.rows:
        for seed, run, recall in zip(row.seeds, row.runs, row.figures["recall@20"].values, strict=True):
            artefact = workspace.get("run", run)
            assert artefact.manifest.byproduct
            assert artefact.manifest.config["seed"] == seed
            assert artefact.manifest.config["behaviour_dim"] == (0 if row.variant == "no-behaviour" else 4)
            assert artefact.manifest.summary["test"]["recall@20"] == pytest.approx(recall)
    assert unfinished_sweeps(workspace) == {}
    assert swept(workspace, shop[0], {"training": TINY, "seeds": 2, "variants": ["no-behaviour"]}).id == made.id


def test_an_interrupted_sweep_goes_on_and_trains_nothing_twice(
    workspace: Workspace, shop: tuple[Artefact, Artefact], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    fit = core.jobs.training_step.fit

    def counted(interactions: Any, text: Any, config: TrainingConfig, *rest: Any, **named: Any) -> Any:
        result = fit(interactions, text, config, *rest, **named)
        ended.append(config.seed)
        return result

    monkeypatch.setattr(core.jobs.training_step, "fit", counted)
    config = {"training": {"model": "lightgcn", "epochs": 2, "dim": 8, "device": "cpu"}, "seeds": 3}
    with pytest.raises(StoppedError):
        swept(workspace, shop[0], config, stop=lambda: len(ended) == 1)
    (unfinished,) = unfinished_sweeps(workspace, shop[0].id).values()
    assert (unfinished.done, unfinished.total, unfinished.complete) == (1, 3, False)
    report = read_sweep(swept(workspace, shop[0], config))
    assert sorted(ended) == [0, 1, 2]
    assert report.done == 3


def test_failures_are_told_and_leave_the_others(
    workspace: Workspace, shop: tuple[Artefact, Artefact], monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = core.jobs.training_step.fit

    def fails(interactions: Any, text: Any, config: TrainingConfig, *rest: Any, **named: Any) -> Any:
        if config.seed == 1:
            raise StudioError("A loss is no longer a number")
        return fit(interactions, text, config, *rest, **named)

    monkeypatch.setattr(core.jobs.training_step, "fit", fails)
    config = {"training": {"model": "lightgcn", "epochs": 1, "dim": 8, "device": "cpu"}, "seeds": 2}
    report = read_sweep(swept(workspace, shop[0], config))
    assert [failure.cell.seed for failure in report.failures] == [1]
    assert report.rows[0].seeds == [0]
    with pytest.raises(StudioError, match="Every training of the sweep failed"):
        swept(workspace, shop[0], config | {"training": {**config["training"], "seed": 1}, "seeds": 1})
