"""What the text encoder reads: pooled sentence embeddings per node and slot, reduced to their principal components."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from core.models.word_features import word_features
from core.motivations.profiles import Profiles, SlotText

SHRINKAGE = 10.0
"""Summed strength a node needs before its own words outweigh everybody's (about fifteen statements)."""


@dataclass(frozen=True)
class NodeText:
    """The text of one side.

    Args:
        slots: float32 [n, K, 2 P], positive and negative part side by side.
        present: bool [n, K], False where the text is silent.
        whole: float32 [n, 2 P], the mean over the node's slots, weighted by their strength.
        lift: float32 [n, K], how much more than others the node speaks of each motivation (see `motivation_lift`).
        words: float32 [n, W], the words of its texts (see `core.models.word_features`); None where they were not asked for.
    """

    slots: torch.Tensor
    present: torch.Tensor
    whole: torch.Tensor
    lift: torch.Tensor
    words: torch.Tensor | None = None

    @property
    def worded(self) -> torch.Tensor:
        """float32 [n, 2 P + W], the whole text and, where they were asked for, its words beside it."""
        return self.whole if self.words is None else torch.cat([self.whole, self.words], dim=1)

    def to(self, device: torch.device) -> NodeText:
        words = None if self.words is None else self.words.to(device)
        return NodeText(self.slots.to(device), self.present.to(device), self.whole.to(device), self.lift.to(device), words)


@dataclass(frozen=True)
class TextFeatures:
    """The text of users and items, and the keys of the slots."""

    users: NodeText
    items: NodeText
    motivations: tuple[str, ...]

    @property
    def n_slots(self) -> int:
        return self.users.slots.shape[1]

    @property
    def width(self) -> int:
        return self.users.slots.shape[2]

    def to(self, device: torch.device) -> TextFeatures:
        return TextFeatures(self.users.to(device), self.items.to(device), self.motivations)


def text_features(profiles: Profiles, text_dim: int, words: int = 0) -> TextFeatures:
    """Reduce the pooled embeddings of profiles to ``text_dim`` principal components (all of them where there are fewer).

    The components come from the whole-profile vectors of users and items, which hold training reviews only.

    Args:
        words: W, directions of the words of their texts (see `core.models.word_features`); 0 for none.
    """
    components = text_components(profiles, text_dim)
    users, items = (node_text(text, components) for text in (profiles.users, profiles.items))
    if words > 0:
        of_users, of_items = word_features(profiles.statements, len(users.whole), len(items.whole), words)
        users, items = replace(users, words=of_users), replace(items, words=of_items)
    return TextFeatures(users, items, tuple(profiles.taxonomy.keys))


def text_components(profiles: Profiles, text_dim: int) -> torch.Tensor:
    """float32 [D, P]: the directions the embeddings of profiles are reduced to."""
    if text_dim >= profiles.users.positive.shape[2]:
        return torch.eye(profiles.users.positive.shape[2])
    wholes = torch.cat([_whole(profiles.users, sign) for sign in ("positive", "negative")] + [_whole(profiles.items, "positive")])
    return _principal_components(wholes[wholes.norm(dim=1) > 0], text_dim)


def motivation_prior(weight: torch.Tensor) -> torch.Tensor:
    """Float [K]: each motivation's share of the summed strength (``weight``: float [n, K]) of all statements, no less than 0.001."""
    return (weight.sum(0) / weight.sum().clamp(min=1e-9)).clamp(min=1e-3)


def motivation_lift(weight: torch.Tensor, prior: torch.Tensor | None = None) -> torch.Tensor:
    """How much more than others a node speaks of each motivation, shrunk towards 1 where it says little.

        p_k = sum_n w_nk / sum_nk w_nk            share of motivation k among all
        lift_nk = (w_nk + m p_k) / ((sum_k w_nk + m) p_k)      m = `SHRINKAGE`; 1 for a silent node

    Args:
        weight: float [n, K], summed strength of the node's statements per motivation.
        prior: float [K], p of all nodes of the side, where ``weight`` is not that of all of them.
    """
    prior = motivation_prior(weight) if prior is None else prior
    return (weight + SHRINKAGE * prior) / ((weight.sum(1, keepdim=True) + SHRINKAGE) * prior)


def _principal_components(rows: torch.Tensor, count: int) -> torch.Tensor:
    """float32 [D, count]: leading eigenvectors of the uncentred second moment (the mean direction is worth keeping)."""
    if len(rows) == 0 or count >= rows.shape[1]:
        return torch.eye(rows.shape[1])
    moment = rows.double().T @ rows.double() / len(rows)
    return torch.linalg.eigh(moment).eigenvectors[:, -count:].flip(1).float()


def _whole(text: SlotText, sign: str) -> torch.Tensor:
    """float32 [n, D]: mean over slots of one polarity, weighted by strength; zero where there is none."""
    vectors, weights = getattr(text, sign), getattr(text, f"{sign}_weight")
    return torch.einsum("nk,nkd->nd", weights, vectors) / weights.sum(1, keepdim=True).clamp(min=1e-9)


def node_text(text: SlotText, components: torch.Tensor, prior: torch.Tensor | None = None) -> NodeText:
    """The text of all nodes of a side; or of others, read with the training's ``components`` and the ``prior`` of its side."""
    slots = torch.cat([text.positive @ components, text.negative @ components], dim=2)
    present = (text.positive_weight + text.negative_weight) > 0
    whole = torch.cat([_whole(text, "positive") @ components, _whole(text, "negative") @ components], dim=1)
    return NodeText(slots, present, whole, motivation_lift(text.positive_weight + text.negative_weight, prior))
