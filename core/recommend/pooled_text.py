"""Statements in hand pooled as a profile pools them (`core.motivations.build`): for a user with reviews left out, and for a newcomer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from core.motivations.profiles import SlotText

_POLARITIES = 2


@dataclass(frozen=True)
class Said:
    """n statements of one person.

    Args:
        motivation: int64 [n], slots. positive: bool [n]. strength: float64 [n]. vectors: float [n, D], their embeddings.
    """

    motivation: npt.NDArray[np.int64]
    positive: npt.NDArray[np.bool_]
    strength: npt.NDArray[np.float64]
    vectors: torch.Tensor


@dataclass(frozen=True)
class PooledText:
    """Sums of statements by group (a review each), of which any may be left out.

    Args:
        sums: float32 [G, 2, K, D], strength-weighted embeddings by polarity (positive first) and slot. weights: float32 [G, 2, K].
    """

    sums: torch.Tensor
    weights: torch.Tensor

    @classmethod
    def of(cls, said: Said, groups: npt.NDArray[np.int64], n_groups: int, n_slots: int) -> PooledText:
        """Pool statements of groups (int64 [n], 0 .. n_groups - 1)."""
        cells = torch.from_numpy((groups * _POLARITIES + ~said.positive) * n_slots + said.motivation)
        strength = torch.from_numpy(said.strength).float()
        size = n_groups * _POLARITIES * n_slots
        sums = torch.zeros(size, said.vectors.shape[1]).index_add_(0, cells, said.vectors.float() * strength[:, None])
        weights = torch.zeros(size).index_add_(0, cells, strength)
        shape = (n_groups, _POLARITIES, n_slots)
        return cls(sums.view(*shape, -1), weights.view(shape))

    @property
    def n_groups(self) -> int:
        return len(self.sums)

    def keeping(self, kept: npt.NDArray[np.bool_]) -> SlotText:
        """The text of m people who said only the groups each row keeps (bool [m, G]); means are rounded as stored ones are."""
        chosen = torch.from_numpy(kept).float()
        weights = torch.einsum("mg,gpk->mpk", chosen, self.weights)
        sums = (chosen @ self.sums.flatten(1)).view(len(kept), *self.sums.shape[1:])
        means = (sums / weights.clamp_min(1e-12)[..., None]).half().float()
        return SlotText(means[:, 0], means[:, 1], weights[:, 0], weights[:, 1])
