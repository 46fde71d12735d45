"""Translation alignment: two views are kept together under noise (IRLLRec, SIGIR 2025, arXiv 2502.03307)."""

from __future__ import annotations

import torch
from torch import nn

from core.models.losses.info_nce import InfoNCELoss


class TranslationLoss(nn.Module):
    """InfoNCE of z + z * e with h + h * e', where e and e' are drawn anew, normal with standard deviation ``noise``.

    The noise of a value is as long as the value: the published code's choice.

    Args:
        temperature: tau of the InfoNCE. noise: standard deviation, 1 as published.
    """

    def __init__(self, temperature: float, noise: float = 1.0) -> None:
        super().__init__()
        self.noise = noise
        self.contrast = InfoNCELoss(temperature)

    def forward(self, text: torch.Tensor, interaction: torch.Tensor) -> torch.Tensor:
        """Z and h of the same nodes, each once, float [n, d]; returns a scalar."""
        loss: torch.Tensor = self.contrast(self._noisy(text), self._noisy(interaction))
        return loss

    def _noisy(self, view: torch.Tensor) -> torch.Tensor:
        return view * (1 + self.noise * torch.randn_like(view))
