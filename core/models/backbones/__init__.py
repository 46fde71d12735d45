"""Backbones behind one contract."""

from __future__ import annotations

import torch

from core.models.backbones.base import Backbone
from core.models.backbones.lightgcn import LightGCN
from core.models.config import ModelConfig
from core.models.graph import Interactions

__all__ = ["Backbone", "LightGCN", "build_backbone"]

_BACKBONES: dict[str, type[LightGCN]] = {"lightgcn": LightGCN}


def build_backbone(interactions: Interactions, config: ModelConfig, width: int, generator: torch.Generator) -> Backbone:
    """The backbone that ``config.backbone`` names, with fresh embeddings of ``width`` dimensions."""
    return _BACKBONES[config.backbone](interactions, config, width, generator)
