"""Backbones behind one contract."""

from __future__ import annotations

from collections.abc import Callable

import torch

from core.models.backbones.autocf import AutoCF
from core.models.backbones.base import Backbone
from core.models.backbones.bpr_mf import MatrixFactorisation
from core.models.backbones.dccf import DCCF
from core.models.backbones.gccf import GCCF
from core.models.backbones.lightgcn import LightGCN
from core.models.backbones.sgl import SGL
from core.models.backbones.simgcl import SimGCL
from core.models.config import BackboneName, ModelConfig
from core.models.graph import Interactions

__all__ = ["DCCF", "GCCF", "SGL", "AutoCF", "Backbone", "LightGCN", "MatrixFactorisation", "SimGCL", "build_backbone"]

_BACKBONES: dict[BackboneName, Callable[[Interactions, ModelConfig, int, torch.Generator], Backbone]] = {
    "bpr-mf": MatrixFactorisation,
    "lightgcn": LightGCN,
    "gccf": GCCF,
    "sgl": SGL,
    "simgcl": SimGCL,
    "dccf": DCCF,
    "autocf": AutoCF,
}


def build_backbone(interactions: Interactions, config: ModelConfig, width: int, generator: torch.Generator) -> Backbone:
    """The backbone that ``config.backbone`` names, with fresh embeddings of ``width`` dimensions."""
    return _BACKBONES[config.backbone](interactions, config, width, generator)
