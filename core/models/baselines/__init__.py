"""The models LMMRec is compared with, each after its paper."""

from __future__ import annotations

from collections.abc import Callable

import torch

from core.models.base import RecommendationModel
from core.models.baselines.ease import EASE
from core.models.baselines.popularity import Popularity
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.text_features import TextFeatures

Builder = Callable[[Interactions, TextFeatures | None, ModelConfig, torch.Generator], RecommendationModel]

BASELINES: dict[str, Builder] = {
    "popularity": lambda interactions, text, config, generator: Popularity(interactions),
    "ease": lambda interactions, text, config, generator: EASE(interactions, config.ease_weight),
    "ease-text": lambda interactions, text, config, generator: EASE(interactions, config.ease_weight, _items(text), config.ease_text),
}
"""Name of a model -> how it is built. The text is there for every model that reads it."""


def _items(text: TextFeatures | None) -> torch.Tensor | None:
    """The text of the items, float32 [n_items, 2 P]."""
    return None if text is None else text.items.whole
