"""KAR (Xi et al., RecSys 2024, arXiv 2306.10933) around a graph backbone, as the authors of RLMRec ran it beside their models.

KAR is a ranker's method: what a language model knows of users and items becomes further input features. How RLMRec's authors took it
to collaborative filtering is told in words alone (issue 27 of HKUDS/RLMRec): experts and gates are MLPs over the same text
embeddings, and each augmented vector is concatenated with the embedding of its node. What is done here:

    a_v = sum_e alpha_e(x_v) E_e(x_v),   alpha(x) = softmax(G x + b)      hybrid-expert adaptor of KAR
    z_v = W_h h_v + W_a a_v                                               concatenated with the backbone's vector, then projected
    L   = L_rec(z) + the backbone's own losses + regularisation

x_v is the whole profile of node v, the same text every model here reads; e runs over the experts shared by both sides and those of
the side of v alone; G, W_h and W_a are of one side. The concatenation [h; a] takes the vector h that the backbone gives, **after**
its propagation: so it works around any backbone, and text added before the propagation was measured to overfit. Nothing aligns a
with h: KAR has no such loss. W_h starts as the identity, so that the training begins at the backbone. The place of the join, W and its
start are our decisions.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from core.models.backbones import Backbone
from core.models.base import RecommendationModel
from core.models.collaborative import embedding_norm
from core.models.config import ModelConfig
from core.models.distinct import distinct
from core.models.recommendation import Batch, RecommendationLoss
from core.models.text_features import TextFeatures

HIDDEN = 128
"""Units of an expert's hidden layer, as in KAR's published code."""
SIDES = ("user", "item")


class Experts(nn.Module):
    """Several MLPs D -> 128 -> d with ReLU, evaluated together.

    Args:
        count: E. width: D, of the input. dim: d, of the output. generator: source of the initial values.
    """

    def __init__(self, count: int, width: int, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.first = nn.Parameter(_xavier(count, width, HIDDEN, generator))
        self.first_bias = nn.Parameter(torch.zeros(count, HIDDEN))
        self.second = nn.Parameter(_xavier(count, HIDDEN, dim, generator))
        self.second_bias = nn.Parameter(torch.zeros(count, dim))

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        """Float [n, D] -> [n, E, d]."""
        hidden = functional.relu(torch.einsum("nw,ewh->neh", text, self.first) + self.first_bias)
        return torch.einsum("neh,ehd->ned", hidden, self.second) + self.second_bias


class HybridExpertAdaptor(nn.Module):
    """Mixtures of shared and dedicated experts, with a gate for each side, KAR's knowledge adaptation.

    Args:
        width: D, of the text. dim: d, of the augmented vectors. config: ``shared_experts``, ``experts``, ``text_dropout``.
        generator: source of the initial values.
    """

    def __init__(self, width: int, dim: int, config: ModelConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.dropout = config.text_dropout
        self.shared = Experts(config.shared_experts, width, dim, generator)
        self.dedicated = nn.ModuleDict({side: Experts(config.experts, width, dim, generator) for side in SIDES})
        count = config.shared_experts + config.experts
        self.gates = nn.ModuleDict({side: nn.Linear(width, count) for side in SIDES})
        for gate in self.gates.values():
            assert isinstance(gate, nn.Linear)
            with torch.no_grad():
                gate.weight.copy_(_xavier(1, width, count, generator)[0].T)
                gate.bias.zero_()

    def forward(self, side: str, text: torch.Tensor) -> torch.Tensor:
        """Augmented vectors of nodes of one side: float [n, D] -> [n, d]."""
        text = functional.dropout(text, self.dropout, self.training)
        experts = torch.cat([self.shared(text), self.dedicated[side](text)], dim=1)
        shares = self.gates[side](text).softmax(dim=1)
        return torch.einsum("ne,ned->nd", shares, experts)


class KAR(RecommendationModel):
    """A backbone whose vectors are joined with what the adaptor makes of the text.

    Args:
        backbone: any. text: the profiles of both sides. config: also ``regularisation`` of the backbone's embeddings.
        generator: source of the initial values.
    """

    def __init__(self, backbone: Backbone, text: TextFeatures, config: ModelConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.backbone, self.config = backbone, config
        dim = backbone.dim
        for side, node_text in zip(SIDES, (text.users, text.items), strict=True):
            self.register_buffer(f"{side}_text", node_text.worded, persistent=False)
        self.adaptor = HybridExpertAdaptor(text.items.worded.shape[1], dim, config, generator)
        begin = {side: torch.cat([torch.eye(dim), _xavier(1, dim, dim, generator)[0]]) for side in SIDES}
        self.projection = nn.ParameterDict({side: nn.Parameter(begin[side]) for side in SIDES})
        self.recommendation = RecommendationLoss(config)

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        users, items, own = self.backbone.step(batch)
        batch = batch.hardest(users, items)
        # Only the nodes of the batch, each once: the experts cost more than the propagation.
        users_met = distinct(batch.users, len(users))
        items_met = distinct(torch.cat([batch.positives, batch.negatives]), len(items))
        positives, negatives = items_met.place.split([len(batch.positives), len(batch.negatives)])
        joined = self._joined("user", users, users_met.nodes), self._joined("item", items, items_met.nodes)
        return {
            "recommendation": self.recommendation(*joined, Batch(users_met.place, positives, negatives, batch.excluded)),
            "regularisation": self.config.regularisation * embedding_norm(self.backbone, batch),
            **own,
        }

    def _joined(self, side: str, view: torch.Tensor, nodes: torch.Tensor) -> torch.Tensor:
        """Z of some nodes of a side [m, d], of the backbone's vectors of all nodes [n, d]."""
        augmented = self.adaptor(side, self.get_buffer(f"{side}_text")[nodes])
        return torch.cat([view[nodes], augmented], dim=1) @ self.projection[side]

    @torch.no_grad()
    def vectors(self) -> dict[str, torch.Tensor]:
        """ "user" [n_users, 1, d] and "item" [n_items, 1, d]."""
        views = zip(SIDES, self.backbone(), strict=True)
        return {side: self._joined(side, view, torch.arange(len(view), device=view.device)).unsqueeze(1) for side, view in views}


def _xavier(count: int, width: int, dim: int, generator: torch.Generator) -> torch.Tensor:
    return torch.randn(count, width, dim, generator=generator) * (2 / (width + dim)) ** 0.5
