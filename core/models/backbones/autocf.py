"""AutoCF (Xia et al., WWW 2023, arXiv 2303.07797): a masked graph autoencoder that chooses what to hide."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from core.models.backbones.graph_attention import GraphAttention, Pairs
from core.models.backbones.lightgcn import LightGCN
from core.models.config import ModelConfig
from core.models.distinct import distinct
from core.models.graph import Interactions
from core.models.losses import log_partition
from core.models.recommendation import Batch

HEADS = 4
RANDOM_NODES = 0.2
"""Share of all nodes that join the hidden ones in the pairs the decoder looks at."""
INFOMAX_WEIGHT = 0.1
"""The published training adds this term at weight 1 in every tenth step, when it chooses seeds anew."""


class AutoCF(LightGCN):
    """Encoder: LightGCN over the graph without the surroundings of some seeds; decoder: self-attention over what is left and over
    random pairs of hidden nodes; all layers are joined (eq. 6-10). Recommendations are made over the whole graph.

    A step chooses ``mask_seeds`` seeds, those whose vector agrees most with their one- and two-step neighbours' mean, disturbed by Gumbel
    noise (eq. 3-5), and hides all interactions of the seeds and of their neighbours. Its own losses (eq. 11-13, in RLMRec's published
    form): "reconstruction", a softmax over all items for each interaction of the batch; "contrast", ``ssl_weight`` times
    log sum exp between all users and between all items; "infomax", minus the mean log agreement of nodes and neighbours.

    Deviations from the published training: it has no other recommendation loss, while here the model's comes on top; seeds are chosen
    anew in every step instead of every tenth; as many random pairs are drawn as there are interactions (there: twice as many), and a
    pair drawn twice counts twice.

    Args:
        interactions, width, generator: as in LightGCN. config: LightGCN's settings without ``edge_keep``, ``mask_seeds``, ``ssl_weight``.
    """

    def __init__(self, interactions: Interactions, config: ModelConfig, width: int, generator: torch.Generator) -> None:
        super().__init__(interactions, config, width, generator)
        self.ssl_weight, self.n_seeds = config.ssl_weight, config.mask_seeds
        self.scale = 1 / (config.layers + 2) if config.layer_combination == "mean" else 1.0
        self.attention = GraphAttention(width, math.gcd(width, HEADS), generator)
        rows = torch.arange(self.n_users + self.n_items).repeat_interleave(self.adjacency.offsets.diff())
        self.register_buffer("rows", rows, persistent=False)

    rows: torch.Tensor

    @property
    def ends_users(self) -> torch.Tensor:
        """The user of each interaction, int64 [n_interactions]."""
        return self.rows[: len(self.adjacency.mirror)]

    @property
    def ends_items(self) -> torch.Tensor:
        """The item's place among all nodes."""
        return self.adjacency.neighbours[: len(self.adjacency.mirror)]

    def forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        return self.sides(self.decoded(None, self.whole_pairs()))

    def decoded(self, weights: torch.Tensor | None, pairs: Pairs) -> torch.Tensor:
        """All layers of encoder (over A or with its entries replaced) and decoder, joined: float [n_users + n_items, dim]."""
        layers: list[torch.Tensor] = [self.embedding]
        for _ in range(self.layers):
            layers.append(self.adjacency(layers[-1], weights))
        layers.append(self.attention(layers[-1], pairs))
        return torch.stack(layers).sum(0) * self.scale

    def step(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        relatedness = functional.logsigmoid(self.agreement())
        near = self.near(self.seeds(relatedness.detach()))
        kept = self.kept(near)
        users, items = self.sides(self.decoded(self.weights_of(kept), self.decoder_pairs(near, kept)))
        share = torch.full_like(users[batch.users, 0], 1 / len(batch.users)).detach()
        anchors = users[batch.users]
        reconstruction = log_partition(anchors, items, share) - (anchors * items[batch.positives]).sum(1).mean()
        contrast = _spread(users, batch.users) + _spread(items, batch.positives)
        return (
            users,
            items,
            {"reconstruction": reconstruction, "contrast": self.ssl_weight * contrast, "infomax": -INFOMAX_WEIGHT * relatedness.mean()},
        )

    def agreement(self) -> torch.Tensor:
        """Cosine of each node with the mean over the paths of one and of two steps that lead away from it: float [n]."""
        ones = torch.ones_like(self.adjacency.weights)
        degree = self.adjacency.offsets.diff().to(self.embedding.dtype).unsqueeze(1)
        first = self.adjacency(self.embedding, ones)
        second = self.adjacency(first, ones) - degree * self.embedding
        # The mean differs from the sum by a factor alone, which a cosine does not see.
        return functional.cosine_similarity(first + second, self.embedding, dim=1)

    def seeds(self, relatedness: torch.Tensor) -> torch.Tensor:
        """The nodes of largest relatedness plus Gumbel noise, marked: float [n]."""
        noise = -torch.empty_like(relatedness).exponential_().log()
        chosen = (relatedness + noise).topk(min(self.n_seeds, len(relatedness))).indices
        return torch.zeros_like(relatedness).index_fill_(0, chosen, 1.0)

    def near(self, seeds: torch.Tensor) -> torch.Tensor:
        """Seeds and their neighbours: bool [n]."""
        return (self.adjacency(seeds.unsqueeze(1)).squeeze(1) + seeds) > 0

    def kept(self, near: torch.Tensor) -> torch.Tensor:
        """The interactions with neither end among the hidden nodes: float [n_interactions]."""
        return (~(near[self.ends_users] | near[self.ends_items])).to(self.embedding.dtype)

    def weights_of(self, kept: torch.Tensor) -> torch.Tensor:
        """Entries of the adjacency of the interactions kept, normalised by their own degrees."""
        entries = self.adjacency.both_directions(kept)
        degree = self.adjacency(torch.ones_like(self.embedding[:, :1]).detach(), entries).squeeze(1)
        scale = degree.clamp(min=1).rsqrt()
        return self.adjacency.both_directions(kept * scale[self.ends_users] * scale[self.ends_items])

    def whole_pairs(self) -> Pairs:
        """All interactions: the adjacency's own lists are these pairs, sorted already."""
        graph = self.adjacency
        n_interactions = len(graph.mirror)
        transposed = graph.mirror.new_empty(2 * n_interactions)
        transposed[n_interactions:] = graph.mirror
        transposed[graph.mirror] = torch.arange(n_interactions, 2 * n_interactions, device=graph.mirror.device)
        return Pairs(self.rows, graph.neighbours, graph.offsets, transposed, torch.ones_like(graph.weights))

    def decoder_pairs(self, near: torch.Tensor, kept: torch.Tensor) -> Pairs:
        """What is left of the interactions, every node with itself, and random pairs of hidden and some other nodes."""
        n_nodes, n_random = len(near), len(kept)
        pool = near | (torch.rand(n_nodes, device=near.device) < RANDOM_NODES)
        # The pool's nodes first: a draw from them needs their number, but the host need not know it.
        ordered = pool.to(torch.int8).argsort(descending=True, stable=True)
        draws = (torch.rand(2, n_random, device=near.device) * pool.sum()).long()
        first, second = ordered[draws]
        itself = torch.arange(n_nodes, device=near.device)
        present = torch.cat([kept, torch.full_like(near, 0.5, dtype=kept.dtype), torch.ones_like(kept)])
        # A node is paired with itself in both directions, so each counts half.
        return Pairs.of(torch.cat([self.ends_users, itself, first]), torch.cat([self.ends_items, itself, second]), present, n_nodes)


def _spread(nodes: torch.Tensor, met: torch.Tensor) -> torch.Tensor:
    """Mean over the different nodes of the batch of log sum_v exp(<n, v>), v over all nodes of the side."""
    different = distinct(met, len(nodes))
    return log_partition(nodes[different.nodes], nodes, different.once / different.once.sum())
