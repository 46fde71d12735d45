"""Top-k against a full sort."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse

from core.models.top_k import top_k


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_top_k_equals_a_full_sort_whatever_the_chunk(chunk: int) -> None:
    generator = torch.Generator().manual_seed(1)
    users, items, bias = torch.randn(7, 4, generator=generator), torch.randn(9, 4, generator=generator), torch.randn(9, generator=generator)
    exclude = sparse.random(7, 9, 0.3, format="csr", random_state=0)
    ranked, scores = top_k(users, items, 4, item_bias=bias, exclude=exclude, chunk=chunk)
    full = (users @ items.T + bias).numpy()
    full[exclude.toarray() != 0] = -np.inf
    assert (ranked == np.argsort(-full, axis=1)[:, :4]).all()
    assert np.allclose(scores, -np.sort(-full, axis=1)[:, :4], atol=1e-5)


def test_what_cannot_be_filled_is_marked() -> None:
    exclude = sparse.csr_matrix(np.array([[1, 1, 0]]))
    ranked, scores = top_k(torch.ones(1, 2), torch.ones(3, 2), 10, exclude=exclude)
    assert ranked.tolist() == [[2, -1, -1]]
    assert np.isneginf(scores[0, 1:]).all()
