"""Text that is silent in places or shuffled, and what it does to a model that reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.models.graph import Interactions
from core.models.text_features import NodeText, TextFeatures
from core.training.config import TrainingConfig
from core.training.trainer import fit


@pytest.fixture
def contrast() -> Callable[[list[int], np.ndarray, np.ndarray, list[int], float], float]:
    """Mean over rows of -log( exp(cos(v_n, t_n)/tau) / sum_{m among} exp(cos(v_n, t_m)/tau) ), repeated rows counted as often."""

    def cosine(a: np.ndarray, b: np.ndarray) -> float:
        return float(a @ b / np.sqrt((a @ a) * (b @ b)))

    def written_out(rows: list[int], vectors: np.ndarray, text: np.ndarray, among: list[int], tau: float) -> float:
        total = 0.0
        for n in rows:
            below = sum(np.exp(cosine(vectors[n], text[m]) / tau) for m in among)
            total -= np.log(np.exp(cosine(vectors[n], text[n]) / tau) / below)
        return total / len(rows)

    return written_out


@pytest.fixture
def partly_silent(block_text: TextFeatures) -> TextFeatures:
    """Every third user and every ninth item say nothing."""

    def without_words(side: NodeText, nodes: slice) -> NodeText:
        slots, present, whole = side.slots.clone(), side.present.clone(), side.whole.clone()
        slots[nodes], present[nodes], whole[nodes] = 0.0, False, 0.0
        return replace(side, slots=slots, present=present, whole=whole)

    users, items = without_words(block_text.users, slice(0, None, 3)), without_words(block_text.items, slice(0, None, 9))
    return replace(block_text, users=users, items=items)


@pytest.fixture
def shuffled_text(block_text: TextFeatures) -> TextFeatures:
    """Everybody has somebody else's text."""

    def side(node_text: NodeText) -> NodeText:
        order = torch.randperm(len(node_text.whole), generator=torch.Generator().manual_seed(5))
        return NodeText(*(getattr(node_text, name)[order] for name in ("slots", "present", "whole", "lift")))

    return replace(block_text, users=side(block_text.users), items=side(block_text.items))


@pytest.fixture
def share_inside() -> Callable[[str, TextFeatures], float]:
    """Share of the top five that is of the user's own block, after a short training on three interactions a user, one of them in the
    other block: too few to tell the blocks apart without the text.
    """
    generator = np.random.default_rng(0)
    pairs = [
        (u, 2 * item + (u + other) % 2) for u in range(40) for other in (0, 1) for item in generator.choice(15, 2 - other, replace=False)
    ]
    interactions = Interactions(40, 30, np.array(pairs, dtype=np.int64))

    def share(name: str, text: TextFeatures) -> float:
        settings = {"model": name, "dim": 8, "batch_size": 40, "epochs": 40, "evaluate_every": 40, "learning_rate": 0.02, "device": "cpu"}
        alignment = {
            "layers": 3,
            "regularisation": 0.0,
            "align_weight": 5.0,
            "align_temperature": 0.5,
            "text_dropout": 0.0,
            "mask_ratio": 0.3,
        }
        config = TrainingConfig.model_validate(settings | alignment)
        vectors = fit(interactions, text, config, lambda vectors: {"recall@20": 0.0}).vectors
        scores = vectors["user"].flatten(1) @ vectors["item"].flatten(1).T
        scores[interactions.pairs[:, 0], interactions.pairs[:, 1]] = -torch.inf
        best = scores.topk(5).indices
        return float((best % 2 == torch.arange(40)[:, None] % 2).float().mean())

    return share
