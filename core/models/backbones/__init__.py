"""Backbones behind one contract."""

from __future__ import annotations

import torch

from core.models.backbones.base import Backbone
from core.models.backbones.lightgcn import LightGCN
from core.models.config import BackboneName
from core.models.graph import Interactions

__all__ = ["Backbone", "LightGCN", "build_backbone"]


def build_backbone(name: BackboneName, interactions: Interactions, dim: int, layers: int, generator: torch.Generator) -> Backbone:
    """The backbone of this name with fresh embeddings."""
    backbones = {"lightgcn": LightGCN}
    return backbones[name](interactions, dim, layers, generator)
