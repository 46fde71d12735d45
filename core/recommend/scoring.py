"""Exact scores and a total order of items: ties are broken the same way in one list, in many and in a rank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.models.base import flat
from core.training.run import RunVectors

_EXCLUDED = torch.iinfo(torch.int64).min
_LOW_HALF = 0xFFFFFFFF
_CELLS_AT_A_TIME = 4_000_000


def ranking_keys(scores: torch.Tensor) -> torch.Tensor:
    """One integer per score whose descending order is the ranking: by score, then by item index.

    A float's bits, read as a sign and magnitude, order as the float does; the item's index fills the low half, so no two
    keys of a row are equal.

    Args:
        scores: float32 [n, n_items].

    Returns:
        int64 [n, n_items].
    """
    keys = (scores + 0.0).view(torch.int32).to(torch.int64)  # + 0.0 makes -0.0 equal to 0.0
    keys ^= (keys >> 31) & 0x7FFFFFFF
    keys <<= 32
    keys += _LOW_HALF - torch.arange(scores.shape[-1])
    return keys


def _item_of(keys: torch.Tensor) -> torch.Tensor:
    return _LOW_HALF - (keys & _LOW_HALF)


@dataclass(frozen=True)
class History:
    """Items of each user in one CSR pair: user u has ``items[starts[u]:starts[u + 1]]``, sorted."""

    starts: np.ndarray
    items: np.ndarray

    @classmethod
    def of(cls, pairs: np.ndarray, n_users: int) -> History:
        """From int64 [n, 2] (user_idx, item_idx); duplicates count once."""
        distinct = np.unique(pairs.reshape(-1, 2), axis=0)
        counts = np.bincount(distinct[:, 0], minlength=n_users)
        return cls(np.concatenate([[0], np.cumsum(counts)]), distinct[:, 1])

    def __getitem__(self, user_idx: int) -> np.ndarray:
        return self.items[self.starts[user_idx] : self.starts[user_idx + 1]]

    def cells(self, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(row in ``users``, item_idx) of every item of these users."""
        lengths = self.starts[users + 1] - self.starts[users]
        rows = np.repeat(np.arange(len(users)), lengths)
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return rows, self.items[self.starts[users][rows] + offsets]


class Scorer:
    """Scores of score(u, i) = sum_k <e_uk, e_ik> + <h_u, h_i> + b_i, summed in float64, ranked by their float32 value, ties by item index.

    h is the behaviour that no slot holds, b the item's bias; a vector of D dimensions holds the slots and h side by side.
    """

    def __init__(self, vectors: RunVectors) -> None:
        self.vectors = vectors
        self.n_users, self.n_slots, self._slot_dim = vectors.user.shape
        self.n_items = len(vectors.item)
        self._items = flat(vectors.tensors(), "item").double()
        self._behaviour = vectors.views.get("user_behaviour", vectors.user.new_zeros(self.n_users, 0))
        self._bias = vectors.item_bias.double()

    def user(self, user_idx: int, weights: np.ndarray | None = None) -> torch.Tensor:
        """float64 [1, D]: a user's vector, each slot scaled by its weight (float [K])."""
        return self.users(np.array([user_idx]), None if weights is None else weights[None])

    def users(self, users: np.ndarray, weights: np.ndarray | None = None) -> torch.Tensor:
        """float64 [n, D]: the vectors of users (int [n]), each slot scaled by its weight ([n, K]); behaviour always counts."""
        rows = torch.from_numpy(users)
        slots = self.vectors.user[rows].double()
        if weights is not None:
            slots = slots * torch.from_numpy(weights).unsqueeze(-1)
        return torch.cat([slots.flatten(1), self._behaviour[rows].double()], dim=1)

    def terms(self, user_idx: int, item_idx: int) -> np.ndarray:
        """float64 [K]: <e_uk, e_ik> of every slot."""
        product = self.vectors.user[user_idx].double() * self.vectors.item[item_idx].double()
        return np.asarray(product.sum(dim=-1).numpy())

    @property
    def bias(self) -> np.ndarray:
        """float64 [n_items]."""
        return np.asarray(self._bias.numpy())

    def all_terms(self, user: torch.Tensor) -> np.ndarray:
        """float64 [K, n_items], and one more row for behaviour where there is any: the terms of a user's vector (float64 [1, D])."""
        width = self.n_slots * self._slot_dim
        terms = user.new_empty(self.n_slots + (width < self._items.shape[1]), self.n_items)
        for row in range(len(terms)):  # a strided product each: none of the catalogue's vectors is copied
            own = slice(row * self._slot_dim, (row + 1) * self._slot_dim) if row < self.n_slots else slice(width, None)
            torch.mv(self._items[:, own], user[0, own], out=terms[row])
        return np.asarray(terms.numpy())

    def remainders(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """float64 [n]: what a score holds besides its slots: the inner product of behaviour and the item's bias."""
        chosen = torch.from_numpy(items)
        own, other = self._behaviour[torch.from_numpy(users)].double(), self._items[chosen, self.n_slots * self._slot_dim :]
        return np.asarray(((own * other).sum(dim=-1) + self._bias[chosen]).numpy())

    def remainder(self, user_idx: int, item_idx: int) -> float:
        """`remainders` of one pair."""
        return float(self.remainders(np.array([user_idx]), np.array([item_idx]))[0])

    def behaviour_cosines(self, item_idx: int, others: np.ndarray) -> np.ndarray:
        """float64 [n]: cosine of an item's behaviour to that of others (int [n]); empty where the run has no behaviour."""
        behaviour = self._items[:, self.n_slots * self._slot_dim :]
        if not behaviour.shape[1] or not len(others):
            return np.empty(0)
        unit = torch.nn.functional.normalize(behaviour[torch.from_numpy(np.append(others, item_idx))], dim=1)
        return np.asarray((unit[:-1] @ unit[-1]).clamp(-1, 1).numpy())

    def scores(self, users: torch.Tensor) -> torch.Tensor:
        """float32 [n, n_items] for float64 [n, D], as `users` gives them."""
        return (users @ self._items.T + self._bias).float()

    def top(self, users: torch.Tensor, k: int, excluded: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The best k items of each row, leaving out the cells ``excluded`` (rows, items).

        Returns:
            (item_idx int64 [n, k'], scores float32 [n, k']) with k' = min(k, n_items); -1 and -inf where a row ran out.
        """
        scores = self.scores(users)
        keys = ranking_keys(scores)
        keys[torch.from_numpy(excluded[0]), torch.from_numpy(excluded[1])] = _EXCLUDED
        best = keys.topk(min(k, self.n_items), dim=1).values
        ran_out = best == _EXCLUDED
        items = _item_of(best).masked_fill(ran_out, 0)
        chosen = scores.gather(1, items).masked_fill(ran_out, -torch.inf)
        return items.masked_fill(ran_out, -1).numpy(), chosen.numpy()

    def top_many(self, users: np.ndarray, k: int, history: History) -> tuple[np.ndarray, np.ndarray]:
        """`top` for many users, never holding more than a few million scores at a time."""
        chunk = max(1, _CELLS_AT_A_TIME // max(1, self.n_items))
        ranked = np.empty((len(users), min(k, self.n_items)), dtype=np.int64)
        scored = np.empty(ranked.shape, dtype=np.float32)
        for start in range(0, len(users), chunk):
            part = users[start : start + chunk]
            ranked[start : start + chunk], scored[start : start + chunk] = self.top(self.users(part), k, history.cells(part))
        return ranked, scored

    def ranks(self, users: torch.Tensor, items: np.ndarray, excluded: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """int64 [n]: the 1-based rank of ``items[n]`` in row n among the items not excluded and itself."""
        keys = ranking_keys(self.scores(users))
        own = keys.gather(1, torch.from_numpy(items)[:, None])
        keys[torch.from_numpy(excluded[0]), torch.from_numpy(excluded[1])] = _EXCLUDED
        return np.asarray((keys > own).sum(dim=1).numpy()) + 1
