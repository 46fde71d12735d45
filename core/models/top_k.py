"""The best k items of many users, without ever holding the full score matrix."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse

SCORES_AT_A_TIME = 2**24
"""Scores held at once (64 MB): more than this makes the matrix product no faster."""

_MOST_USERS_AT_A_TIME = 512


@torch.no_grad()
def top_k(
    users: torch.Tensor,
    items: torch.Tensor,
    k: int,
    *,
    item_bias: torch.Tensor | None = None,
    exclude: sparse.csr_matrix | None = None,
    chunk: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Rank all items for each user by inner product (plus bias).

    The work stays on the device of the vectors; it is waited for once, at the end. Which of several items with the same score comes
    first is not defined.

    Args:
        users: float [n, d]; items: float [n_items, d], on the device the work is done on.
        k: length of the lists; cut to n_items.
        item_bias: float [n_items] or None.
        exclude: CSR [n, n_items]; its stored entries are left out of the row's list.
        chunk: users scored at a time; by default as many as `SCORES_AT_A_TIME` allows.

    Returns:
        (items int64 [n, k], scores float32 [n, k]), best first; entries that had to be left out have item -1, score -inf.
    """
    k = min(k, len(items))
    chunk = chunk or min(max(SCORES_AT_A_TIME // max(len(items), 1), 1), _MOST_USERS_AT_A_TIME)
    ranked = torch.empty(len(users), k, dtype=torch.int64, device=users.device)
    scored = torch.empty(len(users), k, device=users.device)
    buffer = users.new_empty(min(chunk, len(users)), len(items))  # asked for once: its pages cost more than the masking
    for start in range(0, len(users), chunk):
        part = users[start : start + chunk]
        scores = torch.mm(part, items.T, out=buffer[: len(part)])
        if item_bias is not None:
            scores += item_bias
        if exclude is not None:
            scores.view(-1).index_fill_(0, _cells(exclude, start, len(part)).to(scores.device), -torch.inf)
        scored[start : start + chunk], ranked[start : start + chunk] = best_columns(scores, k)
    ranked.masked_fill_(scored.isneginf(), -1)
    return ranked.cpu().numpy(), scored.cpu().numpy()


_GROUP, _WIDE = 16, 20_000


def best_columns(scores: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The k largest of each row and their columns, largest first: what ``torch.topk`` gives, on wide rows in less time.

    Columns are put in groups of 16 by a stride. Whatever is among the k largest lies in one of the k groups with the largest maximum,
    since fewer than k groups can hold something larger; so only those groups' columns, and the few in no group, are looked through.

    Args:
        scores: float [n, m].

    Returns:
        (values float [n, k], columns int64 [n, k]).
    """
    width = scores.shape[1] // _GROUP
    if scores.shape[1] < _WIDE or width < k:
        best = scores.topk(k, dim=1)
        return best.values, best.indices
    grouped = width * _GROUP
    groups = scores[:, :grouped].view(len(scores), _GROUP, width).amax(1).topk(k, dim=1, sorted=False).indices
    members = groups[:, None, :] + width * torch.arange(_GROUP, device=scores.device)[:, None]
    others = torch.arange(grouped, scores.shape[1], device=scores.device).expand(len(scores), -1)
    candidates = torch.cat([members.flatten(1), others], dim=1)
    best = scores.gather(1, candidates).topk(k, dim=1)
    return best.values, candidates.gather(1, best.indices)


def _cells(exclude: sparse.csr_matrix, start: int, count: int) -> torch.Tensor:
    """Cells of a block of ``count`` rows, read row by row, that rows ``start`` onwards leave out: int64."""
    offsets = exclude.indptr[start : start + count + 1].astype(np.int64)
    first = np.repeat(np.arange(count, dtype=np.int64) * exclude.shape[1], np.diff(offsets))
    return torch.from_numpy(first + exclude.indices[offsets[0] : offsets[-1]])
