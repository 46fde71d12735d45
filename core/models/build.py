"""From a configuration to a model."""

from __future__ import annotations

import torch

from core.errors import InputError
from core.models.backbones import build_backbone
from core.models.collaborative import Collaborative
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.lmmrec import LMMRec
from core.models.text_features import TextFeatures

RecommendationModel = Collaborative | LMMRec


def build_model(interactions: Interactions, text: TextFeatures | None, config: ModelConfig) -> RecommendationModel:
    """A model with fresh parameters drawn from ``config.seed``.

    Raises:
        InputError: LMMRec is asked for without text.
    """
    generator = torch.Generator().manual_seed(config.seed)
    if config.model != "lmmrec":
        return Collaborative(build_backbone(config.backbone, interactions, config.dim, config.layers, generator), config)
    if text is None:
        raise InputError("LMMRec needs the profiles of the dataset", where="model lmmrec", hint="Run `lmmrec extract` first")
    dim = config.slot_dim * text.n_slots if config.form == "slots" else config.dim
    return LMMRec(build_backbone(config.backbone, interactions, dim, config.layers, generator), text, config, generator)
