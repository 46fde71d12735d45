"""The search: the same budget for every model, a record that is gone on from, and no look at the test split."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import core.jobs.search_trials
from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.errors import InputError, StoppedError, StudioError
from core.jobs import steps
from core.jobs.locks import exclusive
from core.jobs.resplits import resplit
from core.jobs.search import Found, search
from core.jobs.search_config import SearchConfig, model_label, parse_model
from core.jobs.search_spaces import Choice, space, with_effect
from core.jobs.search_trials import TrialRecord, _read
from core.models.config import BACKBONES, MODELS, WRAPPERS
from core.progress import Progress, ProgressEvent
from core.training.config import TrainingConfig
from core.training.presets import configured, tuned_settings
from core.training.trainer import TrainingResult
from core.training.used_settings import used_settings
from core.workspace import Artefact, Workspace

KIND = "products-reviews"


@pytest.fixture
def shop(workspace: Workspace, small_dataset: ReviewDataset) -> Artefact:
    return publish_dataset(workspace, small_dataset)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "settings"


def asked(*models: str, **changes: Any) -> SearchConfig:
    return SearchConfig.model_validate({"models": models, "trials": 4, "epochs": 6, "split_seed": None, **changes})


def tried(found: Found) -> list[tuple[str, dict[str, Any], dict[str, float]]]:
    return [(trial.state, trial.settings, trial.validation) for trial in sorted(found.trials, key=lambda trial: trial.number)]


@pytest.fixture
def made_up_training(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[TrainingConfig], list[float]]], None]:
    """Trainings whose validation figures are made up: a function from the configuration to the figure of each validation."""

    def replace(figures: Callable[[TrainingConfig], list[float]]) -> None:
        def fit(
            interactions: object, text: object, config: TrainingConfig, validate: Any, progress: Progress, **_: object
        ) -> TrainingResult:
            best: dict[str, float] = {"recall@20": -9.0}
            curve = figures(config)
            for value in curve:
                seen = validate({"value": torch.tensor(value)})
                progress(ProgressEvent("Training", measures={"losses": {}}))
                progress(ProgressEvent("Training", measures={"validation": seen}))
                best = max(best, seen, key=lambda one: one["recall@20"])
            return TrainingResult(None, {}, [], len(curve), 1, best, 0.0, "cpu")  # type: ignore[arg-type]

        class Measured:
            def __init__(self, vectors: dict[str, torch.Tensor]) -> None:
                self.means = {"recall@20": float(vectors["value"]), "ndcg@20": 0.0}

        monkeypatch.setattr(core.jobs.search_trials, "fit", fit)
        monkeypatch.setattr(core.jobs.search_trials, "measure", lambda vectors, splits, split: Measured(vectors))

    return replace


@pytest.mark.parametrize("model", MODELS)
def test_every_space_holds_the_defaults_and_only_settings_the_model_uses(model: Any):
    defaults = TrainingConfig().model_dump()
    for backbone in BACKBONES if model in WRAPPERS else ("lightgcn",):
        for name, values in space(model, backbone).items():
            within = defaults[name] in values.values if isinstance(values, Choice) else values.low <= defaults[name] <= values.high
            assert within, f"{name} of {model}"
            edges = values.values if isinstance(values, Choice) else (values.low, values.high)
            for edge in edges:
                TrainingConfig.model_validate({"model": model, name: edge})
        assert set(space(model, backbone)) <= used_settings(model, model if model in BACKBONES else backbone)


def test_every_model_gets_the_same_number_of_trials_the_defaults_first(workspace: Workspace, shop: Artefact, output: Path):
    told: list[ProgressEvent] = []
    light, ease, popular = search(workspace, [shop.id], asked("lightgcn", "ease", "popularity"), output=output, progress=told.append)
    assert [len(one.trials) for one in (light, ease, popular)] == [4, 4, 1]
    for one in (light, ease, popular):
        assert one.trials[0].settings == {}
        assert one.best is not None
        assert one.best.value == max(trial.value for trial in one.trials if trial.state == "complete")
    assert set(ease.trials[1].settings) == {"ease_weight"}
    assert (told[-1].done, told[-1].total) == (9, 9)
    assert [event.stage.split(":")[0] for event in told[:3]] == [
        f"{shop.id} {name}" for name in ("lightgcn 1/4", "ease 1/4", "popularity 1/1")
    ]


def test_settings_files_are_read_back_as_what_was_best(workspace: Workspace, shop: Artefact, output: Path):
    (found,) = search(workspace, ["small"], asked("ease"), output=output)
    assert found.best is not None
    assert [path.name for path in output.rglob("*.*")] == ["ease.json"]
    assert tuned_settings(KIND, "ease", directory=output) == found.best.settings
    assert configured(KIND, "ease", directory=output).ease_weight == found.best.settings.get("ease_weight", TrainingConfig().ease_weight)
    written = json.loads(found.path.read_text(encoding="utf-8"))["search"]
    assert (written["dataset"], written["splits"], written["trials"], written["searched"]) == ("small", [shop.id], 4, ["ease_weight"])
    assert written["validation"] == found.best.validation
    assert written["defaults"] == found.trials[0].validation


def test_same_seed_makes_the_same_trials_and_another_one_others(tmp_path: Path, small_dataset: ReviewDataset, output: Path):
    found = []
    for position, seed in enumerate((0, 0, 1)):
        space_ = Workspace(tmp_path / f"w{position}")
        publish_dataset(space_, small_dataset)
        found.append(tried(search(space_, ["small"], asked("ease", trials=9, seed=seed), output=output / str(position))[0]))
    assert found[0] == found[1]
    assert found[0][1:] != found[2][1:]


def test_more_trials_continue_an_earlier_search(tmp_path: Path, workspace: Workspace, small_dataset: ReviewDataset, output: Path):
    publish_dataset(workspace, small_dataset)
    (first,) = search(workspace, ["small"], asked("ease", trials=3), output=output)
    (more,) = search(workspace, ["small"], asked("ease", trials=8), output=output)
    assert more.trials[:3] == first.trials
    other = Workspace(tmp_path / "at once")
    publish_dataset(other, small_dataset)
    assert tried(search(other, ["small"], asked("ease", trials=8), output=tmp_path / "other settings")[0]) == tried(more)


def test_finished_search_makes_no_trial_again(workspace: Workspace, shop: Artefact, output: Path, monkeypatch: pytest.MonkeyPatch):
    (first,) = search(workspace, ["small"], asked("ease"), output=output)
    first.path.unlink()
    monkeypatch.setattr(core.jobs.search, "attempt", lambda task, stop: pytest.fail("a trial was made again"))
    assert search(workspace, ["small"], asked("ease"), output=output)[0].trials == first.trials
    assert tuned_settings(KIND, "ease", directory=output) is not None


def test_stopped_search_goes_on_with_the_trial_it_was_in(workspace: Workspace, shop: Artefact, output: Path, tmp_path: Path):
    looks = 0

    def stop() -> bool:  # within the first trial: an epoch asks once, the search once before it
        nonlocal looks
        looks += 1
        return looks > 4

    with pytest.raises(StoppedError):
        search(workspace, ["small"], asked("lightgcn"), output=output, stop=stop)
    assert not output.exists()
    (found,) = search(workspace, ["small"], asked("lightgcn"), output=output)
    assert len(found.trials) == 4
    other = Workspace(tmp_path / "whole")
    publish_dataset(other, ReviewDataset.load(shop))
    assert tried(found) == tried(search(other, ["small"], asked("lightgcn"), output=tmp_path / "whole settings")[0])


def test_hopeless_trials_are_pruned_and_recorded(workspace: Workspace, shop: Artefact, output: Path, made_up_training: Any):
    def curve(config: TrainingConfig) -> list[float]:
        return [0.01 * (step + 1) * (1.0 if config.loss == "bpr" else 0.4) for step in range(12)]

    made_up_training(curve)
    (found,) = search(workspace, ["small"], asked("lightgcn", trials=12), output=output)
    pruned = [trial for trial in found.trials if trial.state == "pruned"]
    assert pruned
    for trial in pruned:
        assert trial.validation["recall@20"] < found.best.value  # type: ignore[union-attr]
        assert trial.epochs > 0
        assert TrialRecord.model_validate(trial.model_dump()) == trial
    assert found.best.state == "complete"  # type: ignore[union-attr]
    assert json.loads(found.path.read_text(encoding="utf-8"))["search"]["pruned"] == len(pruned)
    (again,) = search(workspace, ["small"], asked("lightgcn", trials=12), output=output)
    assert again.trials == found.trials


def test_who_learns_as_slowly_as_the_best_is_not_given_up(workspace: Workspace, shop: Artefact, output: Path, made_up_training: Any):
    def curve(config: TrainingConfig) -> list[float]:
        steps = range(1, 21)
        return [0.5 * (step / 20) ** 2 for step in steps] if config.loss == "bpr" else [0.3 for _ in steps]

    made_up_training(curve)
    (found,) = search(workspace, ["small"], asked("lightgcn", trials=12), output=output)
    assert any(trial.settings.get("loss") == "softmax" for trial in found.trials)
    assert {trial.state for trial in found.trials} == {"complete"}


def test_who_is_behind_on_the_first_split_is_not_tried_on_the_others(
    workspace: Workspace, imported: Artefact, output: Path, made_up_training: Any
):
    made_up_training(lambda config: [0.5 if config.loss == "bpr" else 0.4])
    (found,) = search(workspace, ["shop"], asked("lightgcn", trials=16, split_seed=7, splits=2), output=output)
    assert {trial.settings.get("loss", "bpr"): (trial.state, trial.epochs) for trial in found.trials} == {
        "bpr": ("complete", 2),
        "softmax": ("pruned", 1),
    }


def test_search_finds_what_is_better(workspace: Workspace, shop: Artefact, output: Path, made_up_training: Any):
    made_up_training(lambda config: [1.0 - abs(np.log10(config.ease_weight) - 1.5)])
    (found,) = search(workspace, ["small"], asked("ease", trials=20), output=output)
    assert found.trouble is None
    assert abs(np.log10(found.best.settings["ease_weight"]) - 1.5) < 0.1  # type: ignore[union-attr]


def test_loss_that_runs_away_is_a_trial_that_failed(workspace: Workspace, shop: Artefact, output: Path, made_up_training: Any):
    def curve(config: TrainingConfig) -> list[float]:
        if config.ease_weight < 300:
            raise StudioError("A loss is no longer a number")
        return [0.5]

    made_up_training(curve)
    (found,) = search(workspace, ["small"], asked("ease", trials=8), output=output)
    failed = [trial for trial in found.trials if trial.state == "fail"]
    assert len(found.trials) == 8
    assert failed
    assert all("no longer a number" in (trial.trouble or "") for trial in failed)
    assert found.best in found.trials
    (again,) = search(workspace, ["small"], asked("ease", trials=8), output=output)
    assert again.trials == found.trials


def test_model_that_cannot_be_trained_costs_the_others_nothing(workspace: Workspace, shop: Artefact, output: Path, made_up_training: Any):
    def curve(config: TrainingConfig) -> list[float]:
        if config.model == "lightgcn":
            raise RuntimeError("no memory")
        return [0.5]

    made_up_training(curve)
    broken, ease = search(workspace, ["small"], asked("lightgcn", "ease"), output=output)
    assert (broken.trials, broken.trouble) == ((), "RuntimeError: no memory")
    assert not broken.path.exists()
    assert len(ease.trials) == 4
    assert ease.path.exists()


def test_test_split_is_never_read_or_measured(
    workspace: Workspace, small_dataset: ReviewDataset, output: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    measured = []
    measure = core.jobs.search_trials.measure

    def watch(vectors: Any, splits: Any, split: Any) -> Any:
        measured.append((split, set(splits)))
        return measure(vectors, splits, split)

    monkeypatch.setattr(core.jobs.search_trials, "measure", watch)
    source = publish_dataset(workspace, small_dataset)
    (found,) = search(workspace, ["small"], asked("lightgcn"), output=output)
    assert measured
    assert all(one == ("validation", {"train", "validation"}) for one in measured)
    assert set(_read(workspace.root, source.id, None)[0]) == {"train", "validation"}

    rows = small_dataset.interactions
    held_out = (rows["split"] == "test").to_numpy()
    moved = rows.assign(item_idx=np.where(held_out, (rows["item_idx"] + 1) % small_dataset.n_items, rows["item_idx"]).astype(np.int32))
    other = Workspace(tmp_path / "other test split")
    changed = ReviewDataset("small-1", "small", "products", moved, small_dataset.users, small_dataset.items, report={})
    assert publish_dataset(other, changed).id != source.id
    assert tried(search(other, ["small"], asked("lightgcn"), output=tmp_path / "other settings")[0]) == tried(found)


def test_text_models_read_the_profiles_of_the_split(workspace: Workspace, shop: Artefact, output: Path):
    profiles = steps.extract(workspace, shop.id, {"encoder": "tfidf"}).profiles
    lmmrec, light = search(workspace, ["small"], asked("lmmrec", "lightgcn", trials=2), output=output)
    assert (lmmrec.task.splits, light.task.splits) == (((shop.id, profiles.id),), ((shop.id, None),))
    assert len(lmmrec.trials) == 2


@pytest.fixture
def imported(workspace: Workspace, tmp_path: Path) -> Artefact:
    path, generator = tmp_path / "reviews.csv", np.random.default_rng(5)
    rows = [f"u{user},i{item},{4 + user % 2},Fine.\n" for user in range(24) for item in generator.choice(16, size=10, replace=False)]
    path.write_text("user,item,rating,text\n" + "".join(rows))
    return steps.import_dataset(workspace, {"path": path, "format": "table", "name": "shop", "min_interactions": 1, "seed": 4})


def test_search_is_on_a_split_of_its_own(workspace: Workspace, imported: Artefact, output: Path):
    (found,) = search(workspace, ["shop"], asked("ease", split_seed=101), output=output)
    ((split, _),) = found.task.splits
    assert split == resplit(workspace, "shop", 101).id != imported.id
    assert split.startswith("shop-r101-")


def test_a_trial_on_several_splits_is_worth_its_mean_over_them(workspace: Workspace, imported: Artefact, output: Path):
    of_each = [search(workspace, ["shop"], asked("ease", split_seed=seed, trials=1), output=output)[0] for seed in (7, 8, 9)]
    (found,) = search(workspace, ["shop"], asked("ease", split_seed=7, splits=3), output=output)
    singly = [one.trials[0].validation["ndcg@20"] for one in of_each]
    assert len(set(singly)) > 1
    assert found.trials[0].validation["ndcg@20"] == pytest.approx(np.mean(singly))
    written = json.loads(found.path.read_text(encoding="utf-8"))["search"]
    assert (written["split_seeds"], len(set(written["splits"]))) == ([7, 8, 9], 3)


def test_a_dataset_has_one_split_of_its_own():
    with pytest.raises(ValueError, match="one split of its own"):
        asked("ease", split_seed=None, splits=2)


def test_dataset_without_a_file_says_how_to_search_it(workspace: Workspace, shop: Artefact, output: Path):
    with pytest.raises(InputError, match="--given-split"):
        search(workspace, ["small"], asked("ease", split_seed=101), output=output)


def test_two_datasets_of_one_kind_would_share_their_files(workspace: Workspace, small_dataset: ReviewDataset, output: Path):
    names = [publish_dataset(workspace, replace(small_dataset, name=name)).id for name in ("one", "two")]
    with pytest.raises(InputError, match="one kind"):
        search(workspace, names, asked("ease"), output=output)


def test_two_datasets_are_searched_in_turns(workspace: Workspace, shop: Artefact, small_dataset: ReviewDataset, output: Path):
    publish_dataset(workspace, replace(small_dataset, name="games", domain="games"))
    told: list[str] = []
    search(
        workspace, ["small", "games"], asked("ease", trials=2), output=output, progress=lambda event: told.append(event.stage.split(":")[0])
    )
    assert told == ["small ease 1/2", "games ease 1/2", "small ease 2/2", "games ease 2/2"]
    assert sorted(path.parent.name for path in output.rglob("ease.json")) == ["games-reviews", "products-reviews"]


def test_one_search_of_a_model_at_a_time(workspace: Workspace, shop: Artefact, output: Path):
    (found,) = search(workspace, ["small"], asked("ease"), output=output)
    with exclusive(workspace, f"search-{found.task.journal.stem}"), pytest.raises(InputError, match="Another process"):
        search(workspace, ["small"], asked("ease"), output=output)


def test_workers_make_the_trials_asked_for(workspace: Workspace, shop: Artefact, output: Path):
    (found,) = search(workspace, ["small"], asked("ease", trials=5, workers=2), output=output)
    assert sorted(trial.number for trial in found.trials) == [0, 1, 2, 3, 4]
    assert [trial.number for trial in found.trials if not trial.settings] == [0]
    assert found.path.exists()
    (one,) = search(workspace, ["small"], asked("ease", trials=5), output=output)
    assert tried(one) == tried(found)


@pytest.mark.parametrize(
    ("written", "model"),
    [("lmmrec", ("lmmrec", "lightgcn")), ("kar@simgcl", ("kar", "simgcl")), ("kar:sgl", ("kar", "sgl")), ("gccf", ("gccf", "gccf"))],
)
def test_model_is_read_as_it_is_written(written: str, model: tuple[Any, Any]):
    assert parse_model(written) == model
    assert model_label(*model) == written.replace(":", "@")


@pytest.mark.parametrize("written", ["lmrec", "ease@simgcl", "kar@nothing"])
def test_unknown_model_is_one_line(written: str):
    with pytest.raises(InputError, match=r"No model|takes no backbone|No backbone"):
        parse_model(written)


def test_later_trials_change_three_settings_of_the_best_so_far(
    workspace: Workspace, shop: Artefact, output: Path, made_up_training: Callable[..., None]
):
    made_up_training(lambda config: [config.learning_rate + config.temperature + config.dim / 64])
    (found,) = search(workspace, [shop.id], asked("lightgcn", trials=14), output=output)
    trials = sorted(found.trials, key=lambda trial: trial.number)
    free: set[str] = set()
    for position in range(3, len(trials)):
        best = max(trials[:position], key=lambda trial: trial.value)
        names = set(best.settings) | set(trials[position].settings)
        changed = {name for name in names if best.settings.get(name) != trials[position].settings.get(name)}
        assert len(changed) <= 3
        free |= changed
    assert len(free) > 5
    assert trials[-1].value > trials[0].value


@pytest.mark.parametrize(
    ("settings", "idle"),
    [
        ({"loss": "bpr", "history_dim": 8}, {"temperature", "negatives"}),
        ({"loss": "softmax", "history_dim": 0}, {"candidates", "history_words", "history_scale", "history_temperature"}),
    ],
)
def test_settings_without_effect_are_not_changed(settings: dict[str, Any], idle: set[str]):
    plain = TrainingConfig().model_dump()
    best = {name: plain[name] for name in space("lmmrec")} | settings
    assert set(best) - set(with_effect(best)) == idle


def test_what_an_earlier_search_found_is_tried_again(
    workspace: Workspace, shop: Artefact, output: Path, made_up_training: Callable[..., None]
):
    made_up_training(lambda config: [config.temperature])
    (earlier,) = search(workspace, [shop.id], asked("kar", trials=6), output=output)
    assert earlier.best is not None
    assert earlier.best.settings
    (later,) = search(workspace, [shop.id], asked("kar", trials=2, seed=1), output=output)
    assert [trial.settings for trial in sorted(later.trials, key=lambda trial: trial.number)] == [{}, earlier.best.settings]


def test_a_wrapper_tries_what_was_found_for_its_backbone(
    workspace: Workspace, shop: Artefact, output: Path, made_up_training: Callable[..., None]
):
    made_up_training(lambda config: [config.learning_rate if config.model == "lightgcn" else 0.1])
    (inner,) = search(workspace, [shop.id], asked("lightgcn", trials=8), output=output)
    assert inner.best is not None
    assert inner.best.settings
    (found,) = search(workspace, [shop.id], asked("rlmrec-con", trials=2), output=output)
    first, second = sorted(found.trials, key=lambda trial: trial.number)
    assert (first.settings, second.settings) == ({}, inner.best.settings)
    (more,) = search(workspace, [shop.id], asked("rlmrec-con", trials=4), output=output)
    assert sum(trial.settings == inner.best.settings for trial in more.trials) == 1
