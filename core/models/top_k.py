"""The best k items of many users, without ever holding the full score matrix."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse

SCORES_AT_A_TIME = 2**24
"""Scores held at once (64 MB): more than this makes the matrix product no faster."""

_MOST_USERS_AT_A_TIME = 320


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
    width = len(items) if len(items) < _WIDE else len(items) + -len(items) % _GROUP  # what is added stays -inf
    # Asked for once: its pages cost more than the masking.
    buffer = torch.full((min(chunk, len(users)), width), -torch.inf, dtype=users.dtype, device=users.device)
    for start in range(0, len(users), chunk):
        part = users[start : start + chunk]
        scores = buffer[: len(part)]
        of_items = torch.mm(part, items.T, out=scores[:, : len(items)])
        if item_bias is not None:
            of_items += item_bias
        if exclude is not None:
            scores.view(-1).index_fill_(0, _cells(exclude, start, len(part), width).to(scores.device), -torch.inf)
        scored[start : start + chunk], ranked[start : start + chunk] = best_columns(scores, k)
    ranked.masked_fill_(scored.isneginf(), -1)
    return ranked.cpu().numpy(), scored.cpu().numpy()


_GROUP, _WIDE, _PARTS = 64, 4096, 8


def best_columns(scores: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The k largest of each row and their columns, largest first: what ``torch.topk`` gives, on wide rows in as little as half the time.

    Neighbouring columns form groups of 64. Whatever is among the k largest lies in one of the k groups with the largest maximum, since
    fewer than k groups can hold something larger; so only those groups' columns, and the few in no group, are looked through. A group is
    a stretch of memory, which is fetched many times as fast as single columns.

    Args:
        scores: float [n, m], contiguous; quickest where m is a multiple of 64.

    Returns:
        (values float [n, k], columns int64 [n, k]).
    """
    n, m = scores.shape
    grouped = m - m % _GROUP
    if m < _WIDE or grouped < k * _GROUP:
        best = scores.topk(k, dim=1)
        return best.values, best.indices
    maxima = scores[:, :grouped].unflatten(1, (-1, _GROUP)).amax(2)
    first = maxima.topk(k, dim=1, sorted=False).indices * _GROUP
    rows = torch.arange(0, n * m, m, device=scores.device)[:, None]
    members = scores.view(-1).unfold(0, _GROUP, 1).index_select(0, (rows + first).flatten()).view(n, -1)
    if grouped == m:
        values, places = _best_by_parts(members, k)
        return values, first.gather(1, places // _GROUP) + places % _GROUP
    values, places = torch.cat([members, scores[:, grouped:]], dim=1).topk(k, dim=1)
    in_group = first.gather(1, (places // _GROUP).clamp_max(k - 1)) + places % _GROUP
    return values, torch.where(places < k * _GROUP, in_group, places + (grouped - k * _GROUP))


def _best_by_parts(scores: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """As `best_columns`, for short rows, 8 k or more columns and a multiple of 8: here a group has one column of each eighth of the row."""
    n, width = len(scores), scores.shape[1] // _PARTS
    groups = scores.view(n, _PARTS, width).amax(1).topk(k, dim=1, sorted=False).indices
    members = (groups[:, None, :] + width * torch.arange(_PARTS, device=scores.device)[:, None]).flatten(1)
    best = scores.gather(1, members).topk(k, dim=1)
    return best.values, members.gather(1, best.indices)


def _cells(exclude: sparse.csr_matrix, start: int, count: int, width: int) -> torch.Tensor:
    """Cells of a block [count, width], read row by row, that rows ``start`` onwards leave out: int64."""
    offsets = exclude.indptr[start : start + count + 1].astype(np.int64)
    first = np.repeat(np.arange(count, dtype=np.int64) * width, np.diff(offsets))
    return torch.from_numpy(first + exclude.indices[offsets[0] : offsets[-1]])
