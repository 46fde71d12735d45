"""InfoNCE of anchors against a set of candidates, both with multiplicities (the alignment of RLMRec, arXiv 2310.15950)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class WeightedContrastLoss(nn.Module):
    """L = sum_n a_n [ log sum_m c_m exp(cos(x_n, y_m)/tau) - cos(x_n, y_own(n))/tau ] / sum_n a_n.

    A weight is how often a node counts: a batch in which a node stands c times gives exactly the sum over its repeated rows, at the
    cost of its distinct nodes. A node of weight zero is no anchor (a) or no negative of anyone (c).

    Args:
        temperature: tau.
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def similarity(self, anchors: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
        """cos(x_n, y_m) / tau for anchors [N, d] and candidates [M, d]: float [N, M], to be used with several weights."""
        return (functional.normalize(anchors, dim=1) / self.temperature) @ functional.normalize(candidates, dim=1).T

    def forward(
        self, similarity: torch.Tensor, own: torch.Tensor, anchor_weight: torch.Tensor, candidate_weight: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return a scalar, zero where no anchor counts.

        Args:
            similarity: float [N, M]. own: int64 [N], which candidate is the anchor's own.
            anchor_weight: float [N]. candidate_weight: float [M], None for once each; an anchor that counts has an own candidate that does.
        """
        distance = functional.cross_entropy(_with_multiplicity(similarity, candidate_weight), own, reduction="none")
        if candidate_weight is not None:
            distance = distance + torch.where(candidate_weight > 0, candidate_weight, 1).log()[own]
        return (anchor_weight * distance).sum() / anchor_weight.sum().clamp(min=1)


def _with_multiplicity(similarity: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    """S + log c. A finite stand-in for log 0 gives a row without any candidate a gradient of zero and not one that is no number."""
    if weight is None:
        return similarity
    return similarity + torch.where(weight > 0, weight.clamp(min=torch.finfo(weight.dtype).tiny).log(), -1e9)
