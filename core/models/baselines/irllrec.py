"""IRLLRec (Wang et al., "Intent Representation Learning with Large Language Model for Recommendation", SIGIR 2025, arXiv 2502.03307).

    h = backbone(A);  p = MLP_p(profile);  z = MLP_z(intent text)                   dual tower, all in the space of the backbone
    r = D^-1 S h,  s_ui = (1 + cos(i_u, i_i)) / 2,  i = softmax(h C^T) C            interaction intents, C learnable per side
    L = L_rec(h) + w_a RLMRec-Con(h, p)                                             profile alignment, as in RLMRec
        + w_i RLMRec-Con(r, z)                                                      pairwise alignment of intents
        + w_t InfoNCE(z + z * e, h + h * e')                                        translation alignment under noise e, e'
        + w_m KL(0.4 one-hot + 0.6 softmax_m cos(r_n, z'_m)/tau || softmax_m cos(r_n, z_m)/tau), both directions      matching

z' is the momentum teacher of MLP_z. Formulas after the authors' published code, with these deviations:

* Matching: the code takes the softmax over the dimensions of z alone, where the interactions play no part, at a weight of 1e-4 to 1e-7.
  Here the softmax is over the nodes compared, between both modalities, which is what matching means and what has an effect. The code's
  shares (0.4 hard, 0.6 distilled) stay. The teacher is of the text tower alone, as in the code; r stands without gradient in its targets.
* Translation runs over all nodes in the code (a matrix of n x n); here, as matching, over ``aligned_nodes`` of each side, those of the
  batch first.
* r is aggregated in every layer of LightGCN there; here once from the backbone's vectors, so that any backbone will do.
* The texts are the same as every model's here. Profile: ``whole``. Intent text: the slots (one per motivation), weighed by how much more
  than others the node speaks of each (``lift``), in place of a second summary by the LLM of what drives the node.
* A node without text takes no part in an alignment; dropout on the MLPs' inputs (`text_dropout`; 0 is the published setting).
"""

from __future__ import annotations

import torch
from torch import nn

from core.models.backbones import Backbone
from core.models.backbones.adaptive_graph import AdaptiveGraph
from core.models.base import RecommendationModel
from core.models.baselines.rlmrec import TextAlignment
from core.models.collaborative import embedding_norm
from core.models.config import ModelConfig
from core.models.distinct import chosen_nodes
from core.models.graph import Interactions, NormalisedAdjacency
from core.models.losses import CorrespondenceLoss
from core.models.losses.translation import TranslationLoss
from core.models.momentum import follow, teacher_of
from core.models.recommendation import Batch, RecommendationLoss
from core.models.text_features import NodeText, TextFeatures

HARD_SHARE = 0.4
"""Share of the one-hot target in matching (the published code)."""


class IRLLRec(RecommendationModel):
    """Intents from text and from interactions, aligned around any backbone; at inference the backbone's vectors alone.

    Args:
        backbone: the collaborative encoder. interactions: of training. text: of training reviews only.
        config: ``align_weight``, ``intent_weight``, ``translation_weight``, ``matching_weight``, ``align_temperature`` of all four,
            ``intents``, ``momentum``, ``aligned_nodes``, ``text_dropout``. generator: source of the initial values.
    """

    def __init__(
        self, backbone: Backbone, interactions: Interactions, text: TextFeatures, config: ModelConfig, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.config = config
        self.recommendation = RecommendationLoss(config)
        self.profile = TextAlignment(text.users.worded, text.items.worded, backbone.dim, config, generator)
        self.intent = TextAlignment(intent_text(text.users), intent_text(text.items), backbone.dim, config, generator)
        self.interaction_intents = InteractionIntents(backbone.dim, interactions, config, generator)
        self.translation = TranslationLoss(config.align_temperature)
        self.matching = CorrespondenceLoss(config.align_temperature, HARD_SHARE)
        self.teacher = teacher_of(self.intent.encoder)
        self.n_speaking_items = int(self.intent.item_speaks.sum())

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        users, items, own = self.backbone.step(batch)
        batch = batch.hardest(users, items)
        user_intents, item_intents = self.interaction_intents(users, items)
        terms = {
            "recommendation": self.recommendation(users, items, batch),
            "regularisation": self.config.regularisation * embedding_norm(self.backbone, batch),
            "alignment": self.config.align_weight * self.profile(users, items, batch),
            "intents": self.config.intent_weight * self.intent(user_intents, item_intents, batch),
            "translation": users.new_zeros(()),
            "matching": users.new_zeros(()),
            **own,
        }
        sides = (
            (batch.users, users, user_intents, self.intent.user_text, self.intent.user_place >= 0, len(self.intent.speaking_users)),
            (
                torch.cat([batch.positives, batch.negatives]), items, item_intents, self.intent.item_text, self.intent.item_speaks > 0,
                self.n_speaking_items,
            ),
        )  # fmt: skip
        for rows, vectors, intents, text, speaks, n_speaking in sides:
            if n_speaking == 0:
                continue
            nodes = chosen_nodes(rows, len(text), min(self.config.aligned_nodes, n_speaking), speaks)
            said = self.intent.encoder(text[nodes])
            taught = self._of_teacher(text[nodes])
            matched = self.matching(intents[nodes], said, intents[nodes], taught)
            terms["translation"] = terms["translation"] + self.config.translation_weight * self.translation(said, vectors[nodes])
            terms["matching"] = terms["matching"] + self.config.matching_weight * matched
        return terms

    @torch.no_grad()
    def _of_teacher(self, text: torch.Tensor) -> torch.Tensor:
        self.teacher.eval()
        taught: torch.Tensor = self.teacher(text)
        return taught

    def after_step(self) -> None:
        """Let the teacher follow."""
        follow(self.teacher, self.intent.encoder, self.config.momentum)

    @torch.no_grad()
    def vectors(self) -> dict[str, torch.Tensor]:
        users, items = self.backbone()
        return {"user": users.unsqueeze(1), "item": items.unsqueeze(1)}


class InteractionIntents(nn.Module):
    """r = D^-1 S h: the neighbours of a node, each as far as its intents agree with the node's.

    Args:
        dim: d, of the vectors. interactions: of training. config: ``intents``. generator: source of the initial values.
    """

    def __init__(self, dim: int, interactions: Interactions, config: ModelConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.graph = AdaptiveGraph(interactions, NormalisedAdjacency(interactions))
        spread = (6 / (dim + config.intents)) ** 0.5  # Xavier's
        self.intents = nn.Parameter((torch.rand(2, config.intents, dim, generator=generator) * 2 - 1) * spread)

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """H of all users [n_users, d] and items [n_items, d] -> r of both; zero for nodes without interactions."""
        read = [(side @ own.T).softmax(dim=1) @ own for side, own in zip((users, items), self.intents, strict=True)]
        aggregated: torch.Tensor = self.graph(torch.cat([users, items]), torch.cat(read))
        user_intents, item_intents = aggregated.split([len(users), len(items)])
        return user_intents, item_intents


def intent_text(text: NodeText) -> torch.Tensor:
    """Slots of a node weighed by their lift: sum_k present_k lift_k x_k / sum_k present_k lift_k, float [n, 2 P]; zero where silent."""
    weight = text.lift * text.present
    return torch.einsum("nk,nkd->nd", weight, text.slots) / weight.sum(1, keepdim=True).clamp(min=1e-9)
