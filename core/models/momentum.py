"""The momentum teacher: a copy that follows the student slowly."""

from __future__ import annotations

import copy

import torch
from torch import nn


def teacher_of(student: nn.Module) -> nn.Module:
    """A copy of ``student`` that takes no gradient and drops nothing out."""
    teacher = copy.deepcopy(student).requires_grad_(False)
    return teacher.eval()


@torch.no_grad()
def follow(teacher: nn.Module, student: nn.Module, momentum: float) -> None:
    """Theta' <- m theta' + (1 - m) theta, for all parameters (He et al., MoCo, arXiv 1911.05722, eq. 2)."""
    torch._foreach_lerp_(list(teacher.parameters()), list(student.parameters()), 1 - momentum)
