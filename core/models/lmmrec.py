"""LMMRec (arXiv 2602.05474) around any backbone: interaction view with prototypes, text view, and what keeps them together.

    [h; b] = backbone(A)                         interaction encoder: slots h_1 .. h_K, and behaviour b that no text is asked about
    p_kc = softmax_c(<h_k, c_kc> / tau_p)        motivation prototypes, per slot, centred
    z_k = g_k (h_k + sum_c p_kc c_kc)            interaction view; g: motivation gate of users, 1 for items
    t_k = MLP_k(x_k),  t = MLP(x)                text view, per slot and of the whole profile
    e_k = z_k + g_k (t_k + (t)_k)                both views summed, the text's at their scales; (t)_k: slice k of t
    r_k                                          the words of what a user took, and of an item (`core.models.history_text`)
    score(u, i) = sum_k (<e_uk, e_ik> + <r_uk, r_ik>) + <b_u, b_i>
    L = v L_rec([z; b]) + w (L_rec(z) + sum_p L_rec(b_p)) + MCS(z, t) + MCS_slots(z_k, t_k) + ITCM(z, t) + independence
        + L_history(r) + regularisation

The slot form has one named slot per motivation, so the share of a motivation is exact. The vector form is the paper's: one slot without
a name. Behaviour, not in the paper, takes what reviews do not explain; it has parts b_p, and they and the slots also learn to recommend by
themselves (w), which makes them differ as models would that are trained apart (measured: see the README). ``behaviour_dim`` 0 and
``history_dim`` 0 are the paper.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from core.models.backbones import Backbone
from core.models.base import RecommendationModel, Validate
from core.models.collaborative import embedding_norm
from core.models.config import ModelConfig
from core.models.distinct import chosen_nodes
from core.models.graph import Interactions
from core.models.history_text import SHARES, HistoryText
from core.models.losses import CorrespondenceLoss, IndependenceLoss, InfoNCELoss
from core.models.momentum import follow, teacher_of
from core.models.recommendation import Batch, RecommendationLoss
from core.models.text_encoder import SlotTextEncoder, TextEncoder
from core.models.text_features import NodeText, TextFeatures

Pair = tuple[torch.Tensor, torch.Tensor]
"""The same of all users and of all items."""


class DualEncoder(nn.Module):
    """Both encoders: what the student trains and the momentum teacher copies.

    The motivation gate g_uk = lift_uk^gamma weighs a user's slots by how much more than others the user's training reviews speak of
    each motivation, so that what a person cares about decides more of the score; a score stays the exact sum over slots.
    """

    gate: torch.Tensor | None

    def __init__(self, backbone: Backbone, text: TextFeatures, config: ModelConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.backbone = backbone
        self.n_slots = text.n_slots if config.form == "slots" else 1
        slots = config.slot_dim * text.n_slots if config.form == "slots" else config.dim
        self.width = backbone.dim * slots // (slots + config.behaviour_dim)  # a backbone may join several vectors of a node
        self.slot_dim = self.width // self.n_slots
        self.prototype_temperature = config.prototype_temperature
        gated = self.n_slots > 1 and config.motivation_gate > 0
        self.register_buffer("gate", _gate(text, config) if gated else None, persistent=False)
        shape = (self.n_slots, config.prototypes, self.slot_dim)
        self.prototypes = nn.Parameter(torch.randn(shape, generator=generator) * 0.1)
        self.whole_text = TextEncoder(text.width, self.width, config, generator)
        self.slot_text: SlotTextEncoder | None = None
        if config.form == "slots":
            self.slot_text = SlotTextEncoder(self.n_slots, text.width, self.slot_dim, config, generator)

    def parts(self, users: torch.Tensor, items: torch.Tensor) -> tuple[Pair, Pair]:
        """From the backbone's vectors the interaction view z of all users and items, float [n, K s], and behaviour, float [n, F]."""
        slots, behaviour = (users[:, : self.width], items[:, : self.width]), (users[:, self.width :], items[:, self.width :])
        return self._interaction_view(*slots), behaviour

    def _interaction_view(self, users: torch.Tensor, items: torch.Tensor) -> Pair:
        if self.prototypes.shape[1] > 0:
            users, items = self._with_prototypes(torch.cat([users, items])).split([len(users), len(items)])
        if self.gate is not None:
            users = (self.in_slots(users) * self.gate.unsqueeze(-1)).flatten(1)
        return users, items

    def _with_prototypes(self, nodes: torch.Tensor) -> torch.Tensor:
        slots = self.in_slots(nodes).transpose(0, 1)
        # Without a common mean: what all prototypes share would be added to every node and act as an item bias (measured: it
        # makes the training overfit to popularity within a few epochs).
        prototypes = self.prototypes - self.prototypes.mean(dim=1, keepdim=True)
        share = (torch.bmm(slots, prototypes.transpose(1, 2)) / self.prototype_temperature).softmax(dim=2)
        return (slots + torch.bmm(share, prototypes)).transpose(0, 1).reshape(nodes.shape)

    def text_view(self, text: NodeText, nodes: torch.Tensor) -> torch.Tensor:
        """T of some nodes (indices int64 [m]) from their whole profile: float [m, d]."""
        return self.whole_text(text.whole[nodes])

    def slot_view(self, text: NodeText, nodes: torch.Tensor) -> torch.Tensor:
        """t_k of some nodes per slot: float [m, K, s]; zero where the text is silent."""
        assert self.slot_text is not None
        return self.slot_text(text.slots[nodes], text.present[nodes])

    def in_slots(self, nodes: torch.Tensor) -> torch.Tensor:
        """Float [n, d] -> [n, K, s]."""
        return nodes.unflatten(1, (self.n_slots, self.slot_dim))


def _gate(text: TextFeatures, config: ModelConfig) -> torch.Tensor:
    """g_uk = lift_uk^gamma, float [n_users, K]; "other", the last slot, is damped so that it takes only what no named slot can."""
    gate = text.users.lift.pow(config.motivation_gate)
    gate[:, -1] *= config.other_gate
    return gate


class LMMRec(RecommendationModel):
    """Wraps any backbone whose embeddings are as wide as slots and behaviour together.

    Args:
        backbone: the graph encoder. interactions: the training interactions.
        text: what the text encoder reads; training reviews only.
        config: form, weights of the losses. generator: source of the initial values.
    """

    def __init__(
        self, backbone: Backbone, interactions: Interactions, text: TextFeatures, config: ModelConfig, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.config = config
        self.text = text
        self.student = DualEncoder(backbone, text, config, generator)
        self.teacher = teacher_of(self.student) if config.itcm_weight > 0 else None
        self.history: HistoryText | None = None
        if config.reads_history:
            self.history = HistoryText(interactions, text.items, self.student.gate, config, generator)
        self.recommendation = RecommendationLoss(config)
        self.coordination = InfoNCELoss(config.mcs_temperature)
        self.correspondence = CorrespondenceLoss(config.mcs_temperature, config.itcm_alpha)
        self.independence = IndependenceLoss()

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        users, items, own = self.student.backbone.step(batch)
        view, behaviour = self.student.parts(users, items)
        if self.history is not None:  # before the batch's negatives are chosen: these are to be random
            own = own | {"history": self.history.loss(batch)}
        batch = batch.hardest(torch.cat([view[0], behaviour[0]], dim=1), torch.cat([view[1], behaviour[1]], dim=1))
        terms = self._recommending(view, behaviour, batch)
        terms["regularisation"] = self.config.regularisation * embedding_norm(self.student.backbone, batch)
        if batch.number % self.config.align_every == 0:
            terms |= {name: self.config.align_every * term for name, term in self._aligning(*view, batch).items()}
        return terms | own

    def _recommending(self, view: Pair, behaviour: Pair, batch: Batch) -> dict[str, torch.Tensor]:
        """The recommendation loss of slots and behaviour together, of the slots, and of each part of behaviour by itself."""
        if behaviour[0].shape[1] == 0:
            return {"recommendation": self.recommendation(*view, batch)}
        terms = {}
        if self.config.joint_weight > 0:
            users, items = (torch.cat(sides, dim=1) for sides in zip(view, behaviour, strict=True))
            terms["recommendation"] = self.config.joint_weight * self.recommendation(users, items, batch)
        if self.config.part_weight > 0:
            parts = [view, *zip(*(side.chunk(self.config.behaviour_parts, dim=1) for side in behaviour), strict=True)]
            apart = torch.stack([self.recommendation(*part, batch) for part in parts]).sum()
            terms["recommendation_apart"] = self.config.part_weight * apart
        return terms

    def _aligning(self, users: torch.Tensor, items: torch.Tensor, batch: Batch) -> dict[str, torch.Tensor]:
        """MCS, MCS per slot, ITCM and independence over some nodes of the batch."""
        sides = self._sides(batch, users, items)
        weights = {"mcs": self.config.mcs_weight, "slot_mcs": self.config.slot_mcs_weight, "itcm": self.config.itcm_weight}
        terms = {name: users.new_zeros(()) for name, weight in weights.items() if weight > 0}
        teacher = self._teacher_view() if self.teacher is not None else None
        for side, (nodes, view, text) in enumerate(sides):
            whole = self.student.text_view(text, nodes)
            if self.config.mcs_weight > 0:
                terms["mcs"] = terms["mcs"] + self.config.mcs_weight * self.coordination(view, whole)
            if self.config.slot_mcs_weight > 0 and self.student.slot_text is not None:
                some = slice(self.config.slot_nodes)
                slots = self.student.slot_view(text, nodes[some])
                coordination = self.coordination(self.student.in_slots(view[some]), slots, text.present[nodes[some]])
                terms["slot_mcs"] = terms["slot_mcs"] + self.config.slot_mcs_weight * coordination
            if teacher is not None:
                correspondence = self.correspondence(view, whole, teacher[side][nodes], self._teacher_text(text, nodes))
                terms["itcm"] = terms["itcm"] + self.config.itcm_weight * correspondence
        if self.config.independence_weight > 0 and self.student.n_slots > 1:
            views = torch.cat([view for _, view, _ in sides])
            terms["independence"] = self.config.independence_weight * self.independence(self.student.in_slots(views))
        return terms

    def _sides(self, batch: Batch, users: torch.Tensor, items: torch.Tensor) -> tuple[tuple[torch.Tensor, torch.Tensor, NodeText], ...]:
        """Of users and of items some nodes, of the batch first (positive and negative items), each once, with z and their text."""
        user_nodes = chosen_nodes(batch.users, len(users), self.config.aligned_nodes)
        item_nodes = chosen_nodes(torch.cat([batch.positives, batch.negatives]), len(items), self.config.aligned_nodes)
        return (user_nodes, users[user_nodes], self.text.users), (item_nodes, items[item_nodes], self.text.items)

    @torch.no_grad()
    def _teacher_view(self) -> Pair:
        teacher = self.teacher
        assert isinstance(teacher, DualEncoder)
        return teacher.parts(*teacher.backbone())[0]

    @torch.no_grad()
    def _teacher_text(self, text: NodeText, nodes: torch.Tensor) -> torch.Tensor:
        assert isinstance(self.teacher, DualEncoder)
        return self.teacher.text_view(text, nodes)

    def train(self, mode: bool = True) -> LMMRec:
        """As of every module, but the teacher hides nothing from itself."""
        super().train(mode)
        if self.teacher is not None:
            self.teacher.eval()
        return self

    def after_step(self) -> None:
        """Let the teacher follow."""
        if self.teacher is not None:
            follow(self.teacher, self.student, self.config.momentum)

    @torch.no_grad()
    def vectors(self) -> dict[str, torch.Tensor]:
        """ "user" and "item" [n, K, s], the sum of the views, with the words of the history beside it [n, K, s + s'] where they are read;
        the views themselves [n, K, s]; "user_behaviour" and "item_behaviour" [n, F] where there is any.
        """
        return self._joined_views() if self.history is None else self.history.beside(self._joined_views(), self.history.everybody())

    @torch.no_grad()
    def validated(self, validate: Validate, metric: str) -> dict[str, float]:
        """The best figures among the shares that the words of the history may have, which is kept."""
        if self.history is None:
            return super().validated(validate, metric)
        joined, words = self._joined_views(), self.history.everybody()
        figures = {}
        for share in SHARES:
            self.history.share.fill_(share)
            figures[share] = validate(self.history.beside(joined, words))
        best = max(SHARES, key=lambda share: figures[share][metric])
        self.history.share.fill_(best)
        return figures[best]

    def _joined_views(self) -> dict[str, torch.Tensor]:
        vectors = {}
        views, behaviours = self.student.parts(*self.student.backbone())
        for side, view, behaviour, text in zip(("user", "item"), views, behaviours, (self.text.users, self.text.items), strict=True):
            slots, own = self.student.in_slots(view), self._text_views(text)
            added = self._joining(slots, *own)
            vectors[side] = slots + (added if side == "item" or self.student.gate is None else added * self.student.gate.unsqueeze(-1))
            vectors[f"{side}_interaction"] = slots
            vectors[f"{side}_text"] = own[-1]
            if behaviour.shape[1] > 0:
                vectors[f"{side}_behaviour"] = behaviour
        return vectors

    def _text_views(self, text: NodeText) -> tuple[torch.Tensor, ...]:
        """The text view of all nodes, float [n, K, s]: of the whole profile and, in the slots form, of each slot's own text."""
        nodes = torch.arange(len(text.whole), device=text.whole.device)
        whole = self.student.in_slots(self.student.text_view(text, nodes))
        return (whole,) if self.student.slot_text is None else (whole, self.student.slot_view(text, nodes))

    def _joining(self, slots: torch.Tensor, whole: torch.Tensor, own: torch.Tensor | None = None) -> torch.Tensor:
        """What the text views add to the interaction view. They are trained by their direction alone, so they are given its mean length."""
        direction = functional.normalize(whole.flatten(1), dim=1).view_as(whole)
        added = self.config.text_scale * slots.flatten(1).norm(dim=1).mean() * direction
        if own is not None:
            added = added + self.config.slot_text_scale * slots.norm(dim=2).mean(0)[:, None] * functional.normalize(own, dim=2)
        return added
