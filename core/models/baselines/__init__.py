"""The models LMMRec is compared with, each after its paper."""

from __future__ import annotations

from collections.abc import Callable

import torch

from core.models.base import RecommendationModel
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.text_features import TextFeatures

Builder = Callable[[Interactions, TextFeatures | None, ModelConfig, torch.Generator], RecommendationModel]

BASELINES: dict[str, Builder] = {}
"""Name of a model -> how it is built. The text is there for every model that reads it."""
