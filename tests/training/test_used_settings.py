"""What a model is said to use is what it reads: a setting it reads but is not said to use could not be changed in the form."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from core.models.backbones import _BACKBONES
from core.models.baselines import BASELINES
from core.models.build import build_model
from core.models.config import BACKBONES, MODELS, WRAPPERS, BackboneName, ModelName
from core.models.graph import Interactions
from core.models.text_features import TextFeatures
from core.training.config import TrainingConfig
from core.training.samplers import BatchSampler
from core.training.used_settings import used_settings
from tests.models.conftest import block_text, checkerboard

__all__ = ["block_text", "checkerboard"]

NOT_SETTINGS_OF_A_MODEL = {"model", "backbone", "seed", "device", "precision"}
WITHOUT_EFFECT = {"gccf": {"layer_combination"}, "alpharec": {"loss", "candidates"}}
"""Read by what the model shares with others (LightGCN's constructor, the sampler), but of no meaning to it."""
read: set[str] = set()


class Watched(TrainingConfig):
    """A configuration that notes which settings are read."""

    def __getattribute__(self, name: str) -> Any:
        if name in TrainingConfig.model_fields:
            read.add(name)
        return super().__getattribute__(name)


def built(model: ModelName, backbone: BackboneName) -> bool:
    return backbone in _BACKBONES and (model in BASELINES or model == "lmmrec" or model in BACKBONES)


CASES = [(model, backbone) for model in MODELS for backbone in (BACKBONES if model in WRAPPERS else ("lightgcn",))]


@pytest.mark.parametrize(("model", "backbone"), CASES)
def test_a_model_reads_only_what_it_is_said_to_use(
    model: ModelName, backbone: BackboneName, checkerboard: Interactions, block_text: TextFeatures
):
    if not built(model, model if model in BACKBONES else backbone):
        pytest.skip(f"{model} on {backbone} cannot be built yet")
    config = Watched(model=model, backbone=backbone, slot_dim=2, dim=8, edge_keep=0.9)
    read.clear()
    built_model = build_model(checkerboard, block_text, config)
    if list(built_model.parameters()):
        generator = torch.Generator().manual_seed(0)
        built_model.losses(next(iter(BatchSampler(checkerboard, config, 64, generator, torch.device("cpu")))))
    built_model.vectors()
    inner = model if model in BACKBONES else backbone
    without_effect = WITHOUT_EFFECT.get(model, set()) | WITHOUT_EFFECT.get(inner, set())
    assert read - NOT_SETTINGS_OF_A_MODEL - without_effect - used_settings(model, inner) == set()
