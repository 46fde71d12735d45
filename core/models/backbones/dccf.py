"""DCCF (Ren et al., SIGIR 2023, arXiv 2305.02759): disentangled intents and adaptive graphs, contrasted with the plain one."""

from __future__ import annotations

import torch
from torch import nn

from core.models.backbones.adaptive_graph import AdaptiveGraph
from core.models.backbones.lightgcn import LightGCN
from core.models.config import ModelConfig
from core.models.distinct import distinct
from core.models.graph import Interactions
from core.models.losses import NodeContrastLoss
from core.models.recommendation import Batch

READINGS = 5
"""What a layer is the sum of, so that it may be as many times as long as the last one."""


class DCCF(LightGCN):
    """Each layer adds four readings of the last one to it, E_{l+1} = Z + R + H_z + H_r + E_l, and the layers are joined, by their sum or by
    the mean of all that is summed in them (the mean of the layers would begin many times as long as LightGCN's, and overfits at once):

    * Z = A E, the plain graph (eq. 2); R = softmax(E C^T) C, with learnable intents C of users and of items (eq. 3-4);
    * H_z and H_r, the mean over the neighbours, weighed by how far both ends agree in Z and in R (eq. 6-8).

    A training step adds ``ssl_weight`` times InfoNCE of Z with each of the other three, in every layer, for the different users and
    positive items of the batch, which are each other's negatives (eq. 10-12; settings of RLMRec's published code). Joined by their mean, it
    is divided by as much as the layers are, or it would drown what ranking teaches an embedding that is scaled down so far.

    Args:
        interactions, width, generator: as in LightGCN.
        config: LightGCN's settings, ``intents``, ``ssl_weight``, ``ssl_temperature``. ``edge_keep`` thins the plain graph alone, and
            ``regularisation`` acts on the embeddings alone, not on the intents.
    """

    def __init__(self, interactions: Interactions, config: ModelConfig, width: int, generator: torch.Generator) -> None:
        super().__init__(interactions, config, width, generator)
        self.ssl_weight = config.ssl_weight
        if config.layer_combination == "mean":
            self.scale = 1 / sum(READINGS**layer for layer in range(config.layers + 1))
        self.adaptive = AdaptiveGraph(interactions, self.adjacency)
        spread = (6 / (width + config.intents)) ** 0.5  # Xavier's
        shape = (2, config.intents, width)
        self.intents = nn.Parameter((torch.rand(shape, generator=generator) * 2 - 1) * spread)
        self.contrast = NodeContrastLoss(config.ssl_temperature)

    def propagated(self, weights: torch.Tensor | None = None) -> torch.Tensor:
        return self.readings(weights)[0]

    def readings(self, weights: torch.Tensor | None = None) -> tuple[torch.Tensor, list[tuple[torch.Tensor, ...]]]:
        """The joined layers, float [n_users + n_items, dim], and of each layer Z, R, H_z and H_r."""
        nodes: torch.Tensor = self.embedding
        joined = nodes
        layers: list[tuple[torch.Tensor, ...]] = []
        for _ in range(self.layers):
            plain = self.adjacency(nodes, weights)
            intents = torch.cat([_of_intents(*side) for side in zip(self.sides(nodes), self.intents, strict=True)])
            layers.append((plain, intents, self.adaptive(nodes, plain), self.adaptive(nodes, intents)))
            nodes = nodes + torch.stack(layers[-1]).sum(0)
            joined = joined + nodes
        return joined * self.scale, layers

    def step(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        joined, layers = self.readings(self.step_weights())
        users, items = self.sides(joined)
        if self.ssl_weight == 0:
            return users, items, {}
        contrast = joined.new_zeros(())
        users_met, items_met = distinct(batch.users, self.n_users), distinct(batch.positives, self.n_items)
        for nodes, once in ((users_met.nodes, users_met.once), (self.n_users + items_met.nodes, items_met.once)):
            for plain, *others in layers:
                anchors = plain[nodes]
                for other in others:
                    contrast = contrast + self.contrast.among(anchors, other[nodes], once)
        return users, items, {"contrast": self.ssl_weight * self.scale * contrast}


def _of_intents(nodes: torch.Tensor, intents: torch.Tensor) -> torch.Tensor:
    return (nodes @ intents.T).softmax(dim=1) @ intents
