"""Hand-made interactions and text for model tests."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.models.graph import Interactions
from core.models.text_features import NodeText, TextFeatures, motivation_lift


@pytest.fixture
def checkerboard() -> Interactions:
    """40 users, 30 items; even users act on even items, odd on odd; a third of each block is left out to be found."""
    generator = np.random.default_rng(0)
    own = np.arange(40)[:, None] % 2 == np.arange(30)[None, :] % 2
    seen = own & (generator.random((40, 30)) < 0.67)
    return Interactions(40, 30, np.argwhere(seen).astype(np.int64))


@pytest.fixture
def block_text() -> TextFeatures:
    """Text that tells the two blocks apart: three slots, the last of them silent for every third node."""

    def side(count: int) -> NodeText:
        generator = torch.Generator().manual_seed(count)
        block = (torch.arange(count) % 2).float()[:, None, None] * 2 - 1
        slots = block + 0.3 * torch.randn(count, 3, 6, generator=generator)
        present = torch.ones(count, 3, dtype=torch.bool)
        present[::3, 2] = False
        slots = slots * present.unsqueeze(-1)
        return NodeText(slots, present, slots.mean(1), motivation_lift(present.float()))

    return TextFeatures(side(40), side(30), ("sound", "price", "other"))
