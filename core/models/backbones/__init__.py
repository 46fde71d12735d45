"""Backbones behind one contract."""

from __future__ import annotations

from collections.abc import Callable

import torch

from core.models.backbones.base import Backbone
from core.models.backbones.bpr_mf import MatrixFactorisation
from core.models.backbones.lightgcn import LightGCN
from core.models.config import BackboneName, ModelConfig
from core.models.graph import Interactions

__all__ = ["Backbone", "LightGCN", "MatrixFactorisation", "build_backbone"]

_BACKBONES: dict[BackboneName, Callable[[Interactions, ModelConfig, int, torch.Generator], Backbone]] = {
    "bpr-mf": MatrixFactorisation,
    "lightgcn": LightGCN,
}


def build_backbone(interactions: Interactions, config: ModelConfig, width: int, generator: torch.Generator) -> Backbone:
    """The backbone that ``config.backbone`` names, with fresh embeddings of ``width`` dimensions."""
    return _BACKBONES[config.backbone](interactions, config, width, generator)
