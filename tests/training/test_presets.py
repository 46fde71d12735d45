"""Presets and tuned settings: which file counts for which model, and what every model is said to use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.errors import InputError
from core.models.config import BACKBONES, MODELS, BackboneName, ModelName
from core.training.config import TrainingConfig
from core.training.presets import (
    ASSETS,
    ORDER,
    TunedSettings,
    configured,
    dataset_kind,
    preset,
    presets,
    settings_path,
    tuned_settings,
    write_tuned,
)
from core.training.used_settings import used_settings
from core.workspace import Workspace

KIND = "products-reviews"


def put(directory: Path, model: ModelName, settings: dict[str, Any], backbone: BackboneName = "lightgcn", searched: tuple[str, ...] = ()):
    path = settings_path(KIND, model, backbone, directory)
    write_tuned(path, TunedSettings(settings=settings, search={"searched": [*searched]}))
    return path


def test_kind_is_domain_and_texts(workspace: Workspace, small_dataset: ReviewDataset):
    assert dataset_kind(publish_dataset(workspace, small_dataset)) == "products-reviews"
    silent = ReviewDataset(
        "b-0", "b", "places", small_dataset.interactions.assign(text=""), small_dataset.users, small_dataset.items, report={}
    )
    assert dataset_kind(publish_dataset(workspace, silent)) == "places-interactions"
    profiled = ReviewDataset(
        "c-0", "c", "games", silent.interactions, small_dataset.users.assign(profile_text="Likes it loud."), small_dataset.items, report={}
    )
    assert dataset_kind(publish_dataset(workspace, profiled)) == "games-profiles"


def test_presets_that_ship_are_configurations_of_every_model_they_cover():
    assert tuple(presets()) == ORDER
    for name in ORDER:
        assert preset(name).note
        for model in MODELS:
            if preset(name).of(model) is not None:
                assert configured(KIND, model, preset=name).model == model
    assert configured(KIND, "lmmrec", preset="default") == TrainingConfig()


def test_paper_preset_differs_by_model():
    assert configured(KIND, "lmmrec", preset="paper").form == "vector"
    assert configured(KIND, "rlmrec-con", preset="paper").layer_combination == "sum"
    with pytest.raises(InputError, match="The preset 'paper' has no settings of ease"):
        configured(KIND, "ease", preset="paper")


def test_unknown_preset_is_one_line():
    with pytest.raises(InputError, match=r"No preset 'fastest' \(preset\)\. There are: tuned, default, fast, thorough, paper$"):
        configured(KIND, "lmmrec", preset="fastest")


def test_settings_that_ship_are_configurations():
    for path in sorted(ASSETS.glob("*-*/*.json")):
        tuned = TunedSettings.model_validate(json.loads(path.read_text(encoding="utf-8")))
        model, _, backbone = path.stem.partition("@")
        TrainingConfig.model_validate({**tuned.settings, "model": model, "backbone": backbone or "lightgcn"})
        assert {"dataset", "splits", "trials", "metric", "validation", "seconds"} <= set(tuned.search)


def test_exact_file_goes_first(tmp_path: Path):
    put(tmp_path, "kar", {"dim": 32})
    put(tmp_path, "kar", {"dim": 128}, "simgcl")
    assert tuned_settings(KIND, "kar", "simgcl", directory=tmp_path) == {"dim": 128}
    assert tuned_settings(KIND, "kar", directory=tmp_path) == {"dim": 32}


def test_untuned_backbone_adds_only_what_the_wrapper_did_not_search(tmp_path: Path):
    put(tmp_path, "kar", {"dim": 32}, searched=("dim", "learning_rate"))
    assert tuned_settings(KIND, "kar", "simgcl", directory=tmp_path) == {"dim": 32}
    put(tmp_path, "simgcl", {"dim": 128, "learning_rate": 0.01, "ssl_weight": 0.5})
    assert tuned_settings(KIND, "kar", "simgcl", directory=tmp_path) == {"dim": 32, "ssl_weight": 0.5}


def test_nothing_searched_is_none_and_no_default_in_disguise(tmp_path: Path):
    put(tmp_path, "simgcl", {"ssl_weight": 0.5})
    assert tuned_settings(KIND, "kar", "simgcl", directory=tmp_path) is None
    assert tuned_settings("games-reviews", "simgcl", directory=tmp_path) is None
    with pytest.raises(InputError, match=r"No settings of kar were searched .*Run `lmmrec search`"):
        configured(KIND, "kar", "simgcl", directory=tmp_path)


def test_popularity_has_nothing_to_tune(tmp_path: Path):
    assert tuned_settings(KIND, "popularity", directory=tmp_path) == {}


def test_overrides_go_before_the_preset(tmp_path: Path):
    put(tmp_path, "simgcl", {"dim": 32, "layers": 2})
    config = configured(KIND, "simgcl", directory=tmp_path, dim=16, seed=3)
    assert (config.model, config.backbone, config.dim, config.layers, config.seed) == ("simgcl", "simgcl", 16, 2, 3)


def test_wrong_override_and_damaged_file_are_one_line(tmp_path: Path):
    with pytest.raises(InputError, match=r"Wrong setting: .*\(dimm\)"):
        configured(KIND, "lightgcn", preset="default", dimm=3)
    put(tmp_path, "ease", {}).write_text('{"settings": {}}', encoding="utf-8")
    with pytest.raises(InputError, match="Damaged settings file"):
        configured(KIND, "ease", directory=tmp_path)


@pytest.mark.parametrize("model", MODELS)
def test_used_settings_are_settings(model: ModelName):
    for backbone in BACKBONES:
        assert used_settings(model, backbone) <= set(TrainingConfig.model_fields)
    assert "backbone" not in used_settings("simgcl")
