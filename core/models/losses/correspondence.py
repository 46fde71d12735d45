"""Interaction-Text Correspondence: the student matches soft targets of a momentum teacher (LMMRec, arXiv 2602.05474)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class CorrespondenceLoss(nn.Module):
    """KL in both directions between the batch similarities of the student and soft targets of the teacher.

    With S[n, m] = cos(z_n, t_m)/tau for the interaction view z and the text view t of the same nodes, and S~ of the teacher:
        y = alpha I + (1 - alpha) softmax(S~)           soft targets, interaction -> text
        L = 1/2 [ KL(y || softmax(S)) + KL(y' || softmax(S^T)) ]     y' the same of S~^T

    Args:
        temperature: tau.
        alpha: share of the one-hot target.
    """

    def __init__(self, temperature: float, alpha: float) -> None:
        super().__init__()
        self.temperature = temperature
        self.alpha = alpha

    def forward(
        self, interaction: torch.Tensor, text: torch.Tensor, teacher_interaction: torch.Tensor, teacher_text: torch.Tensor
    ) -> torch.Tensor:
        """All float [n, d], each node once; no gradient flows into the teacher's. Returns a scalar."""
        student = self._similarity(interaction, text)
        with torch.no_grad():
            teacher = self._similarity(teacher_interaction, teacher_text)
        return 0.5 * (self._divergence(student, teacher) + self._divergence(student.T, teacher.T))

    def _similarity(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        return functional.normalize(first, dim=-1) @ functional.normalize(second, dim=-1).T / self.temperature

    def _divergence(self, student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            targets = (1 - self.alpha) * teacher.softmax(dim=1)
            targets.diagonal().add_(self.alpha)
        return functional.kl_div(student.log_softmax(dim=1), targets, reduction="batchmean")
