"""From a configuration to a model."""

from __future__ import annotations

import torch

from core.errors import InputError
from core.models.backbones import build_backbone
from core.models.base import RecommendationModel
from core.models.baselines import BASELINES
from core.models.collaborative import Collaborative
from core.models.config import BACKBONES, ModelConfig
from core.models.graph import Interactions
from core.models.lmmrec import LMMRec
from core.models.text_features import TextFeatures


def build_model(interactions: Interactions, text: TextFeatures | None, config: ModelConfig) -> RecommendationModel:
    """A model with fresh parameters drawn from ``config.seed``.

    Raises:
        InputError: a model that reads text is asked for without any.
    """
    generator = torch.Generator().manual_seed(config.seed)
    if config.model in BACKBONES:
        return Collaborative(build_backbone(interactions, config, config.dim, generator), config)
    if config.reads_text and text is None:
        raise InputError(f"{config.model} needs the profiles of the dataset", where="model", hint="Run `lmmrec extract` first")
    if config.model in BASELINES:
        return BASELINES[config.model](interactions, text, config, generator)
    assert text is not None
    width = config.slot_dim * text.n_slots if config.form == "slots" else config.dim
    backbone = build_backbone(interactions, config, width + config.behaviour_dim, generator)
    return LMMRec(backbone, interactions, text, config, generator)
