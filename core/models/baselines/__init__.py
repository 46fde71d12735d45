"""The models LMMRec is compared with, each after its paper."""

from __future__ import annotations

from collections.abc import Callable

import torch

from core.models.backbones import Backbone, build_backbone
from core.models.base import RecommendationModel
from core.models.baselines.alpharec import AlphaRec
from core.models.baselines.ease import EASE
from core.models.baselines.irllrec import IRLLRec
from core.models.baselines.kar import KAR
from core.models.baselines.popularity import Popularity
from core.models.baselines.rlmrec import RLMRecCon
from core.models.baselines.rlmrec_gen import RLMRecGen
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.text_features import TextFeatures

Builder = Callable[[Interactions, TextFeatures | None, ModelConfig, torch.Generator], RecommendationModel]

BASELINES: dict[str, Builder] = {
    "popularity": lambda interactions, text, config, generator: Popularity(interactions),
    "ease": lambda interactions, text, config, generator: EASE(interactions, config.ease_weight),
    "ease-text": lambda interactions, text, config, generator: EASE(
        interactions, config.ease_weight, _there(text).items.worded, config.ease_text
    ),
    "alpharec": lambda interactions, text, config, generator: AlphaRec(interactions, _there(text), config, generator),
    "kar": lambda *arguments: _around_backbone(KAR, *arguments),
    "rlmrec-con": lambda *arguments: _around_backbone(RLMRecCon, *arguments),
    "rlmrec-gen": lambda *arguments: _around_backbone(RLMRecGen, *arguments),
    "irllrec": lambda interactions, *arguments: _around_backbone(
        lambda backbone, *others: IRLLRec(backbone, interactions, *others), interactions, *arguments
    ),
}
"""Name of a model -> how it is built. The text is there for every model that reads it."""


def _there(text: TextFeatures | None) -> TextFeatures:
    """The text of a model that reads it; `build_model` has refused to go on without."""
    assert text is not None
    return text


def _around_backbone(
    wrapper: Callable[[Backbone, TextFeatures, ModelConfig, torch.Generator], RecommendationModel],
    interactions: Interactions,
    text: TextFeatures | None,
    config: ModelConfig,
    generator: torch.Generator,
) -> RecommendationModel:
    """A model with text around the backbone that is configured."""
    assert text is not None
    return wrapper(build_backbone(interactions, config, config.dim, generator), text, config, generator)
