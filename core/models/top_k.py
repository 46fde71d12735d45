"""The best k items of many users, without ever holding the full score matrix."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse


def top_k(
    users: torch.Tensor,
    items: torch.Tensor,
    k: int,
    *,
    item_bias: torch.Tensor | None = None,
    exclude: sparse.csr_matrix | None = None,
    chunk: int = 256,
) -> tuple[np.ndarray, np.ndarray]:
    """Rank all items for each user by inner product (plus bias).

    Args:
        users: float [n, d]; items: float [n_items, d], on the device the work is done on.
        k: length of the lists; cut to n_items.
        item_bias: float [n_items] or None.
        exclude: CSR [n, n_items]; its stored entries are left out of the row's list.
        chunk: users scored at a time.

    Returns:
        (items int64 [n, k], scores float32 [n, k]), best first; entries that had to be left out have item -1, score -inf.
    """
    k = min(k, len(items))
    ranked = np.empty((len(users), k), dtype=np.int64)
    scored = np.empty((len(users), k), dtype=np.float32)
    for start in range(0, len(users), chunk):
        scores = users[start : start + chunk] @ items.T
        if item_bias is not None:
            scores += item_bias
        if exclude is not None:
            rows = exclude[start : start + chunk]
            row_of = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
            scores[
                torch.from_numpy(row_of).to(scores.device), torch.from_numpy(rows.indices.astype(np.int64)).to(scores.device)
            ] = -torch.inf
        best = scores.topk(k, dim=1)
        ranked[start : start + chunk] = best.indices.cpu().numpy()
        scored[start : start + chunk] = best.values.float().cpu().numpy()
    ranked[np.isneginf(scored)] = -1
    return ranked, scored
