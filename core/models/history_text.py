"""The words of what a user took: per motivation, what reviews say of the items of a history against what they say of a candidate.

    m_uk = mean of x_jk over the items j of u's history that speak of k       x: pooled text of an item, K slots and whole
    f(x)_k = MLP_k(x_k) + (MLP([x; w]))_k                                     one text encoder for histories and items
    r_u = g_u f(m_u) / |g_u f(m_u)|,  r_i = f(x_i)                            g: motivation gate; r_i less its mean, once trained
    L = sampled softmax over <r_u, r_i>, with m_u taken over the history without the positive item

Leaving the positive out of the history it is compared with is what makes it work: an item's words are the likest to themselves, and a
model that sees them on both sides learns little else (a first trial on musical instruments, validation: recall@20 0.165 with it, 0.194
without it). Not in LMMRec's paper. AlphaRec (arXiv 2407.05441) makes users of their items' words too, in one vector and with the positive
among them; that an item must not explain itself is the zero diagonal of EASE (arXiv 1905.03375). Beside the whole text stand its words
themselves, w (`core.models.word_features`); in the single slots, where few words are said, they brought nothing.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from core.models.base import flat
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.known import KnownPairs
from core.models.losses import SampledSoftmaxLoss
from core.models.recommendation import Batch
from core.models.text_encoder import SlotTextEncoder, TextEncoder
from core.models.text_features import NodeText

Vectors = dict[str, torch.Tensor]
Pair = tuple[torch.Tensor, torch.Tensor]
SHARES = {1.0: "in full", 0.5: "by half", 0.0: "for nothing"}
"""How much the words of the history may count, in numbers and in words; which does is chosen on validation."""
_AT_A_TIME = 8192


class HistoryText(nn.Module):
    """Recommends by text alone; trained beside the dual encoder, sharing nothing with it.

    Args:
        interactions: the training interactions. items: the items' text, of training reviews only.
        gate: float [n_users, K], see `core.models.lmmrec.DualEncoder`; None: ones.
        config: ``history_dim`` dimensions a slot, ``history_rows`` interactions a step, ``history_temperature``, ``negatives``, and the
            text encoder's; ``history_scale``. generator: source of the initial values.

    ``share``, one of `SHARES`, is chosen on validation and kept with the parameters: of texts that say little of what people choose
    (profiles a language model wrote of each restaurant) these words only take places from behaviour.
    """

    gate: torch.Tensor | None
    share: torch.Tensor
    slot_sums: torch.Tensor
    speaking: torch.Tensor
    whole_text: torch.Tensor
    whole_sums: torch.Tensor
    sizes: torch.Tensor

    def __init__(
        self, interactions: Interactions, items: NodeText, gate: torch.Tensor | None, config: ModelConfig, generator: torch.Generator
    ) -> None:
        super().__init__()
        n_slots, width = items.slots.shape[1:]
        self.text, self.n_slots, self.dim = items, n_slots, config.history_dim
        self.rows, self.negatives = slice(config.history_rows), config.negatives
        self.slots = SlotTextEncoder(n_slots, width, self.dim, config, generator)
        whole = items.worded
        self.register_buffer("whole_text", whole, persistent=False)
        self.whole = TextEncoder(whole.shape[1], n_slots * self.dim, config, generator)
        self.softmax = SampledSoftmaxLoss(config.history_temperature)
        self.known = KnownPairs(interactions)
        ones = items.whole.new_ones(interactions.n_items, 1)
        sums = {"slot_sums": items.slots, "speaking": items.present.float(), "whole_sums": whole, "sizes": ones}
        for name, of_items in sums.items():
            self.register_buffer(name, _summed(interactions, of_items), persistent=False)
        self.register_buffer("gate", gate, persistent=False)
        self.scale = config.history_scale
        self.register_buffer("share", torch.ones((), device=items.whole.device))

    def loss(self, batch: Batch) -> torch.Tensor:
        """Over the first ``history_rows`` interactions of a batch."""
        users, positives = batch.users[self.rows], batch.positives[self.rows]
        negatives, excluded = self.known.shared_negatives(batch, self.rows, self.negatives)
        items = self.items(torch.cat([positives, negatives])).flatten(1)
        own, others = items.split([len(positives), len(negatives)])
        return self.softmax(self.users(users, without=positives).flatten(1), own, others, excluded)

    def users(self, users: torch.Tensor, without: torch.Tensor | None = None) -> torch.Tensor:
        """r_u of some users: float [m, K, s]. Where ``without`` names an item of each one's history (int64 [m]), it is left out."""
        slots, speaking, whole, sizes = (sums[users] for sums in (self.slot_sums, self.speaking, self.whole_sums, self.sizes))
        if without is not None:
            slots, speaking = slots - self.text.slots[without], speaking - self.text.present[without].float()
            whole, sizes = whole - self.whole_text[without], sizes - 1
        read = self._read(slots / speaking.clamp(min=1).unsqueeze(-1), speaking > 0, whole / sizes.clamp(min=1))
        if self.gate is not None:
            read = read * self.gate[users].unsqueeze(-1)
        # Who has no other item has said nothing: no direction, not that of the encoder's bias.
        return functional.normalize(read.flatten(1), dim=1).view_as(read) * (sizes > 0).unsqueeze(-1)

    def items(self, items: torch.Tensor) -> torch.Tensor:
        """r_i of some items: float [m, K, s]."""
        return self._read(self.text.slots[items], self.text.present[items], self.whole_text[items])

    def _read(self, slots: torch.Tensor, present: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
        return self.slots(slots, present) + self.whole(whole).unflatten(1, (self.n_slots, self.dim))

    @torch.no_grad()
    def everybody(self) -> Pair:
        """Vectors r of all users and of all items: float [n, K, s], those of items without their mean.

        What all items share adds the same to all scores of a user: no place in a list hangs on it, and softmax leaves its size to
        chance. Without it a motivation's term tells how the item differs from the mean one.
        """
        sides = ((self.users, len(self.sizes)), (self.items, len(self.whole_text)))
        users, items = (
            torch.cat([read(some) for some in torch.arange(count, device=self.share.device).split(_AT_A_TIME)]) for read, count in sides
        )
        return users, items - items.mean(dim=0)

    @torch.no_grad()
    def beside(self, vectors: Vectors, words: Pair) -> Vectors:
        """The vectors of a run with r beside each slot, so that a motivation's term of a score is <e_uk, e_ik> + <r_uk, r_ik>.

        r is brought to ``history_scale`` times ``share`` of the spread that a user's scores have without it, and to their balance of
        the two sides.

        Args:
            words: as `everybody` gives them.
        """
        users, items = words
        others = score_spread(flat(vectors, "user"), flat(vectors, "item"))
        factor = self.scale * self.share * others / score_spread(users.flatten(1), items.flatten(1)).clamp(min=1e-12)
        balance = _length(vectors["user"]) / _length(vectors["item"]) * _length(items) / _length(users)
        lengths = {"user": (factor * balance).sqrt(), "item": (factor / balance).sqrt()}
        return vectors | {
            side: torch.cat([vectors[side], lengths[side] * read], dim=2) for side, read in zip(("user", "item"), words, strict=True)
        }


def score_spread(users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
    """How far a user's scores lie apart, scalar: the root of the mean over users of the variance over items of <u, i>.

    Args:
        users: float [n_users, D]. items: float [n_items, D].
    """
    centred = items - items.mean(dim=0)
    return ((users.T @ users / len(users)) * (centred.T @ centred / len(items))).sum().clamp(min=0).sqrt()


def _length(nodes: torch.Tensor) -> torch.Tensor:
    return nodes.square().mean().sqrt().clamp(min=1e-12)


def _summed(interactions: Interactions, of_items: torch.Tensor) -> torch.Tensor:
    """Float [n_items, ...] -> [n_users, ...]: the sum over each user's training items."""
    sums = interactions.matrix() @ of_items.flatten(1).cpu().numpy()
    return torch.from_numpy(sums).to(of_items.device).unflatten(1, of_items.shape[1:])
