"""A batch over the checkerboard for tests of single backbones."""

from __future__ import annotations

import pytest
import torch

from core.models.graph import Interactions
from core.models.recommendation import Batch


@pytest.fixture
def one_batch(checkerboard: Interactions) -> Batch:
    """Twenty interactions, some users and items more than once, with negatives."""
    generator = torch.Generator().manual_seed(7)
    rows = torch.from_numpy(checkerboard.pairs)[torch.randint(60, (20,), generator=generator)]
    return Batch(rows[:, 0], rows[:, 1], torch.randint(30, (20,), generator=generator))
