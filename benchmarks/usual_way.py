"""The usual way of training and measuring LightGCN on a CPU, re-stated plainly: what the speed benchmarks compare with.

Written from how PyTorch tutorials and the public code of RLMRec and SSLRec do it, in our words: the adjacency as a COO tensor whose
product autograd differentiates by itself, all layers kept, stacked and averaged at every step, users and items concatenated anew for
each of them, negatives drawn in a Python loop that looks each pair up in a set, a `DataLoader` that collates single triples, and Adam
as it comes. Evaluation takes a dense row of what is masked for each user, and the metrics user by user in Python lists.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from scipy import sparse
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from core.models.graph import Interactions


def coo_adjacency(interactions: Interactions) -> torch.Tensor:
    """D^-1/2 A D^-1/2 as a coalesced COO tensor."""
    ratings = interactions.matrix()
    adjacency = sparse.bmat([[None, ratings], [ratings.T, None]], format="coo")
    degree = np.asarray(adjacency.sum(axis=1)).ravel()
    scale = np.where(degree > 0, np.maximum(degree, 1) ** -0.5, 0)
    values = torch.tensor(adjacency.data * scale[adjacency.row] * scale[adjacency.col], dtype=torch.float32)
    indices = torch.tensor(np.stack([adjacency.row, adjacency.col]), dtype=torch.int64)
    return torch.sparse_coo_tensor(indices, values, adjacency.shape, check_invariants=False).coalesce()


class UsualLightGCN(nn.Module):
    """LightGCN by plain autograd; the mean of the layers."""

    def __init__(self, interactions: Interactions, dim: int, layers: int, regularisation: float, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.n_users, self.n_items, self.layers, self.regularisation = interactions.n_users, interactions.n_items, layers, regularisation
        self.adjacency = coo_adjacency(interactions)
        self.user_embedding = nn.Parameter(torch.randn(self.n_users, dim, generator=generator) * 0.1)
        self.item_embedding = nn.Parameter(torch.randn(self.n_items, dim, generator=generator) * 0.1)

    def forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        nodes = torch.cat([self.user_embedding, self.item_embedding])
        layers = [nodes]
        for _ in range(self.layers):
            layers.append(torch.sparse.mm(self.adjacency, layers[-1]))
        users, items = torch.split(torch.stack(layers, dim=1).mean(dim=1), [self.n_users, self.n_items])
        return users, items

    def loss(self, users: torch.Tensor, positives: torch.Tensor, negatives: torch.Tensor) -> torch.Tensor:
        """BPR and the squared norm of the batch's embeddings, per interaction."""
        all_users, all_items = self()
        anchor, positive, negative = all_users[users], all_items[positives], all_items[negatives]
        ranking = functional.softplus((anchor * negative).sum(1) - (anchor * positive).sum(1)).mean()
        initial = self.user_embedding[users], self.item_embedding[positives], self.item_embedding[negatives]
        norm = 0.5 * sum(rows.norm(2).pow(2) for rows in initial) / len(users)
        return ranking + self.regularisation * norm


class Triples(Dataset):
    """(user, positive, negative), one by one; the negatives are drawn anew for each epoch."""

    def __init__(self, interactions: Interactions, seed: int = 0) -> None:
        self.users, self.items = interactions.pairs[:, 0], interactions.pairs[:, 1]
        self.n_items = interactions.n_items
        self.history = set(zip(self.users.tolist(), self.items.tolist(), strict=True))
        self.negatives = np.zeros(len(self.users), dtype=np.int64)
        self.random = np.random.RandomState(seed)

    def draw_negatives(self) -> None:
        """A negative for each interaction that its user has no interaction with."""
        for row in range(len(self.users)):
            user = self.users[row]
            while True:
                item = self.random.randint(self.n_items)
                if (user, item) not in self.history:
                    break
            self.negatives[row] = item

    def __len__(self) -> int:
        return len(self.users)

    def __getitem__(self, row: int) -> tuple[int, int, int]:
        return self.users[row], self.items[row], self.negatives[row]


def train_epoch(model: UsualLightGCN, triples: Triples, optimiser: torch.optim.Optimizer, batch_size: int) -> float:
    """One epoch; returns the mean loss."""
    triples.draw_negatives()
    total = 0.0
    for users, positives, negatives in DataLoader(triples, batch_size=batch_size, shuffle=True):
        optimiser.zero_grad()
        loss = model.loss(users, positives, negatives)
        loss.backward()
        optimiser.step()
        total += loss.item() * len(users)
    return total / len(triples)


class MaskedUsers(Dataset):
    """Each user with held-out items, and a dense row of the items that are masked."""

    def __init__(self, held_out: Interactions, seen: Interactions) -> None:
        self.seen = (seen.matrix() != 0) * 1.0
        self.wanted: list[list[int]] = [[] for _ in range(held_out.n_users)]
        for user, item in held_out.pairs.tolist():
            self.wanted[user].append(item)
        self.users = np.array([user for user, items in enumerate(self.wanted) if items])

    def __len__(self) -> int:
        return len(self.users)

    def __getitem__(self, row: int) -> tuple[int, np.ndarray]:
        return self.users[row], self.seen[self.users[row]].toarray().reshape(-1)


def evaluate(
    users: torch.Tensor, items: torch.Tensor, rows: MaskedUsers, cutoffs: tuple[int, ...], batch_size: int, full_sort: bool = False
) -> dict[str, float]:
    """Mean recall@K and NDCG@K, batch by batch; the lists by ``torch.topk``, or by sorting all items as many tutorials do."""
    sums = {f"{metric}@{k}": 0.0 for k in cutoffs for metric in ("recall", "ndcg")}
    for batch, mask in DataLoader(rows, batch_size=batch_size):
        mask = mask.long()
        scores = (users[batch] @ items.T) * (1 - mask) - 1e8 * mask
        order = torch.argsort(scores, dim=1, descending=True) if full_sort else torch.topk(scores, max(cutoffs)).indices
        ranked = order[:, : max(cutoffs)].numpy()
        wanted = [rows.wanted[user] for user in batch.tolist()]
        relevance = np.array(list(_relevance(ranked, wanted)))
        for k in cutoffs:
            sums[f"recall@{k}"] += float(np.sum(relevance[:, :k].sum(1) / np.array([len(items) for items in wanted])))
            sums[f"ndcg@{k}"] += float(np.sum(_ndcg(relevance[:, :k], wanted, k)))
    return {name: value / len(rows) for name, value in sums.items()}


def _relevance(ranked: np.ndarray, wanted: list[list[int]]) -> Iterator[np.ndarray]:
    for predicted, items in zip(ranked, wanted, strict=True):
        yield np.array([item in items for item in predicted]).astype("float")


def _ndcg(relevance: np.ndarray, wanted: list[list[int]], k: int) -> np.ndarray:
    ideal = np.zeros((len(relevance), k))
    for row, items in enumerate(wanted):
        ideal[row, : min(k, len(items))] = 1
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    return (relevance * discount).sum(1) / (ideal * discount).sum(1)
